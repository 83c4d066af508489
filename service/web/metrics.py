"""`/metrics`: what the tables say of the engine now, and what this process counted since it started.

Read from the tables, so that every process says the same and one of them is enough (`max`): depths and ages of inbox
and outbox, the sweep's and the watermarks' age, open alarms, the day's sends. Counted by this process since it started,
so that processes are to be added up (`sum`, and rates of it): hook refusals, sends, lateness (see
`service.usecases.counters`) and heartbeats. Its own, to be looked at one by one: the age of its last sweep, which only
a process that sweeps has, and how far its clock is off.

They tell of every text and every alarm. Where people reach us, whoever holds a traveler's phone could read here which
of her words was one of duress: so there they open by a token alone.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from math import isfinite

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    disable_created_metrics,
    generate_latest,
)
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from notifiers.registry import is_loopback
from service.usecases.context import Service
from service.usecases.counters import LATENESS, SENDS
from service.usecases.keeping_up import HEARTBEATS
from service.usecases.observe import observe
from service.usecases.problems import StorageUnavailable

# When each counter began: Prometheus asks for no such thing, and every series would come twice.
disable_created_metrics()  # type: ignore[no-untyped-call]
HOOK_REFUSALS = Counter("amanba_hook_refusals_total", "Calls that a hook refused", ["hook", "reason"])


def routes(service: Service, *, unreached: bool = False) -> list[Route]:
    """`GET /metrics` in Prometheus' text format; `unreached`: by a process that no public address leads to."""

    def metrics(request: Request) -> Response:
        if not (unreached or is_loopback(service.public_url) or _has_token(service, request)):
            return Response(status_code=404)
        registry = CollectorRegistry()
        for channel in service.notifiers:
            for state in ("sent", "failed", "unknown", "pending"):
                # From nought: of a series that begins at its first event a rate never sees that event.
                SENDS.labels(channel=channel, state=state)
        for counted in (HOOK_REFUSALS, SENDS, LATENESS, HEARTBEATS):
            registry.register(counted)
        try:
            seen = observe(service)
        except StorageUnavailable:
            # What is missing must show as missing, not as nought.
            return Response(status_code=503)
        for name, text, value in (*seen.plain, *_own(service)):
            Gauge(name, text, registry=registry).set(value)
        for name, text, label, values in seen.labelled:
            gauge = Gauge(name, text, [label], registry=registry)
            for key, value in values.items():
                gauge.labels(**{label: key}).set(value)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/metrics", metrics, include_in_schema=False)]


def _own(service: Service) -> Iterator[tuple[str, str, float]]:
    """What this process alone can say: name, help and value."""
    if isfinite(service.pulse.age):
        yield "amanba_own_sweep_age_seconds", "Since this process completed a sweep", service.pulse.age
    if service.footing.ground is not None:
        skew = abs(service.footing.ahead_seconds)
        yield "amanba_clock_skew_seconds", "How far this process's clock is from the database's", skew


def _has_token(service: Service, request: Request) -> bool:
    given = request.headers.get("authorization", "").removeprefix("Bearer ").encode()
    return bool(service.metrics_token) and hmac.compare_digest(given, service.metrics_token.encode())
