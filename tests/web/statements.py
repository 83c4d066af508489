"""Listens to what a service says to its database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from service.usecases.context import Service


@contextmanager
def statements(service: Service) -> Iterator[list[str]]:
    """All statements meanwhile, in their order, without what they are filled with."""
    said: list[str] = []

    def listen(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        said.append(statement)

    engines = {service.db.write, service.db.read}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", listen)
    try:
        yield said
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", listen)
