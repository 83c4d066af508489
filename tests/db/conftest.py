"""An open database of each kind, closed after the test."""

from collections.abc import Iterator

import pytest

from service.db.engine import Database, make_engine


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """An empty, migrated database."""
    database = make_engine(database_url)
    yield database
    database.close()
