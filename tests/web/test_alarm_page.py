"""A contact's page of an alarm: the present stage, what a text may say, and a sheet that only she opens."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from service.texts import LANGUAGES
from service.web.pages import static_files
from tests.scenarios.story import BROTHER, MOTHER, Story, family, open_story
from tests.web.contact_pages import PIN, actions, alarm_page, choose_pin, everything, own_page

MORE: dict[str, Any] = {
    "agency": {"name": "Work Abroad Ltd", "phone": "+77015556677", "licence": "No 123"},
    "companions": [{"name": "Dana", "phone": "+77016667788"}],
    "visa": {"kind": "tourist", "number": "T 12345"},
    "insurance": {"company": "Sigorta", "policy": "AB-1", "phone": "+902122223344"},
    "person": {"birth_date": "01.02.2003", "passport": "N1234567"},
    "notes": "The house with the <blue> gate",
}
DEEP = ("Work Abroad Ltd", "No 123", "T 12345", "Sigorta", "AB-1", "01.02.2003", "N1234567", "&lt;blue&gt; gate")
FIRST_VIEW = 14_600
"""Bytes: what ten packets carry, as a server sends them before it waits for an answer."""


@pytest.fixture
def story(database_url: str) -> Iterator[Story]:
    with open_story(database_url) as told:
        yield told


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Story]:
    """A story where the kind of database makes no difference."""
    with open_story(sqlite_url) as told:
        yield told


def missed(story: Story, **trip: Any) -> str:
    """A missed check-in; the mother's page of it."""
    family(story, **trip)
    story.advance_to("2026-12-01T21:01+03:00")
    return alarm_page(story.mother)


def by_code(story: Story, page: str) -> str:
    """Open a mother's sheet by a code to her number; what the page shows."""
    story.client.post(f"{page}/sheet", data={"send": "1"})
    story.run()
    code = re.findall(r"\b\d{6}\b", story.mother.expect("code"))[0]
    answer = story.client.post(f"{page}/sheet", data={"code": f"{code[:3]} {code[3:]}"})
    assert answer.status_code == 200
    return answer.text


def test_only_the_present_stage_is_open(lite: Story) -> None:
    page = missed(lite)
    for hours, stage in ((0, "The first hour"), (2, "1 to 6 hours"), (5, "6 to 24 hours"), (71, "After 72 hours")):
        lite.now += timedelta(hours=hours)
        shown = lite.client.get(page).text
        guide = shown[shown.index('class="guide"') :]
        opened = re.findall(r"<details open><summary><span>([^<]+?) <span", guide)
        assert opened == [stage]
    whole = lite.client.get(page, params={"whole": "1"}).text
    assert whole[whole.index('class="guide"') :].count("<details open>") == 5


def test_danger_does_not_wait(lite: Story) -> None:
    page = missed(lite)
    assert "?danger=1#now" in lite.client.get(page).text
    shown = lite.client.get(page, params={"danger": "1"}).text
    assert "Stage 3: the police and the consulate" in shown
    assert "Is one of these true?" not in shown


def test_before_the_pin_it_says_what_a_text_may_say(lite: Story) -> None:
    """T28: the texts' facts at once, the rest by PIN or by a code to her own number."""
    page = missed(lite, **MORE)
    shown = lite.client.get(page).text
    for fact in (
        "Antalya",
        "Lotus Garden Hotel",
        'href="tel:+902422481200"',
        "Dana",
        "Written by Aizhan, 1 December 2026",
    ):
        assert fact in shown, fact
    assert [fact for fact in DEEP if fact in shown] == []
    assert "Emergency number in" in shown
    assert "It can be dialed only in that country." in shown
    assert re.search(r"Checked on \d\d? \w+ \d{4}; source: ", shown)


def test_what_she_did_not_write_is_said_to_be_ours_and_no_time_is_shown_as_none(lite: Story) -> None:
    page = missed(lite, consulate=None)
    assert "The consulate is from our list of 2022; Aizhan has not confirmed it." in lite.client.get(page).text
    assert "Time since we began to tell you all" not in lite.client.get(page).text
    lite.now += timedelta(minutes=5)
    assert "Time since we began to tell you all: 5 minutes." in lite.client.get(page).text


