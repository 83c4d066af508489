"""The JSON API, version 1. Every call here is a use case that the forms have as well."""

from fastapi import APIRouter

from service.usecases.context import Service
from service.web import (
    api_countries,
    api_lifeline,
    api_me,
    api_numbers,
    api_offers,
    api_paper,
    api_plans,
    api_travelers,
    api_watch,
    checklist_api,
)
from service.web.api_caller import Headers
from service.web.problems import documented


def router(service: Service) -> APIRouter:
    """All calls of the API, without the prefix that they are mounted under."""
    api = APIRouter(responses=documented(400, 413, 422, 503), route_class=Headers)
    api.include_router(api_travelers.router(service))
    api.include_router(api_plans.router(service))
    api.include_router(api_watch.router(service))
    api.include_router(api_lifeline.router(service))
    api.include_router(api_numbers.router(service))
    api.include_router(api_paper.router(service))
    api.include_router(api_me.router(service))
    api.include_router(api_countries.router(service))
    api.include_router(checklist_api.router(service))
    api.include_router(api_offers.router(service))
    return api
