"""The first page: what Amanba is. A phone that shows no more than a time is not told it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.usecases.context import Service
from service.usecases.my_trip import my_trip
from service.usecases.simulated import simulated_phones
from service.web.guard import session_of
from service.web.pages import page
from service.web.wizard import see


def router(service: Service) -> APIRouter:
    """`/`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    def landing(request: Request) -> Response:
        session = session_of(service, request)
        trip = my_trip(service, session.traveler_id) if session else None
        if trip is not None and trip.secret:
            return see("/home")
        return page(request, "landing.html", simulated=simulated_phones(service) is not None, demo=service.demo)

    return routes
