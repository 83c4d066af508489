"""`/healthz` and `/readyz`: for the proxy, the supervisor and the monitor."""

from __future__ import annotations

from enum import Enum

from fastapi import APIRouter, Response

from service.usecases.context import Service
from service.usecases.observe import is_sweeping
from service.usecases.problems import StorageUnavailable
from service.usecases.ready import unready


class Duty(Enum):
    """What a process does: answer people, run the engine, or both."""

    WEB = "web"
    WORKER = "worker"
    SERVE = "serve"


def router(service: Service, duty: Duty) -> APIRouter:
    """web: it answers. worker: a sweep was completed within a minute. serve: both."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/healthz")
    def healthz() -> Response:
        if duty is Duty.WEB:
            return _say(True)
        try:
            return _say(is_sweeping(service))
        except StorageUnavailable:
            return _say(False)

    @routes.get("/readyz")
    def readyz() -> Response:
        try:
            reason = unready(service, engine=duty is Duty.WORKER)
        except StorageUnavailable:
            reason = "The database is away."
        return _say(reason is None, reason)

    return routes


def _say(well: bool, reason: str | None = None) -> Response:
    text = "ok\n" if well else f"{reason or 'not well'}\n"
    headers = {"Cache-Control": "no-store"}
    return Response(text, status_code=200 if well else 503, media_type="text/plain; charset=utf-8", headers=headers)
