"""Stories of outages: on each kind of database, or on one where the database makes no difference."""

from collections.abc import Iterator

import pytest

from tests.scenarios.story import Story, open_story


@pytest.fixture
def story(database_url: str) -> Iterator[Story]:
    """A fresh installation whose provider is a Twilio of our own."""
    with open_story(database_url) as opened:
        yield opened


@pytest.fixture
def home(sqlite_url: str) -> Iterator[Story]:
    """The same on SQLite alone."""
    with open_story(sqlite_url) as opened:
        yield opened
