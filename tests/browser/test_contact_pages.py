"""A contact's pages by keyboard alone: she chooses a PIN, opens the sheet with it, and answers."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.demonstration import GULNAR, Demonstration, served
from tests.browser.eyes import violations


@pytest.fixture
def demo(sqlite_url: str, tmp_path: Path) -> Iterator[Demonstration]:
    demonstration = Demonstration(sqlite_url, tmp_path)
    yield demonstration
    demonstration.close()


@pytest.fixture
def site(demo: Demonstration) -> Iterator[str]:
    with served(demo.app()) as address:
        yield address


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until what is wanted has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab never reaches {selector}")


def test_everything_by_keyboard(demo: Demonstration, site: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(f"{site}{demo.own_page('Gulnar')}?lang=en")
    tab_to(page, "#pin")
    page.keyboard.type("4711")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Saved.")
    demo.stop_answering()
    demo.advance(100)
    alarm = re.findall(r"/a/\w+", " ".join(demo.received(GULNAR, "alert")))[-1]
    page.goto(f"{site}{alarm}?whole=1")
    tab_to(page, "#pin")
    page.keyboard.type("0815")
    page.keyboard.press("Enter")
    expect(page.locator("#pin-err")).to_be_in_viewport()
    assert violations(page) == []
    tab_to(page, "#pin")
    page.keyboard.type("4711")
    page.keyboard.press("Enter")
    expect(page.locator("#sheet")).to_contain_text("Named as employer")
    page.get_by_text("Write it down for the others").click()
    assert violations(page) == []
    page.get_by_label("Report number").fill("KZ-118, Captain A.")
    page.get_by_label("Threats").select_option("yes")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("status")).to_contain_text("It is kept")
    expect(page.locator("#sheet")).to_contain_text("KZ-118, Captain A. (Gulnar")
    tab_to(page, "button[value='1']")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Your answer is kept: 1")
    demo.work()
    page.goto(f"{site}{alarm}")
    expect(page.locator(".people li").first).to_contain_text("acts")
    context.close()


def test_on_paper_every_stage_is_there(demo: Demonstration, site: str, page: Page) -> None:
    demo.stop_answering()
    demo.advance(100)
    alarm = re.findall(r"/a/\w+", " ".join(demo.received(GULNAR, "alert")))[-1]
    page.goto(f"{site}{alarm}?lang=en")
    page.get_by_role("link", name="Open everything to print").click()
    page.emulate_media(media="print")
    for sentence in (
        "Do not reproach Aizhan.",
        "Tell the insurance company.",
        "Keep the number of Aizhan paid and working.",
    ):
        expect(page.get_by_text(sentence)).to_be_visible()
    # What is a button on the screen is on paper the number to call and the meaning of the digits.
    for said in (
        page.locator('main > section > a[href^="tel:"]').first,
        page.get_by_text("The others are told that you act"),
    ):
        expect(said).to_be_visible()
    expect(page.get_by_text("Send a code to my own number")).to_be_hidden()
