"""One web application for many tests: its hundred routes take a tenth of a second to build, and hold nothing.

Routes keep the service that they were made with and nothing else. Here that is a place, and each test puts its own
service there. An application serves one service at a time: while it is lent, somebody else gets another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from fastapi import FastAPI

from service.app import create_app
from service.usecases.context import Service

Build = Callable[[Service], FastAPI]


BUILT_WITH = ("public_url", "leave_url", "demo", "language")
"""What an application may ask of its service while it is built; it is lent only to services that say the same."""


class _Place:
    """Where routes look for the service; whatever they ask is asked of the one that is there."""

    def __init__(self, service: Service) -> None:
        self.service: Service | None = service
        self.is_building = True

    def __getattr__(self, name: str) -> Any:
        if self.service is None:
            raise LookupError(f"nobody is served, and {name} was asked for")
        if self.is_building and name not in BUILT_WITH:
            raise LookupError(f"{name} is asked for while routes are made: name it in BUILT_WITH, or ask later")
        return getattr(self.service, name)


_free: dict[tuple[Build, object], list[tuple[FastAPI, _Place]]] = defaultdict(list)


def pages_and_api(service: Service) -> FastAPI:
    """The whole web application."""
    return create_app(service=service)


@contextmanager
def app_for(service: Service, build: Build = pages_and_api) -> Iterator[FastAPI]:
    """The application that `build` makes, before `service`; nobody else has it meanwhile."""
    kind = (build, tuple(getattr(service, name) for name in BUILT_WITH))
    if _free[kind]:
        app, place = _free[kind].pop()
        place.service = service
    else:
        place = _Place(service)
        app = build(cast(Service, place))
        place.is_building = False
    try:
        yield app
    finally:
        place.service = None
        _free[kind].append((app, place))
