"""An open database of each kind, closed after the test."""

from collections.abc import Callable, Iterator

import pytest

from service.db.engine import Database, make_engine


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """An empty, migrated database."""
    database = make_engine(database_url)
    yield database
    database.close()


@pytest.fixture
def opened() -> Iterator[Callable[[str], Database]]:
    """Opens further databases, as other processes would, and closes them."""
    databases: list[Database] = []

    def open_(url: str) -> Database:
        databases.append(make_engine(url))
        return databases[-1]

    yield open_
    for database in databases:
        database.close()
