"""A story on each kind of database."""

from collections.abc import Iterator

import pytest

from tests.scenarios.story import Story, open_story


@pytest.fixture
def story(database_url: str) -> Iterator[Story]:
    """A fresh installation whose provider is a Twilio of our own."""
    with open_story(database_url) as opened:
        yield opened
