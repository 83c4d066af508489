"""The language of a page when its reader's browser asks for none of ours."""

from dataclasses import replace

from service.app import create_app
from tests.client import Client
from tests.scenarios.story import open_story


def test_it_is_the_installation_s_unless_the_reader_asks_for_one(sqlite_url: str) -> None:
    with open_story(sqlite_url) as story:
        site = Client(create_app(service=replace(story.service, language="kk")))
        assert site.get("/", headers={"Accept-Language": "de"}).headers["Content-Language"] == "kk"
        assert site.get("/", headers={"Accept-Language": "ru"}).headers["Content-Language"] == "ru"
