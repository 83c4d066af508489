"""A quiet signal, as its people meet it on their pages: what not to do comes first, and two of them end it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest

from service.texts import LANGUAGES, translator
from tests.scenarios.story import Story, family, open_story
from tests.web.contact_pages import alarm_page, trip_of

COMPANION = "+77016667788"


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Story]:
    with open_story(sqlite_url) as told:
        yield told


def heading(html: str) -> str:
    return unescape(re.search(r"<h1>(.*?)</h1>", html, re.S).group(1))  # type: ignore[union-attr]


def test_in_every_language_it_begins_with_what_not_to_do(lite: Story) -> None:
    """No number near her is offered, no answer that would end it alone, and the way to end it takes two."""
    family(lite, words=True, companions=[{"name": "Dana", "phone": COMPANION}])
    lite.traveler.text("heavy rain")
    page = alarm_page(lite.mother)
    for language in LANGUAGES:
        _, html = translator(language), lite.client.get(f"{page}?lang={language}").text
        assert heading(html) == _("Do NOT call or text {name}").format(name="Aizhan")
        told = unescape(html)
        for sentence in (
            "Do not call, do not write, do not post anything. Whoever holds the phone may be reading.",
            "Do not warn the employer.",
            "Two different people must say that it is over.",
        ):
            assert _(sentence) in told, (language, sentence)
        assert _("is not told of this; please say nothing") in told, "her brother has no part in it"
        assert set(re.findall(r'href="tel:([^"]+)"', html)) == {"+902422481200"}
        assert set(re.findall(r'name="answer" value="(\w+)"', html)) == {"1", "3", "close", "authorities_told"}


def test_who_has_no_part_in_it_is_told_to_stand_back_and_ends_nothing(lite: Story) -> None:
    """T30: told of a missed check-in before, she reads one sentence; her word for its end is not one of the two."""
    family(lite, words=True)
    lite.advance_to("2026-12-01T21:31+03:00")
    brothers = alarm_page(lite.brother)
    lite.traveler.text("heavy rain")
    mothers = alarm_page(lite.mother)
    lite.brother.expect("It is in hand. Please do not call or text Aizhan.")
    for language in LANGUAGES:
        html = lite.client.get(f"{brothers}?lang={language}").text
        assert heading(html) == translator(language)("It is in hand")
        assert "Antalya" not in html
        assert "<button" not in html
    for number, answer in enumerate(("close", "2", "home", "4", "close")):
        lite.client.post(brothers, data={"answer": answer, "nonce": f"b{number}"})
    lite.client.post(mothers, data={"answer": "close", "nonce": "m1"})
    lite.run()
    open_now = trip_of(lite).alarm
    assert open_now is not None
    assert open_now.view.closers == {lite.contacts["Gulnar"]}
