"""`/metrics`: what the tables say of the engine now, and what this process counted since it started.

Read from the tables, so that every process says the same: depths and ages of inbox and outbox, the sweep's and the
watermarks' age, open alarms. Counted by this process, so that processes are to be added up: hook refusals, sends and
lateness (see `service.usecases.counters`).
"""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, generate_latest

from service.usecases.context import Service
from service.usecases.counters import LATENESS, SENDS
from service.usecases.observe import observe
from service.usecases.problems import StorageUnavailable

HOOK_REFUSALS = Counter("amanba_hook_refusals_total", "Calls that a hook refused", ["hook", "reason"])


def router(service: Service) -> APIRouter:
    """`GET /metrics` in Prometheus' text format."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/metrics")
    def metrics() -> Response:
        registry = CollectorRegistry()
        for counted in (HOOK_REFUSALS, SENDS, LATENESS):
            registry.register(counted)
        try:
            seen = observe(service)
        except StorageUnavailable:
            # What is missing must show as missing, not as nought.
            return Response(status_code=503)
        for name, text, value in seen.plain:
            Gauge(name, text, registry=registry).set(value)
        for name, text, label, values in seen.labelled:
            gauge = Gauge(name, text, [label], registry=registry)
            for key, value in values.items():
                gauge.labels(**{label: key}).set(value)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return routes
