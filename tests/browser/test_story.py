"""The demonstration in a real browser: it lives without a reload, leaves typing alone, and anybody can use it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.demonstration import AIZHAN, GULNAR, Demonstration, served
from tests.browser.eyes import ready_to_look, violations

SMALL_TARGETS = """() => [...document.querySelectorAll("a, button, summary, input:not([type=hidden])")]
  .filter((one) => one.checkVisibility() && !one.closest("p") && !one.closest(".hide"))
  .map((one) => [one, one.closest("label") || (one.type === "checkbox" && one.labels[0]) || one])
  .map(([one, target]) => [one.outerHTML.slice(0, 80), target.getBoundingClientRect()])
  .filter(([, box]) => box.height < 43.5 || box.width < 43.5)
  .map(([html, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${html}`)"""


@pytest.fixture
def demo(sqlite_url: str, tmp_path: Path) -> Iterator[Demonstration]:
    demonstration = Demonstration(sqlite_url, tmp_path)
    yield demonstration
    demonstration.close()


@pytest.fixture
def site(demo: Demonstration) -> Iterator[str]:
    with served(demo.app()) as address:
        yield address


def says(page: Page, words: str) -> None:
    expect(page.locator(".waits h2")).to_have_text(re.compile(re.escape(words)))


def at_work(demo: Demonstration, page: Page, answer: str) -> None:
    """Wait until a button's text has arrived, then let the engine read it."""
    with page.expect_response(lambda response: response.url.split("?")[0].endswith("/phones/text")):
        page.get_by_role("region", name="Gulnar, mother").get_by_role("button", name=answer).click()
    demo.work()


def test_the_whole_story_without_a_reload(demo: Demonstration, site: str, page: Page) -> None:
    page.goto(f"{site}/phones")
    page.evaluate("window.never_reloaded = true")
    says(page, "All is well. Aizhan: next OK by")
    page.get_by_role("switch", name="Answers reminders").click()
    expect(page.get_by_role("switch", name="Does not answer")).to_be_focused()
    demo.advance(45)
    says(page, "We have asked Aizhan")
    demo.advance(60)
    says(page, "Aizhan has not answered since 12:01:00. Told: Gulnar.")
    expect(page.locator("#phone-2 .thread")).to_contain_text("Lotus Garden Hotel")
    at_work(demo, page, "1 I take it")
    says(page, "Gulnar has it. The others wait.")
    at_work(demo, page, "2 heard the voice")
    says(page, "Gulnar heard the voice of Aizhan: all is well.")
    expect(page.locator("#phone-2 header")).to_contain_text("voice heard")
    assert page.evaluate("window.never_reloaded") is True
    assert len(demo.received(GULNAR, "all_clear")) == 1


def test_what_one_types_stays_while_the_page_renews_itself(demo: Demonstration, site: str, page: Page) -> None:
    page.goto(f"{site}/phones")
    box = page.locator("#phone-1").get_by_placeholder("Any text")
    box.fill("mom, I am")
    demo.advance(45)
    says(page, "We have asked Aizhan")
    expect(box).to_be_focused()
    expect(box).to_have_value("mom, I am")
    box.fill("mom, I am fine")
    box.press("Enter")
    expect(page.locator("#phone-1 .mine").last).to_contain_text("mom, I am fine")
    expect(box).to_have_value("")
    assert [text.body for text in demo.thread(AIZHAN) if text.mine] == ["mom, I am fine"]


def test_it_works_without_scripts(demo: Demonstration, site: str, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/phones")
    page.locator("#phone-1").get_by_role("button", name="OK", exact=True).click()
    expect(page.locator("#phone-1 .mine")).to_contain_text("OK")
    page.get_by_role("link", name="Refresh").click()
    says(page, "All is well.")
    context.close()


def test_on_a_small_screen_one_phone_shows_and_the_others_are_a_tap_away(
    demo: Demonstration, site: str, browser: Browser
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(f"{site}/phones")
    expect(page.locator("#phone-1")).to_be_in_viewport()
    expect(page.locator("#phone-2")).not_to_be_in_viewport()
    page.get_by_role("navigation", name="Phones").get_by_role("link", name="Gulnar").click()
    expect(page.locator("#phone-2 header")).to_be_in_viewport()
    expect(page.locator(".switcher [aria-current]")).to_have_text("Gulnar")
    context.close()


def alarm_page(demo: Demonstration) -> str:
    return str(re.findall(r"/a/\w+", " ".join(demo.received(GULNAR, "alert")))[-1])


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_the_phones_can_be_used_by_anybody_at_every_moment(
    demo: Demonstration, site: str, browser: Browser, scheme: str, width: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 760},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        locale="ru",
    )
    ready_to_look(context)
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)

    def look(path: str) -> None:
        page.goto(f"{site}{path}")
        faults.extend(f"{path}: {one}" for one in violations(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        faults.extend(f"{path}: {one}" for one in page.evaluate(SMALL_TARGETS))

    look("/phones")
    demo.stop_answering()
    demo.advance(100)
    look("/phones")
    demo.type(GULNAR, "2")
    demo.advance(5)
    look("/phones")
    demo.type(AIZHAN, "купила яблоки на рынке")
    demo.advance(5)
    look("/phones")
    look(alarm_page(demo))
    context.close()
    assert faults == []
