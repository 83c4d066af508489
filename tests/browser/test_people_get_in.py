"""A stranger gets in: she plans, rehearses, begins, answers, and one evening does not. Her mother needs two taps."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.demonstration import Demonstration, served

THOROUGH = os.environ.get("TEST_EVERY_WAY") == "1"

HERS, MOTHER, BROTHER = "+77015550101", "+77015550111", "+77015550112"
NEXT = "main form[data-keep] button.full:not([name]):visible"


@pytest.fixture
def demo(sqlite_url: str, tmp_path: Path) -> Iterator[Demonstration]:
    demonstration = Demonstration(sqlite_url, tmp_path, seeded=False)
    yield demonstration
    demonstration.close()


class Walk:
    """One person with a small phone, who reads one language."""

    def __init__(self, browser: Browser, site: str, language: str, *, scripts: bool) -> None:
        self.site = site
        self.context: BrowserContext = browser.new_context(
            viewport={"width": 360, "height": 740},
            locale=language,
            reduced_motion="reduce",
            java_script_enabled=scripts,
        )
        self.context.set_default_timeout(10_000)
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))

    def open(self, path: str) -> None:
        self.page.goto(self.site + path)

    def type(self, **fields: str) -> None:
        for name, text in fields.items():
            self.page.fill(f'[name="{name.replace("__", ".")}"]', text)

    def choose(self, name: str, value: str) -> None:
        self.page.check(f'[name="{name}"][value="{value}"]')

    def press(self, button: str, leads_to: str) -> None:
        """Press and arrive; what does not lead there has said something beside a field."""
        self.page.click(button)
        try:
            self.page.wait_for_url(re.compile(leads_to))
        except Exception as error:
            said = self.page.locator(".err:visible, .oops:visible").all_inner_texts()
            raise AssertionError(f"{self.page.url} and not {leads_to}: {said}") from error

    def close(self) -> None:
        assert self.faults == []
        self.context.close()


def code_on(demo: Demonstration, number: str) -> str:
    """The newest code on a phone."""
    demo.work()
    return str(re.findall(r"\b\d{6}\b", demo.received(number, "sign_up")[-1])[0])


def link_on(demo: Demonstration, number: str, kind: str, letter: str) -> str:
    """The newest link in the texts of one kind."""
    demo.work()
    return str(re.findall(rf"/{letter}/\w+", " ".join(demo.received(number, kind)))[-1])


def plan(walk: Walk, demo: Demonstration) -> None:
    """From the first page to the last step before it begins."""
    walk.open("/")
    walk.press('a[href="/in"]', "/in$")
    walk.type(phone="8 701 555 01 01")
    walk.page.click("main form button.full")
    walk.page.select_option("[name=phone_country]", "KZ")
    walk.page.click("main form button.full")
    walk.page.wait_for_selector("[name=code]")
    walk.type(code=code_on(demo, HERS))
    walk.press('form[action="/in/code"] button', "/home$")
    walk.press("main a.full", "/trip/who$")
    walk.type(name="Айжан")
    walk.page.select_option("[name=citizenship]", "KZ")
    walk.press(NEXT, "/trip/where$")
    walk.page.select_option('[name="destination.country"]', "TR")
    walk.type(destination__city="Antalya", starts_at="2026-11-22")
    walk.page.check('[name=later][value="ends_at"]')
    walk.press(NEXT, "/trip/work$")
    walk.type(employer__name="Lotus Garden Hotel", employer__phone="+90 242 000 00 02")
    walk.press(NEXT, "/trip/consulate$")
    walk.type(consulate__name="Anatolia House", consulate__phone="0090 242 000 00 03")
    walk.press(NEXT, "/trip/plan$")
    walk.press(NEXT, "/trip/people$")
    name_people(walk)


def name_people(walk: Walk) -> None:
    """Her mother and her brother."""
    for name, relation, number in (("Гүлнар", "анасы", MOTHER), ("Данияр", "ағасы", BROTHER)):
        walk.open("/trip/people/add")
        walk.type(name=name, relation=relation, phone=number)
        walk.choose("role", "full")
        walk.choose("disclosure", "full")
        walk.press(NEXT, "/trip/people$")


def accept(mother: Walk, demo: Demonstration) -> None:
    """The mother says yes on her page, the brother by text."""
    mother.open(link_on(demo, MOTHER, "invitation", "i"))
    mother.type(pin="5274")
    mother.page.click('button[value="accept"]')
    expect(mother.page.locator('button[value="accept"]')).to_have_count(0)
    demo.type(BROTHER, "1")


def rehearse(walk: Walk, mother: Walk, demo: Demonstration) -> None:
    """Everybody is told once, in a text that says what it is, and answers."""
    walk.open("/trip/rehearsal")
    walk.page.click("main form button.full")
    walk.page.wait_for_selector('a[href="/trip/rehearsal"]')
    mother.open(link_on(demo, MOTHER, "rehearsal", "r"))
    mother.page.click("main form button")
    mother.page.wait_for_url(re.compile("seen"))
    demo.skip(timedelta(minutes=3), steps=3)
    demo.type(BROTHER, "1")
    walk.open("/trip/rehearsal")
    expect(walk.page.locator("main")).to_contain_text("Гүлнар")
    expect(walk.page.locator(".person.acts")).to_have_count(2)


@pytest.mark.parametrize(
    ("language", "scripts"),
    [
        ("en", True),
        pytest.param("ru", True, marks=pytest.mark.skipif(not THOROUGH, reason="make soak takes it")),
        ("kk", True),
        ("ru", False),
    ],
    ids=["en", "ru", "kk", "no-script"],
)
def test_a_stranger_gets_in(demo: Demonstration, browser: Browser, language: str, scripts: bool) -> None:
    with served(demo.app()) as site:
        walk = Walk(browser, site, language, scripts=scripts)
        mother = Walk(browser, site, "kk", scripts=scripts)
        plan(walk, demo)
        accept(mother, demo)
        walk.open("/trip/words")
        walk.press(NEXT, "/trip/texts$")
        expect(walk.page.locator("main")).to_contain_text("Lotus Garden Hotel")
        rehearse(walk, mother, demo)
        walk.open("/trip/ready")
        walk.press("main form button.full", "/trip/begun$")
        walk.press('main a[href="/home"]', "/home$")
        expect(walk.page.locator("time").first).to_have_text("20:00")
        demo.skip(timedelta(hours=3))
        walk.page.click("button.ok")
        expect(walk.page.locator("h1")).to_have_text(re.compile("Thank you!|Спасибо!|Рақмет!"))
        demo.skip(timedelta(hours=6), steps=2)
        assert demo.received(MOTHER, "alert") == []
        demo.skip(timedelta(hours=22))
        demo.skip(timedelta(hours=2), steps=8)
        assert len(demo.received(HERS, "reminder")) >= 3
        mother.open(link_on(demo, MOTHER, "alert", "a"))
        for digit in ("1", "2"):
            mother.page.click(f'.answers button[value="{digit}"]')
            mother.page.wait_for_url(re.compile(f"answered={digit}"))
            demo.work()
        assert len(demo.received(MOTHER, "all_clear")) == 1
        assert demo.received(BROTHER, "alert") == []
        mother.page.reload()
        expect(mother.page.locator("body.s0")).to_be_visible()
        walk.close()
        mother.close()
