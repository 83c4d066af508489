"""Somebody holds her phone: whatever is typed on it, what it shows is the same, and her people are not put off."""

import json
import re
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from service.db.routing import Inbox
from service.db.stored import table_of
from service.db.tables import Outbox
from tests.scenarios.story import DURESS_WORDS, OPERATOR, SAFE_WORDS, TRAVELER, Story, family

OUTBOX, INBOX = table_of(Outbox), table_of(Inbox)
LOUD = re.compile(r"\b(call|safe)\b")
QUIET = re.compile(r"Do NOT call( or text)?|Please do not call")


def to_traveler(story: Story) -> list[dict[str, Any]]:
    """Every row of the outbox that went to her, as far as anybody could tell one from another."""
    query = select(OUTBOX).where(OUTBOX.c.contact_id.is_(None)).order_by(OUTBOX.c.created_at, OUTBOX.c.dedupe_key)
    rows = []

    def read(conn: Any) -> None:
        for row in conn.execute(query).mappings():
            secret = json.loads(story.service.keys.open(conn, b"outbox", row["sealed"]))
            if secret["to"] == TRAVELER:
                names = ("kind", "channel", "priority", "state", "attempts", "alarm_id", "ref_code", "error")
                shown = {name: row[name] for name in names}
                times = {name: row[name] for name in ("available_at", "valid_until")}
                rows.append({**shown, **times, **secret})

    story.service.read(read)
    return rows


def last_reply(story: Story, arrived: datetime) -> dict[str, Any]:
    row = to_traveler(story)[-1]
    assert row["kind"] == "reply"
    return {**row, "available_at": row["available_at"] - arrived, "valid_until": row["valid_until"] - arrived}


def says(story: Story, text: str) -> Any:
    """Let her text something; what the provider was then asked for, as far as it went to her: one text, whole.

    The address for its reports names the row, and nothing else.
    """
    story.traveler.read_all()
    story.traveler.text(text)
    (sent,) = [one for one in story.traveler.texts if one.body in story.traveler.unread][-1:]
    assert len(story.traveler.read_all()) == 1
    assert sent.created == story.now.replace(microsecond=0)
    form = [form for method, _, form in story.twilio.requests if method == "POST" and form["To"] == TRAVELER][-1]
    shown = {name: sent.as_json("")[name] for name in ("from", "body", "num_segments", "num_media", "status")}
    return {name: value for name, value in form.items() if name != "StatusCallback"}, shown


def sounds_like_any_day(text: str) -> bool:
    return not LOUD.search(QUIET.sub("", text))


@pytest.mark.parametrize("wording", ["plain", "discreet"])
def test_every_text_makes_the_same_row(story: Story, wording: str) -> None:
    """T1: OK, each word, PAUSE, nonsense, nothing at all: the same row at the same time, and the same on the wire."""
    family(story, words=wording == "plain", wording=wording)
    rows, sent = [], []
    texts = ("ok", *SAFE_WORDS, *DURESS_WORDS, "what is this", "are you ok?", "", "pause 3h", "late 1h", "status")
    more = ("sos", "2", "1 Q7QQ", "home", "тоқта", "старт", "green apples 1234", "pause 30 days", *SAFE_WORDS[:1], "ok")
    for text in (*texts, *more):
        # Twenty in an hour are answered.
        story.advance(minutes=7)
        sent.append(says(story, text))
        rows.append(last_reply(story, story.now))
    story.advance_to("2026-12-01T20:40+03:00")
    sent.append(says(story, "ok"))
    rows.append(last_reply(story, story.now))
    assert {row["body"] for row in rows} == {"Thank you!"}
    assert all(row == rows[0] for row in rows), rows
    assert all(one == sent[0] for one in sent), sent


def headers_of(answer: Any) -> list[tuple[str, str]]:
    """All of them, cookies too."""
    return sorted((name, value) for name, value in answer.headers.multi_items() if name != "date")


