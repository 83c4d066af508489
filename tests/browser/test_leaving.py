"""Leaving is one movement: by pointer, by keyboard, without a script; and nothing of the session stays behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.demonstration import Demonstration, served
from tests.browser.test_people_get_in import HERS, code_on

ELSEWHERE = "https://www.wikipedia.org/"


@pytest.fixture
def demo(sqlite_url: str, tmp_path: Path) -> Iterator[Demonstration]:
    demonstration = Demonstration(sqlite_url, tmp_path, seeded=False)
    yield demonstration
    demonstration.close()


def everyday_site(route: Route) -> None:
    route.fulfill(body="<title>Encyclopedia</title>", content_type="text/html")


def signed_in(browser: Browser, demo: Demonstration, site: str, *, scripts: bool = True) -> Page:
    """A page of somebody who has signed in without touching a pointer."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=scripts, locale="en")
    context.route(ELSEWHERE + "**", everyday_site)
    page = context.new_page()
    page.goto(f"{site}/in")
    page.keyboard.press("Tab")
    expect(page.locator(".leave")).to_be_focused()
    page.locator("[name=phone]").focus()
    page.keyboard.type(HERS)
    page.keyboard.press("Enter")
    page.locator("[name=code]").focus()
    page.keyboard.type(code_on(demo, HERS))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/home$"))
    return page


@pytest.mark.parametrize("way", ["press", "shift", "no-script"])
def test_leaving_is_one_movement_and_ends_the_session(demo: Demonstration, browser: Browser, way: str) -> None:
    """T12: by the link, by Shift three times, and without scripts; what remains is a neutral page."""
    with served(demo.app()) as site:
        page = signed_in(browser, demo, site, scripts=way != "no-script")
        page.goto(f"{site}/home")
        if way == "shift":
            for _ in range(3):
                page.keyboard.press("Shift")
        else:
            page.click(".leave")
        page.wait_for_url(ELSEWHERE)
        expect(page).to_have_title("Encyclopedia")
        page.goto(f"{site}/home")
        page.wait_for_url(re.compile("/in$"))
        page.context.close()


def test_other_keys_do_not_leave(demo: Demonstration, browser: Browser) -> None:
    with served(demo.app()) as site:
        page = signed_in(browser, demo, site)
        for key in ("Escape", "Escape", "Escape", "Shift", "a", "Shift", "b", "Shift"):
            page.keyboard.press(key)
        assert page.url.endswith("/home")
        page.context.close()
