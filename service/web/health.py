"""`/healthz` and `/readyz`: for the proxy, the supervisor and the monitor."""

from __future__ import annotations

from enum import Enum

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.usecases.context import Service
from service.usecases.problems import StorageUnavailable
from service.usecases.ready import unready


class Duty(Enum):
    """What a process does: answer people, run the engine, or both."""

    WEB = "web"
    WORKER = "worker"
    SERVE = "serve"


def routes(service: Service, duty: Duty) -> list[Route]:
    """`/healthz`. web: it answers. worker: it has completed a sweep within a minute. serve: both."""

    def healthz(_request: Request) -> Response:
        # Its own sweeps: another worker's must not hide from this one's supervisor that it stands still.
        return _say(duty is Duty.WEB or service.pulse.is_fresh)

    def readyz(_request: Request) -> Response:
        try:
            reason = unready(service, engine=duty is Duty.WORKER)
        except StorageUnavailable:
            reason = "The database is away."
        return _say(reason is None, reason)

    return [Route("/healthz", healthz, include_in_schema=False), Route("/readyz", readyz, include_in_schema=False)]


def _say(well: bool, reason: str | None = None) -> Response:
    text = "ok\n" if well else f"{reason or 'not well'}\n"
    headers = {"Cache-Control": "no-store"}
    return Response(text, status_code=200 if well else 503, media_type="text/plain; charset=utf-8", headers=headers)