def what_she_sees(story: Story, first: str) -> list[Any]:
    """All that a captured phone shows in the three days after one text, for the same other texts."""
    family(story, words=True)
    page = story.check_in_url.removeprefix("https://amanba.example")
    story.advance_to("2026-12-01T19:40+03:00")
    seen: list[Any] = []

    def look() -> None:
        trip = story.call("GET", f"/trips/{story.trip_id}")
        # Uncompressed, so that its length tells nothing of the name that each loading gives its form.
        shown = story.client.get(page, headers={"Accept-Encoding": "identity"})
        body = re.sub(r'value="[\w-]{16}"', "", shown.text)
        seen.append(({**trip, "trip_id": ""}, headers_of(shown), body, story.traveler.read_all()))

    def press(text: str) -> None:
        for encoding in ("identity", "gzip"):
            form = {"nonce": f"{encoding}{len(seen)}", "text": text}
            answer = story.client.post(page, data=form, headers={"Accept-Encoding": encoding})
            seen.append((answer.status_code, headers_of(answer), answer.content))
        auth = {"Authorization": f"Bearer {story.token}"}
        answer = story.client.post(f"/api/v1/trips/{story.trip_id}/check-ins", json={"text": text}, headers=auth)
        seen.append((answer.status_code, headers_of(answer), answer.content))
        assert not story.client.cookies

    story.traveler.text(first)
    look()
    press(first)
    look()
    story.advance_to("2026-12-02T11:00+03:00")
    story.traveler.text("late 30m")
    look()
    story.advance_to("2026-12-02T20:40+03:00")
    look()
    press(first)
    story.advance(minutes=20)
    look()
    body = {"end": True, "word": first}
    seen.append(story.call("POST", f"/trips/{story.trip_id}/changes", body, 202))
    story.run()
    look()
    story.traveler.text("ok")
    press("ok")
    story.advance_to("2026-12-03T20:40+03:00")
    look()
    seen.append(story.call("POST", f"/trips/{story.trip_id}/changes", {"end": True}, 409))
    rows = [row for row in to_traveler(story) if row["kind"] in ("reply", "reminder")]
    return [*seen, rows]


def test_nothing_that_she_can_see_differs_after_duress(story: Story, tmp_path_factory: Any) -> None:
    """T2, T3: the button of her link, the API, the page and the times afterwards, and what is sent to her."""
    from tests.conftest import _migrate
    from tests.scenarios.story import open_story

    safe = what_she_sees(story, "green apples")
    other = f"sqlite:///{tmp_path_factory.mktemp('other') / 'other.db'}"
    _migrate(other)
    with open_story(other) as second:
        duress = what_she_sees(second, "heavy rain")
        assert second.mother.expect("Do NOT call or text Aizhan")
        links = {story.check_in_url: "", second.check_in_url: ""}
    for one, two in zip(safe, duress, strict=True):
        first, again = json.dumps(one, default=str), json.dumps(two, default=str)
        for link in links:
            path = link.removeprefix("https://amanba.example")
            first, again = first.replace(path, ""), again.replace(path, "")
        assert first == again


def test_no_text_says_call_or_safe_while_duress_is_open(story: Story) -> None:
    family(story, words=True)
    story.advance_to("2026-12-01T21:20+03:00")
    story.traveler.text("heavy rain")
    story.run()
    phones = (story.mother, story.brother, story.fund, story.operator)
    for phone in phones:
        phone.read_all()
    story.traveler.text("ok")
    story.traveler.text("pause 3h")
    for body in ({"end": True}, {"pause_until": "2026-12-04T20:00:00+03:00"}):
        story.call("POST", f"/trips/{story.trip_id}/changes", body, 202)
    leg = {"from": "2026-12-02T00:00:00+03:00", "country": "GE", "city": "Tbilisi", "zone": "Asia/Tbilisi"}
    story.call("POST", f"/trips/{story.trip_id}/changes", {"leg": leg}, 202)
    remove = {"remove_contact": story.contacts["Daniyar"]}
    story.call("POST", f"/trips/{story.trip_id}/changes", remove, 202)
    story.run()
    for phone in (story.mother, story.fund, story.brother):
        for digit in ("1", "2", "3", "4", "hello"):
            phone.reply(digit)
    story.brother.expect("It is in hand")
    story.advance_to("2026-12-02T22:30+03:00")
    said = [text for phone in phones for text in phone.read_all()]
    assert len(said) > 12
    assert [text for text in said if not sounds_like_any_day(text)] == []


def test_who_may_not_know_of_duress_hears_nothing_of_it(story: Story) -> None:
    family(story, words=True)
    story.traveler.text("heavy rain")
    story.traveler.text("pause 3h")
    story.call("POST", f"/trips/{story.trip_id}/changes", {"end": True}, 202)
    leg = {"from": "2026-12-02T00:00:00+03:00", "country": "GE", "city": "Tbilisi", "zone": "Asia/Tbilisi"}
    story.call("POST", f"/trips/{story.trip_id}/changes", {"leg": leg}, 202)
    story.advance_to("2026-12-01T22:00+03:00")
    story.brother.expect_nothing()
    assert len(story.fund.read_all()) > 2


