"""Every page in a real browser: anybody can read and use it, at any size, by day and by night, in each language.

`make test` looks at each page once, the combinations taking turns; `make soak` at every page in all of them.
"""

from __future__ import annotations

import os
from itertools import product
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.demonstration import served
from tests.browser.eyes import ready_to_look, violations
from tests.browser.test_story import SMALL_TARGETS
from tests.web.form_world import FormWorld, forms_once
from tests.web.installation import Place, furnish

__all__ = ["forms_once"]

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WAYS = tuple(product(("en", "ru", "kk"), SCHEMES, (320, 1280)))
THOROUGH = os.environ.get("TEST_EVERY_WAY") == "1"


def faults_of(page: Page, site: str, name: str, place: Place, language: str, width: int) -> list[str]:
    """What is wrong with a page for somebody."""
    page.context.clear_cookies()
    if place.session:
        page.context.add_cookies([{"name": place.cookie, "value": place.session, "url": site}])
    page.goto(f"{site}{place.path}?lang={language}")
    found = violations(page)
    found += page.evaluate(SMALL_TARGETS)
    if page.evaluate("document.documentElement.scrollWidth") > width:
        found.append("scrolls sideways")
    return [f"{name} {language} {width}: {one}" for one in found]


@pytest.mark.long(20)
def test_anybody_can_use_every_page(forms_once: FormWorld, browser: Browser) -> None:
    places = sorted(furnish(forms_once).places.items())
    faults: list[str] = []
    # One context keeps what pages share, as anybody's browser does after the first of them.
    context = browser.new_context(reduced_motion="reduce")
    ready_to_look(context)
    page = context.new_page()
    with served(forms_once.client.app) as site:  # type: ignore[arg-type]
        for turn, (language, scheme, width) in enumerate(WAYS):
            page.set_viewport_size({"width": width, "height": 760})
            page.emulate_media(color_scheme=scheme)
            for number, (name, place) in enumerate(places):
                if THOROUGH or number % len(WAYS) == turn:
                    faults += faults_of(page, site, name, place, language, width)
    context.close()
    assert faults == [], "\n".join(faults)


def test_what_is_wrong_with_a_page_is_seen(page: Page) -> None:
    page.set_content('<html lang="en"><title>A</title><main><h1>B</h1><img src="data:,"><a href="/">x</a></main>')
    assert [one.split(":")[0] for one in violations(page)] == ["image-alt"]
    assert len(page.evaluate(SMALL_TARGETS)) == 1
