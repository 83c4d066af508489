"""What a worker process answers. Apart from `service.app`, because to load all pages takes half of its start."""

from __future__ import annotations

from fastapi import FastAPI

from service.usecases.context import Service
from service.web import health, metrics
from service.web.health import Duty


def create_worker_app(service: Service) -> FastAPI:
    """Only whether it lives, and its numbers."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(health.router(service, Duty.WORKER))
    app.include_router(metrics.router(service, unreached=True))
    return app
