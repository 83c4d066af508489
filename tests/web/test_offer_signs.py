"""What a check of an offer found is hers: on the sheet when she put it there, and nowhere before an alarm."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.scenarios.story import Story, family, open_story
from tests.web.contact_pages import PIN, alarm_page, choose_pin, own_page
from tests.web.test_alarm_page import MORE
from tests.web.test_sheet_copies import EVERYBODY, opened, read, take, words

SIGNS = "they want to keep the passport; no contract before the journey"


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Story]:
    with open_story(sqlite_url) as told:
        yield told


def test_T17_no_contact_reads_it_before_an_alarm_and_the_sheet_has_it_after(lite: Story) -> None:
    """T17: sealed until an alarm, and even then behind the PIN."""
    person = {**MORE["person"], "offer_signs": SIGNS}
    family(lite, **{**MORE, "person": person, "consent": EVERYBODY})
    choose_pin(lite, "Gulnar")
    before = [lite.client.get(own_page(lite, name)).text for name in ("Gulnar", "Daniyar", "Saule")]
    before += [text for phone in (lite.mother, lite.brother, lite.fund) for text in phone.read_all()]
    lite.advance_to("2026-12-01T21:01+03:00")
    page = alarm_page(lite.mother)
    before.append(lite.client.get(page).text)
    before += [text for phone in (lite.mother, lite.brother, lite.fund) for text in phone.read_all()]
    assert len(before) >= 4
    assert [text for text in before if "keep the passport" in text] == []
    html = lite.client.post(f"{page}/sheet", data={"pin": PIN}).text
    assert f"What the check of the offer found {SIGNS}" in " ".join(re.sub(r"<[^>]+>", " ", html).split())
    assert SIGNS in words(read(take(lite, page, html)))


def test_T17_what_she_did_not_put_there_is_not_known(lite: Story) -> None:
    """T17: the sheet says so."""
    _page, html = opened(lite, **MORE, consent=EVERYBODY)
    unknown = re.findall(r"<b>Not known:</b>([^<]*)", html)
    assert any("What the check of the offer found" in one for one in unknown)
