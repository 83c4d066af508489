"""The walk that shows it, in a real browser: somebody with her unlocked phone opens every page and presses every
button, and learns nothing; her mother and a caseworker, each in her own language, find everything and end it together.

`make soak` walks; `build/pictures/captor/` keeps a picture of each screen, to be looked at.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from service.texts import LANGUAGES, translator
from tests.browser.demonstration import served
from tests.browser.eyes import violations
from tests.browser.test_story import SMALL_TARGETS
from tests.web.api_world import BROTHER, GULNAR, MOTHER, SAULE, WORDS
from tests.web.form_world import FormWorld, forms_once
from tests.web.installation import TRIP
from tests.web.test_captor import SECRETS
from tests.web.test_every_page import NEVER_HERS

__all__ = ["forms_once"]

pytestmark = pytest.mark.skipif(os.environ.get("TEST_CAPTOR") != "1", reason="a walk of a minute; make soak takes it")
PICTURES = Path(__file__).resolve().parents[2] / "build" / "pictures" / "captor"
HELPER = {**BROTHER, "name": "Saule", "relation": "fund", "role": "caseworker", "phone": SAULE}
CLOSED_TO_HIM = (
    *("/trip/all", "/trip/words", "/trip/people", "/trip/people/add", "/trip/work", "/trip/plan", "/trip/texts"),
    *("/trip/ready", "/trip/rehearsal", "/trip/begun", "/people", "/people/add", "/number", "/late", "/pause", "/end"),
    *("/later", "/in", "/"),
)


class Walk:
    """One person with a small phone; each screen is photographed and looked through."""

    def __init__(self, browser: Browser, site: str, language: str, who: str) -> None:
        self.context: BrowserContext = browser.new_context(
            viewport={"width": 360, "height": 740}, locale=language, reduced_motion="reduce"
        )
        self.context.set_default_timeout(10_000)
        self.page: Page = self.context.new_page()
        self.site, self.language = site, language
        self.folder = PICTURES / language / who
        self.screens: list[str] = []
        self.faults: list[str] = []

    def see(self, name: str, never: tuple[str, ...] = ()) -> str:
        """Look at the screen as it is now, whole; its words."""
        self.screens.append(name)
        self.page.screenshot(path=self.folder / f"{len(self.screens):02}-{name}.png", full_page=True)
        words = f"{self.page.title()} {self.page.url} {self.page.inner_text('body')}"
        # Nothing may lie unseen in the page either.
        whole = f"{words} {self.page.content()}"
        looked_through = {word: whole if word in SECRETS else words for word in never}
        self.faults += [f"{name}: {word}" for word, text in looked_through.items() if word.lower() in text.lower()]
        if self.page.evaluate("document.documentElement.scrollWidth") > 360:
            self.faults.append(f"{name}: scrolls sideways")
        self.faults += [f"{name}: {one}" for one in self.page.evaluate(SMALL_TARGETS)]
        self.faults += [f"{name}: {one}" for one in violations(self.page)]
        return words

    def open(self, path: str) -> str:
        """Where a path leads."""
        self.page.goto(f"{self.site}{path}")
        return self.page.url.removeprefix(self.site).split("?")[0]

    def press(self, selector: str) -> None:
        with self.page.expect_navigation():
            self.page.click(selector)


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def away(forms_once: FormWorld, language: str) -> tuple[FormWorld, str]:
    """She is away, with words; her mother and a caseworker have accepted, and read what her phone's owner reads."""
    world = forms_once
    world.sign_in(language=language)
    trip = world.trip(**TRIP)
    world.put(f"{trip}/plan", {"daily": [{"time": "20:00"}]})
    for form in (MOTHER, BROTHER | {"role": "call"}, HELPER):
        world.contact(trip, {**form, "language": language})
    world.put(f"{trip}/words", WORDS)
    assert world.post(f"{trip}/arm").status_code == 200
    # The page that shows how to answer is gone by then.
    world.wait(minutes=10)
    world.enter_later()
    return world, trip


