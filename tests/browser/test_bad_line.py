"""A phone on a bus: the line is slow, breaks, or brings somebody else's page. Nothing that was typed is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.demonstration import Demonstration, served

SEND = "main form[data-keep] button.full"


@pytest.fixture
def page(sqlite_url: str, tmp_path: Path, browser: Browser) -> Iterator[Page]:
    demo = Demonstration(sqlite_url, tmp_path, seeded=False)
    with served(demo.app()) as site:
        context = browser.new_context(viewport={"width": 360, "height": 740}, locale="en")
        page = context.new_page()
        page.goto(f"{site}/in")
        yield page
        context.close()
    demo.close()


def test_while_an_answer_is_on_its_way_nothing_is_typed_that_it_would_overwrite(page: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/in", hold)
    page.fill("[name=phone]", "8 700 000 00 01")
    page.click(SEND)
    expect(page.locator("form[aria-busy=true]")).to_be_visible()
    page.keyboard.type("999")
    page.keyboard.press("Enter")
    assert page.input_value("[name=phone]") == "8 700 000 00 01"
    assert len(held) == 1
    held[0].continue_()
    expect(page.locator("[name=phone_country]")).to_be_visible()
    expect(page.locator("form[aria-busy=true]")).to_have_count(0)


def test_a_line_that_breaks_or_brings_another_page_leaves_what_was_typed(page: Page) -> None:
    page.fill("[name=phone]", "8 700 000 00 01")
    page.route("**/in", lambda route: route.abort())
    page.click(SEND)
    expect(page.locator("[data-offline]")).to_be_visible()
    page.unroute("**/in")
    page.route("**/in", lambda route: route.fulfill(status=200, body="<p>Welcome to the bus</p>"))
    page.click(SEND)
    expect(page.locator("[data-offline]")).to_be_visible()
    assert page.input_value("[name=phone]") == "8 700 000 00 01"
    page.unroute("**/in")
    page.click(SEND)
    expect(page.locator("[name=phone_country]")).to_be_visible()


def test_another_language_keeps_what_was_typed(page: Page) -> None:
    page.fill("[name=phone]", "8 700 000 00 01")
    page.get_by_role("link", name="Рус").click()
    expect(page.locator("h1")).to_have_text("Ваш номер телефона")
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    assert page.input_value("[name=phone]") == "8 700 000 00 01"
    page.click(SEND)
    expect(page.locator(".err")).to_contain_text("Из какой страны")
