"""Every page in a real browser: anybody can read and use it, at any size, by day and by night, in each language.

`make test` looks at each page once, the combinations taking turns; `make soak` at every page in all of them.
"""

from __future__ import annotations

import os
from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.demonstration import served
from tests.browser.test_story import SMALL_TARGETS
from tests.web.form_world import FormWorld, forms_once
from tests.web.installation import Place, furnish

__all__ = ["forms_once"]

WAYS = tuple(product(("en", "ru", "kk"), ("light", "dark"), (320, 1280)))
THOROUGH = os.environ.get("TEST_EVERY_WAY") == "1"


def faults_of(page: Page, site: str, name: str, place: Place, language: str, width: int) -> list[str]:
    """What is wrong with a page for somebody."""
    page.context.clear_cookies()
    if place.session:
        page.context.add_cookies([{"name": place.cookie, "value": place.session, "url": site}])
    page.goto(f"{site}{place.path}?lang={language}")
    found = [
        f"{violation['id']}: {violation['nodes'][0]['html'][:120]}"
        for violation in Axe().run(page).response["violations"]
    ]
    found += page.evaluate(SMALL_TARGETS)
    if page.evaluate("document.documentElement.scrollWidth") > width:
        found.append("scrolls sideways")
    return [f"{name} {language} {width}: {one}" for one in found]


@pytest.mark.long(20)
@pytest.mark.parametrize("half", [0, 1])
def test_anybody_can_use_every_page(forms_once: FormWorld, browser: Browser, half: int) -> None:
    places = sorted(furnish(forms_once).places.items())
    faults: list[str] = []
    with served(forms_once.client.app) as site:  # type: ignore[arg-type]
        for turn, (language, scheme, width) in enumerate(WAYS):
            context = browser.new_context(
                viewport={"width": width, "height": 760},
                color_scheme="dark" if scheme == "dark" else "light",
                reduced_motion="reduce",
            )
            page = context.new_page()
            for number, (name, place) in enumerate(places):
                if number % 2 == half and (THOROUGH or number // 2 % len(WAYS) == turn):
                    faults += faults_of(page, site, name, place, language, width)
            context.close()
    assert faults == [], "\n".join(faults)