def test_he_learns_nothing_and_they_find_everything(
    away: tuple[FormWorld, str], browser: Browser, language: str
) -> None:
    world, trip = away
    with served(world.client.app) as site:  # type: ignore[arg-type]
        he = Walk(browser, site, language, "captor")
        he.context.add_cookies([{"name": "s", "value": world.client.cookies["s"], "url": site}])
        # It lies in the browser of a phone that has used it.
        link = world.get(trip, Amanba_Passphrase=WORDS["passphrase"]).json()["check_in_url"]
        link = "/c/" + link.rsplit("/", 1)[1]
        shown_before = with_her_phone(he, link)
        world.post(f"{trip}/check-ins", {"text": WORDS["duress"][0]})
        world.work()
        shown_after = with_her_phone(he, link)
        assert shown_before == shown_after, "before her word and after it"
        thread = " ".join(world.texts("+77000000001"))
        he.faults += [f"thread: {word}" for word in (*SECRETS, *NEVER_HERS) if word.lower() in thread.lower()]
        assert he.faults == []
        they_find_everything(browser, site, world, language)
        he.context.close()


def with_her_phone(he: Walk, link: str) -> list[str]:
    """Every page that her phone opens, every form on it; the words of each screen."""
    seen, page = [], he.page
    quiet = (*SECRETS, *NEVER_HERS)

    def see(name: str, never: tuple[str, ...] = quiet) -> None:
        seen.append(he.see(name, never))

    assert he.open("/home") == "/home"
    see("home")
    page.click("summary")
    see("home-few-words")
    assert he.open("/private") == "/private"
    see("door")
    for guess in ("1234", WORDS["safe"][0], "mama"):
        he.open("/private")
        page.fill("[name=passphrase]", guess)
        he.press("main button.full")
        assert page.url == f"{he.site}/home"
    see("home-after-wrong-passphrases")
    for path in CLOSED_TO_HIM:
        assert he.open(path) == "/home", path
    he.open("/leaving")
    see("leaving")
    he.open(link)
    see("her-own-page")
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert {cookie["name"] for cookie in he.context.cookies()} <= {"s", "v", "n", "l", "lang"}
    return [re.sub(r"/c/[\w-]+", "/c/", words) for words in seen]


def they_find_everything(browser: Browser, site: str, world: FormWorld, language: str) -> None:
    """The mother and the caseworker: the text, the page, the sheet, the answer, the end by two."""
    _ = translator(language)
    people: dict[str, Walk] = {}
    for who, number in (("mother", GULNAR), ("caseworker", SAULE)):
        (first, *_more) = world.texts(number, "alert")
        assert first.startswith(_("Do NOT call or text {name}. Sign of danger, {since}.").split("{")[0])
        walk = people[who] = Walk(browser, site, language, who)
        walk.open(re.findall(r"/a/\w+", first)[0])
        told = walk.see("page")
        for found in ("Antalya", "Lotus Garden", "Anatolia House"):
            assert found in told, found
        walk.press("button[name=send]")
        world.work()
        walk.page.fill("[name=code]", re.findall(r"\b\d{6}\b", world.texts(number, "page_code")[-1])[0])
        with walk.page.expect_navigation():
            walk.page.press("[name=code]", "Enter")
        walk.see("sheet")
        opened = walk.page.inner_html("#sheet")
        for found in ("Golden Bridge", "Qamqor Life", "164 cm", "The advert was in a chat."):
            assert found in opened, found
    mother, helper = people["mother"], people["caseworker"]
    mother.press('button[value="1"]')
    world.work()
    mother.page.reload()
    mother.see("taken")
    for walk in (mother, helper):
        walk.press('button[value="close"]')
        world.work()
        walk.page.reload()
        walk.see("said-that-it-is-over")
    mother.page.reload()
    assert mother.page.locator("body.s0").count() == 1
    mother.see("over")
    assert world.texts(GULNAR, "all_clear")
    assert world.texts(BROTHER["phone"], "alert") == [], "who has no part in it hears nothing"
    assert [fault for walk in people.values() for fault in walk.faults] == []
    for walk in people.values():
        walk.context.close()
