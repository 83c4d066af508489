"""What a worker process answers. Apart from `service.app`, because to load all pages, and FastAPI, takes half of its
start and a tenth of its memory."""

from __future__ import annotations

from starlette.applications import Starlette

from service.usecases.context import Service
from service.web import health, metrics
from service.web.health import Duty


def create_worker_app(service: Service) -> Starlette:
    """Only whether it lives, and its numbers."""
    return Starlette(routes=[*health.routes(service, Duty.WORKER), *metrics.routes(service, unreached=True)])
