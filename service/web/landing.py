"""The first page: what Amanba is."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from service.usecases.context import Service
from service.usecases.simulated import simulated_phones
from service.web.pages import page


def router(service: Service) -> APIRouter:
    """`/`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    def landing(request: Request) -> HTMLResponse:
        return page(request, "landing.html", simulated=simulated_phones(service) is not None, demo=service.demo)

    return routes