def test_the_pin_opens_the_rest_once_and_that_is_recorded(story: Story) -> None:
    page = missed(story, **MORE)
    choose_pin(story, "Gulnar")
    wrong = story.client.post(f"{page}/sheet", data={"pin": "0815"})
    assert wrong.status_code == 422
    assert [fact for fact in DEEP if fact in wrong.text] == []
    opened = story.client.post(f"{page}/sheet", data={"pin": PIN})
    assert opened.status_code == 200
    assert [fact for fact in DEEP if fact not in opened.text] == []
    assert opened.headers["Cache-Control"] == "no-store"
    assert "set-cookie" not in opened.headers
    assert [fact for fact in DEEP if fact in story.client.get(page).text] == []
    assert actions(story)[-2:] == ["sheet_refused", "sheet_opened"]
    assert "?" not in story.client.get(f"{page}/sheet", follow_redirects=False).headers["location"]


def test_five_wrong_pins_lock_the_page_and_tell_the_others(story: Story) -> None:
    """T28."""
    page = missed(story)
    story.advance(minutes=16)
    choose_pin(story, "Gulnar")
    story.brother.read_all()
    for _ in range(5):
        locked = story.client.post(f"{page}/sheet", data={"pin": "0815"})
    story.run()
    assert locked.status_code == 423
    story.brother.expect("After five wrong PINs the page of Gulnar about Aizhan is locked")
    for answer in (
        story.client.get(page),
        story.client.post(f"{page}/sheet", data={"pin": PIN}),
        story.client.post(page, data={"answer": "2", "nonce": "n1"}),
    ):
        assert "This page is locked" in answer.text
        assert "Antalya" not in answer.text
    story.run()
    story.brother.expect_nothing()
    before = len(actions(story))
    for _ in range(3):
        assert story.client.post(f"{page}/sheet", data={"code": "081508"}).status_code == 423
    assert len(actions(story)) == before, "whoever goes on trying does not fill the trail"
    story.mother.reply("1")
    story.brother.expect("Gulnar has taken the alarm about Aizhan")
    story.mother.read_all()
    assert "The sheet about Aizhan" in by_code(story, page)
    assert story.client.post(f"{page}/sheet", data={"pin": PIN}).status_code == 200


def test_a_code_works_once_for_ten_minutes_and_three_an_hour_are_sent(story: Story) -> None:
    page = missed(story)
    story.mother.read_all()

    def sent() -> str:
        story.now += timedelta(seconds=20)
        story.client.post(f"{page}/sheet", data={"send": "1"})
        story.run()
        found: list[str] = re.findall(r"\b\d{6}\b", "\n".join(story.mother.read_all()))
        return found[0] if found else ""

    def opens(code: str) -> bool:
        return story.client.post(f"{page}/sheet", data={"code": code}).status_code == 200

    first = sent()
    second = sent()
    assert not opens(first)
    assert opens(second)
    assert not opens(second)
    third = sent()
    assert third
    assert sent() == ""
    story.now += timedelta(minutes=11)
    assert not opens(third)
    story.now += timedelta(hours=1)
    assert opens(sent())
    assert not opens("")


@pytest.mark.parametrize("disclosure", ["full", "link"])
def test_the_sheet_shows_nothing_beyond_disclosure(lite: Story, disclosure: str) -> None:
    """T25: one contact may read it all, another only what she is told."""
    lite.register()
    lite.plan_trip(**MORE)
    lite.add_contact("Gulnar", MOTHER, disclosure=disclosure)
    lite.arm()
    lite.advance_to("2026-12-01T21:01+03:00")
    page = alarm_page(lite.mother)
    shown, opened = lite.client.get(page).text, by_code(lite, page)
    assert ("Lotus Garden Hotel" in shown) is (disclosure == "full")
    assert "Lotus Garden Hotel" in opened
    assert "Hesapci" in opened
    assert [fact for fact in DEEP if (fact in opened) is not (disclosure == "full")] == []


def test_who_may_not_read_it_reads_nothing_of_it(lite: Story) -> None:
    page = missed(lite, **MORE, consent={"contacts": False, "police": True})
    assert "The sheet about" not in lite.client.get(page).text
    opened = by_code(lite, page)
    assert [fact for fact in DEEP if fact in opened] == []


def test_a_quiet_signal_offers_no_number_near_her(lite: Story) -> None:
    family(lite, words=True, **MORE)
    lite.traveler.text("heavy rain")
    page = alarm_page(lite.mother)
    opened = by_code(lite, page)
    for shown in (lite.client.get(page).text, opened):
        assert "Do NOT call or text Aizhan" in shown
        assert set(re.findall(r'href="tel:([^"]+)"', shown)) == {"+902422481200"}
        assert 'value="2"' not in shown
        assert 'value="close"' in shown
    assert "+7 701 666 7788" in opened, "the police may need it"
    assert "+7 701 666 7788" not in lite.client.get(page).text


