"""What her people find out while they look for her: written on an opened sheet, read by the others and on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from httpx2 import Response
from sqlalchemy import Connection

from service.core.sheet_fields import SIGNS
from service.usecases.sheet_ticket import TICKET_LIVES
from service.usecases.work import Work
from tests.scenarios.story import Story, open_story
from tests.web.contact_pages import PIN, actions, alarm_page, choose_pin, trip_of
from tests.web.test_alarm_page import MORE
from tests.web.test_sheet_copies import EVERYBODY, details, opened, read, take, ticket, words

HEARD = "She said: not my phone, <b>and hung up</b>"


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Story]:
    with open_story(sqlite_url) as told:
        yield told


def write(story: Story, page: str, html: str, **given: str) -> Response:
    answer: Response = story.client.post(
        f"{page}/found", data={"ticket": ticket(html), **given}, follow_redirects=False
    )
    return answer


def told(html: str) -> str:
    return re.sub(r"<[^>]+>", " ", html[html.index('class="sheet"') :])


def test_what_the_mother_writes_stands_with_her_name_on_everybodys_sheet_and_on_paper(lite: Story) -> None:
    page, html = opened(lite, **MORE, consent=EVERYBODY)
    lite.advance(minutes=5)
    kept = write(lite, page, html, last_talk=HEARD, officer="KZ-118, Captain A.", papers_held="yes", threats="no")
    assert kept.status_code == 200
    assert "It is kept, with your name and the time" in kept.text
    assert "&lt;b&gt;and hung up" in kept.text
    assert f"{HEARD[:13]}" in told(kept.text), "the sheet stays open, and shows it"
    assert re.search(r"Somebody holds the passport\s+yes \(Gulnar, 01\.12\.2026 23:", told(kept.text))
    lite.advance(minutes=5)
    write(lite, page, kept.text, papers_held="no", debt_bondage="yes")

    lite.advance_to("2026-12-01T21:31+03:00")
    theirs = alarm_page(lite.brother)
    assert "Gulnar wrote down what is known" in lite.client.get(theirs).text, "that it was written is no secret"
    assert "KZ-118" not in lite.client.get(theirs).text, "what was written opens with the sheet"
    again = lite.client.post(f"{page}/sheet", data={"pin": PIN}).text
    assert re.search(r"Somebody holds the passport\s+no \(Gulnar", told(again)), "of a sign the newest counts"
    assert re.search(r"A debt must be worked off\s+yes \(Gulnar", told(again))
    paper = words(read(take(lite, page, again, "police")))
    for text in ("KZ-118, Captain A.", "да (Gulnar", "yes (Gulnar"):
        assert text in paper, text


def test_without_an_opened_sheet_nothing_is_kept(lite: Story) -> None:
    page, html = opened(lite, **MORE, consent=EVERYBODY)
    before = actions(lite)
    for stale in ("", "1-x", f"{ticket(html)[:-1]}_"):
        refused = lite.client.post(f"{page}/found", data={"ticket": stale, "officer": "KZ-118"})
        assert refused.status_code == 200
        assert "It is kept" not in refused.text
        assert 'class="sheet"' not in refused.text
    lite.now += TICKET_LIVES
    assert "It is kept" not in write(lite, page, html, officer="KZ-118").text
    assert actions(lite) == before


def test_only_words_and_signs_that_are_asked_for_are_kept(lite: Story) -> None:
    page, html = opened(lite, **MORE, consent=EVERYBODY)
    write(lite, page, html, name="Somebody Else", threats="perhaps", online=" yesterday \n at 9 ", last_use="x" * 999)
    (line,) = details(lite, "found_out")
    assert line["found"] == {"online": "yesterday at 9", "last_use": "x" * 300}
    write(lite, page, html, **dict.fromkeys(SIGNS, ""))
    assert len(details(lite, "found_out")) == 1, "an empty form keeps nothing"


def test_lines_of_a_trip_that_was_erased_since_close_nobodys_page(lite: Story) -> None:
    """Of one traveler, several trips write into one trail."""
    page, _html = opened(lite, **MORE, consent=EVERYBODY)
    trip = trip_of(lite)

    def erased(conn: Connection) -> None:
        keys = lite.service.keys
        gone = keys.new_key(conn, "trip", lite.now)
        work = Work(lite.service, conn, lite.now)
        for action in ("found_out", "answered:heard_odd"):
            work.audit.add(trip.key.traveler_id, trip.contacts[0].id, action, gone, {"alarm": "another"})
        work.flush()
        keys.erase(conn, gone)

    lite.service.run(erased)
    assert lite.client.get(page).status_code == 200
    assert lite.client.post(f"{page}/sheet", data={"pin": PIN}).status_code == 200


def test_whose_sheet_is_closed_by_her_consent_writes_none(lite: Story) -> None:
    page, html = opened(lite, **MORE, consent={**EVERYBODY, "contacts": False})
    assert ticket(html) == ""
    assert "What is known by now" not in html
    choose_pin(lite, "Gulnar")
    assert "It is kept" not in write(lite, page, html, officer="KZ-118").text
    assert "found_out" not in actions(lite)
