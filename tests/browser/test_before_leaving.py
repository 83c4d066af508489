"""From "Thailand, chat operator" to a trip that has begun: what she is told on the way, and that nothing stops her."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.demonstration import Demonstration, served
from tests.browser.test_people_get_in import HERS, NEXT, Walk, accept, code_on, demo, name_people

__all__ = ["demo"]

PICTURES = os.environ.get("TEST_PICTURES")
AD = """Таиланд! Требуется оператор чата. Опыт и язык не нужны, возраст 18-30. Зарплата от 2500 $ в месяц.
Билет и жильё за счёт компании, потом вычтем из зарплаты. Заезд по туристической визе, документы оформим на месте.
Место работы: Мэсот. Пишите в Telegram, места заканчиваются."""


class Told(Walk):
    """Who walks, and a picture of each place at which something is said."""

    def look(self, name: str) -> None:
        if PICTURES:
            self.page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def says(walk: Walk, *parts: str) -> None:
    for part in parts:
        expect(walk.page.locator("main")).to_contain_text(part)


def test_a_chat_operator_in_thailand_is_told_and_may_go(demo: Demonstration, browser: Browser) -> None:
    with served(demo.app()) as site:
        walk = Told(browser, site, "ru", scripts=False)
        read_the_ad(walk)
        plan(walk, demo)
        mother = Walk(browser, site, "kk", scripts=False)
        accept(mother, demo)
        look_at_the_list(walk)
        begin(walk)
        walk.close()
        mother.close()


def read_the_ad(walk: Told) -> None:
    """Before she has an account: the words of the ad, and what to ask back."""
    walk.open("/")
    walk.press('main a[href="/offer"]', "/offer$")
    walk.type(text=AD)
    walk.page.click("main form button.full")
    expect(walk.page.locator('[data-level="high"]')).to_be_visible()
    says(walk, "по туристической визе", "вычтем из зарплаты", "Спросите", "48")
    walk.look("1-offer")
    walk.open("/countries/TH?citizen=KZ")
    says(walk, "Bangkok", "191")
    walk.look("2-country")


def plan(walk: Told, demo: Demonstration) -> None:
    walk.open("/in")
    walk.type(phone=HERS)
    walk.page.click("main form button.full")
    walk.page.wait_for_selector("[name=code]")
    walk.type(code=code_on(demo, HERS))
    walk.press('form[action="/in/code"] button', "/home$")
    walk.press("main a.full", "/trip/who$")
    walk.type(name="Айжан")
    walk.page.select_option("[name=citizenship]", "KZ")
    walk.press(NEXT, "/trip/where$")
    walk.page.select_option("[name=purpose]", "work")
    walk.page.select_option('[name="destination.country"]', "TH")
    walk.type(destination__city="Мэсот", starts_at="2026-12-20")
    walk.page.check('[name=later][value="ends_at"]')
    walk.press(NEXT, "/trip/work$")
    walk.page.click('details:has([name="visa.kind"]) > summary')
    walk.page.select_option('[name="visa.kind"]', "tourist")
    walk.look("3-work")
    walk.press(NEXT, "/trip/consulate$")
    says(walk, "191")
    walk.look("4-consulate")
    walk.press(NEXT, "/trip/plan$")
    walk.press(NEXT, "/trip/people$")
    name_people(walk)
    walk.open("/offer")
    walk.type(text=AD)
    walk.page.click('form[action="/offer"] button.full')
    walk.page.check("[name=keep]")
    walk.press('form[action="/offer/keep"] button', "/trip/work$")


def look_at_the_list(walk: Told) -> None:
    walk.open("/trip/checklist")
    walk.look("5-list")
    expect(walk.page.locator("#visa .tag.s2")).to_be_visible()


def begin(walk: Told) -> None:
    """What was found and what is open stands above the button; the button works."""
    walk.open("/trip/ready")
    says(walk, "гостевая виза не даёт права работать", "Виза, которая это разрешает")
    walk.look("6-ready")
    walk.press("main form button.full", "/trip/begun$")
    walk.look("7-begun")