def test_who_is_to_stand_back_gets_no_sheet(lite: Story) -> None:
    family(lite, words=True)
    lite.advance_to("2026-12-01T21:31+03:00")
    page = alarm_page(lite.brother)
    lite.traveler.text("heavy rain")
    assert "It is in hand" in lite.client.get(page).text
    lite.brother.read_all()
    assert lite.client.post(f"{page}/sheet", data={"send": "1"}).status_code == 200
    lite.run()
    assert "code" not in " ".join(lite.brother.read_all())


def test_the_story_is_told_by_a_list_and_by_a_picture_of_the_same(lite: Story) -> None:
    page = missed(lite)
    lite.advance(minutes=16)
    lite.brother.reply("1")
    shown = lite.client.get(page).text
    story = re.findall(r"<li><time>([^<]+)</time> <span>([^<]+)</span>", shown)
    texts = [text for _at, text in story]
    assert [text for text in texts if text.startswith("Aizhan was asked")] == ["Aizhan was asked (SMS)"] * 3
    assert texts[-1] == "Daniyar: I take it"
    assert any(text.startswith("Gulnar: SMS") for text in texts)
    assert [at[:5] for at, text in story if text == "the alarm opened"] == ["23:00"], "in the reader's zone"
    picture = shown[shown.index('class="lanes"') : shown.index("</svg>", shown.index('class="lanes"'))]
    assert len(re.findall(r'<circle class="now"', picture)) == 1
    assert [name for name in ("Aizhan", "Gulnar", "Daniyar", "Saule") if f">{name}</text>" not in picture] == []
    assert shown.index("<b>Daniyar</b>") < shown.index("<b>Gulnar</b>"), "who acts comes first"


@pytest.mark.parametrize(("language", "country"), [("en", "Türkiye"), ("ru", "Турция"), ("kk", "Түркия")])
def test_all_of_it_is_in_the_language_chosen(lite: Story, language: str, country: str) -> None:
    page = missed(lite, **MORE)
    shown = lite.client.get(page, params={"lang": language})
    assert shown.headers["Content-Language"] == language
    assert f"Antalya, {country}" in shown.text
    assert ("Report it to the police" in shown.text) is (language == "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_first_view_comes_in_one_go(lite: Story, language: str) -> None:
    page = missed(lite, **MORE)
    lite.advance(minutes=40)
    html = lite.client.get(page, params={"lang": language}).content
    size = len(gzip.compress(html, 6)) + len(static_files()["amanba.css"].zipped)
    assert size <= FIRST_VIEW, size


def test_who_left_the_trip_has_no_page_any_more(lite: Story) -> None:
    page = missed(lite)
    lite.client.post(own_page(lite, "Gulnar"), data={"do": "leave"})
    assert lite.client.get(page).status_code == 404
    assert lite.client.post(f"{page}/sheet", data={"send": "1"}).status_code == 404


def test_looking_changes_nothing(lite: Story) -> None:
    """T28: whatever opens the link before her consumes nothing."""
    page = missed(lite)
    paths = (page, own_page(lite, "Gulnar"), f"{page}/sheet", "/a/0123456789a", "/i/0123456789a")
    queries = ("", "?lang=ru", "?answered=2", "?danger=1&whole=1", "?done=leave", "?pin=4711&code=123456")
    before = everything(lite)
    for turn in range(300):
        path = paths[turn % len(paths)] + queries[turn // len(paths) % len(queries)]
        method = "HEAD" if turn % 3 == 2 else "GET"
        assert lite.client.request(method, path).status_code in (200, 404, 405), path
    assert everything(lite) == before


HOSTILE = ("<script>alert(1)</script>", "'; DROP TABLE links; --", "\x00\u202e", "é" * 5000, "-1", " ", "٣" * 40)


def test_no_field_breaks_it(lite: Story) -> None:
    page = missed(lite)
    for value in HOSTILE:
        for fields in ({"pin": value}, {"code": value}, {"answer": value, "nonce": value}):
            for path in (page, f"{page}/sheet"):
                answer = lite.client.post(path, data=fields)
                assert answer.status_code in (200, 413, 422, 423), (path, fields)
                assert "<script>alert" not in answer.text
        assert lite.client.get(page, params={"answered": value[:500], "danger": value[:500]}).status_code == 200
    assert lite.client.post(f"{page}/sheet", data={f"x{number}": "1" for number in range(50)}).status_code == 413
    lite.run()
    assert BROTHER not in lite.client.get(page).text