def test_what_waits_to_be_sent_is_taken_back_when_duress_comes(story: Story) -> None:
    family(story, words=True)
    # Asked for, and not sent yet when her text is read.
    story.call("POST", f"/trips/{story.trip_id}/changes", {"end": True}, 202)
    story.call("POST", f"/trips/{story.trip_id}/changes", {"pause_until": "2026-12-04T20:00:00+03:00"}, 202)
    story.traveler.text("heavy rain")
    story.advance(minutes=1)
    story.brother.expect_nothing()
    for phone in (story.mother, story.fund):
        assert phone.unread
        assert [text for text in phone.read_all() if not sounds_like_any_day(text)] == []


def test_a_form_counts_as_weak_whatever_it_says(story: Story) -> None:
    family(story, words=True)
    page = story.check_in_url.removeprefix("https://amanba.example")
    story.advance_to("2026-12-01T19:40+03:00")
    story.traveler.read_all()
    for place, text in enumerate(("stop", "home", "pause 3h", "are you there?")):
        story.client.post(page, data={"nonce": f"n{place}", "text": text})
    story.run()
    story.advance_to("2026-12-02T19:29+03:00")
    for phone in (story.traveler, story.mother, story.brother):
        assert phone.read_all() == []
    story.advance_to("2026-12-02T19:31+03:00")
    assert len(story.traveler.read_all()) == 1, "STOP in a form is no STOP"
    story.client.post(page, data={"nonce": "sos", "text": "sos"})
    story.run()
    story.mother.expect("asked for help")
    story.advance_to("2026-12-02T21:01+03:00")
    assert "Missed" not in " ".join(story.mother.read_all()), "it is a weak check-in as well"
    story.client.post(page, data={"nonce": "word", "text": "heavy rain"})
    story.run()
    story.mother.expect("Do NOT call")


def test_what_nobody_understood_is_kept_and_shown_in_an_alarm(story: Story) -> None:
    family(story, words=True)
    page = story.check_in_url.removeprefix("https://amanba.example")
    story.traveler.text("tell my brother the red bag is at Leyla's")
    story.traveler.text("ok")
    story.client.post(page, data={"nonce": "n1", "text": "the door is <b>closed</b> at night"})
    story.advance_to("2026-12-01T21:01+03:00")
    story.advance_to("2026-12-02T21:01+03:00")
    [alarm] = set(re.findall(r"https://amanba\.example(/a/\w+)", "\n".join(story.mother.read_all())))
    closed = story.client.get(alarm).text
    assert "This phone also wrote something that we did not understand" in closed
    assert "red bag" not in closed
    story.client.post(f"{alarm}/sheet", data={"send": "1"})
    story.run()
    [code] = re.findall(r"\b\d{6}\b", story.mother.expect("is your code"))
    shown = story.client.post(f"{alarm}/sheet", data={"code": code}).text
    assert "tell my brother the red bag is at Leyla" in shown
    assert "the door is &lt;b&gt;closed&lt;/b&gt; at night" in shown
    kept = []

    def read(conn: Any) -> None:
        for row in conn.execute(select(INBOX).order_by(INBOX.c.inbox_id)).mappings():
            kept.append((row["result"], bool(row["sealed"]), row["trip_id"] is not None))

    story.service.read(read)
    assert ("check_in", False, False) in kept, kept
    assert all(sealed == (result == "ambiguous") for result, sealed, _ in kept), kept


def test_a_flood_of_texts_is_read_but_answered_no_more(story: Story) -> None:
    """T50: after 20 replies an hour none more goes out, and a word of duress is still acted on."""
    family(story, words=True)
    for _ in range(25):
        story.traveler.text("hm")
    assert len(story.traveler.read_all()) == 20
    story.traveler.text("heavy rain")
    story.mother.expect("Do NOT call")
    story.traveler.expect_nothing()
    story.advance(minutes=61)
    story.traveler.text("ok")
    story.traveler.expect("Thank you!")


def test_a_forged_ok_ends_no_alarm_of_a_trip_with_words(story: Story) -> None:
    """T51."""
    family(story, words=True)
    story.advance_to("2026-12-01T21:16+03:00")
    story.mother.read_all()
    for _ in range(3):
        story.traveler.text("ok")
        story.advance(minutes=61)
    assert "ended" not in " ".join([*story.mother.read_all(), *story.brother.read_all()])


def test_the_operators_page_of_a_duress_alarm_has_no_number_of_hers(story: Story) -> None:
    family(story, words=True)
    story.traveler.text("heavy rain")
    story.advance(hours=24, minutes=1)
    paged = story.phone(OPERATOR).expect("24 h without an end")
    assert TRAVELER not in paged
