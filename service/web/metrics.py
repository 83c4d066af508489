"""Counters of what the web refused, beside what the use cases can tell about the engine."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, generate_latest

from service.usecases.context import Service
from service.usecases.observe import observe

HOOK_REFUSALS = Counter("amanba_hook_refusals_total", "Calls that a hook refused", ["hook", "reason"])


def router(service: Service) -> APIRouter:
    """`GET /metrics` in Prometheus' text format."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/metrics")
    def metrics() -> Response:
        registry = CollectorRegistry()
        registry.register(HOOK_REFUSALS)
        seen = observe(service)
        for name, text, value in seen.plain:
            Gauge(name, text, registry=registry).set(value)
        for name, text, label, values in seen.labelled:
            gauge = Gauge(name, text, [label], registry=registry)
            for key, value in values.items():
                gauge.labels(**{label: key}).set(value)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return routes
