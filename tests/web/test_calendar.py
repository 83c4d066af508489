"""Her times in the phone's own calendar: a link that she makes and ends, a file, and nothing that tells of her."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from httpx2 import Response

from tests.core.test_ics import parsed
from tests.web.api_world import AIZHAN, WORDS
from tests.web.form_world import FormWorld, errors_of, forms_once, shown

__all__ = ["forms_once"]

PAGE = "/trip/calendar"
CHOSEN = {"do": "keep", "name": "Call home", "ring_before_seconds": "1800"}
NOTHING_OF = ("Aizhan", "Gulnar", "Antalya", "Istanbul", "Lotus", "+7700", "manba", *WORDS["safe"])


def events(answer: Response) -> list[Any]:
    assert answer.status_code == 200, answer.status_code
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    found: list[Any] = parsed(answer.content).events
    return found


def followed(world: FormWorld, path: str = "", **headers: str) -> Response:
    """The calendar, as whoever follows it asks for it: without a session."""
    world.client.cookies.clear()
    return world.client.get(path, headers=headers)


def link(world: FormWorld) -> str:
    """The link's path on her page; a phone's calendar takes the same up at a tap."""
    page = world.open(PAGE).text
    found = re.findall(r'href="http://127.0.0.1:8000(/calendar/\w{43}\.ics)"', page)
    assert f'href="webcal://127.0.0.1:8000{found[0]}"' in page
    return str(found[0])


def as_herself(world: FormWorld) -> None:
    world.leave_behind()
    world.enter_later()


def test_a_calendar_follows_her_plan_and_nothing_else(forms_once: FormWorld) -> None:
    """Made, followed, changed, paused, ended: the same times keep their names, and a revision rises."""
    world = forms_once
    world.sign_in()
    trip = world.armed()
    as_herself(world)
    assert "/calendar/" not in world.open(PAGE).text
    assert world.send(PAGE, CHOSEN).headers["location"] == PAGE
    path = link(world)

    answer = followed(world, path)
    before = events(answer)
    assert before[0]["DTSTART"].dt == datetime(2026, 12, 1, 17, tzinfo=UTC)
    assert len(before) == 100
    assert {event["SUMMARY"] for event in before} == {"Call home"}
    assert [alarm["TRIGGER"].dt for alarm in before[0].walk("VALARM")] == [timedelta(minutes=-30), timedelta()]
    for fact in NOTHING_OF:
        assert fact not in answer.text, fact
    assert answer.headers["cache-control"] == "private, no-cache"
    again = followed(world, path, **{"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")

    # Her answers leave no trace in it, nor does an alarm.
    assert world.post(f"{trip}/check-ins").status_code == 202
    world.work()
    assert followed(world, path).content == answer.content
    world.post(f"{trip}/sos")
    world.work()
    assert followed(world, path).content == answer.content

    change = {"plan": {"daily": [{"time": "19:00"}]}}
    assert world.post(f"{trip}/changes", change).status_code == 202
    world.wait(days=3)
    world.work()
    moved = {event["UID"]: event for event in events(followed(world, path))}
    known = [event for event in before if event["UID"] in moved]
    assert len(known) == 97
    for event in known:
        assert moved[event["UID"]]["DTSTART"].dt == event["DTSTART"].dt - timedelta(hours=1)
        assert moved[event["UID"]]["SEQUENCE"] > event["SEQUENCE"]
        assert moved[event["UID"]]["DTSTAMP"].dt > event["DTSTAMP"].dt


def test_she_names_it_renews_it_and_ends_it(forms_once: FormWorld) -> None:
    world = forms_once
    world.sign_in()
    trip = world.armed()
    as_herself(world)
    file = world.send(PAGE, {**CHOSEN, "do": "file", "name": "Мамаға қоңырау"})
    assert file.headers["content-disposition"] == 'attachment; filename="calendar.ics"'
    assert file.headers["cache-control"] == "no-store"
    assert len(events(file)) == 104, "up to the planned end and two weeks beyond"
    assert "/calendar/" not in world.open(PAGE).text, "nothing is kept of a file"
    assert errors_of(world.send(PAGE, {**CHOSEN, "name": " "})) == {"name": "Give it a name."}
    assert errors_of(world.send(PAGE, {**CHOSEN, "name": "x" * 61})) == {"name": "At most 60 characters."}
    assert "ring_before_seconds" in errors_of(world.send(PAGE, {**CHOSEN, "ring_before_seconds": "90000"}))

    world.send(PAGE, CHOSEN)
    first = link(world)
    world.send(PAGE, {**CHOSEN, "name": "Yoga", "ring_before_seconds": "600"})
    assert link(world) == first, "other choices need no other link"
    (event, *_others) = events(world.client.get(first))
    assert (event["SUMMARY"], event.walk("VALARM")[0]["TRIGGER"].dt) == ("Yoga", timedelta(minutes=-10))
    assert 'value="Yoga"' in world.open(PAGE).text
    kept = world.get("/travelers/me/export").json()["trips"][0]["calendar"]
    assert set(kept) == {"name", "since"}, "and not its address, in a file that may be found"
    world.send(PAGE, {**CHOSEN, "do": "anew"})
    second = link(world)
    assert second != first
    assert [world.client.get(one).status_code for one in (first, second)] == [404, 200]

    pause = {"pause_until": "2026-12-05T12:00:00+03:00"}
    assert world.post(f"{trip}/changes", pause).status_code == 202
    world.wait(days=2, hours=1)
    world.work()
    paused = events(world.client.get(second))
    assert [(event["DTSTART"].dt.day, event["STATUS"]) for event in paused][:4] == [
        (3, "CANCELLED"),
        (4, "CANCELLED"),
        (5, "CONFIRMED"),
        (5, "CONFIRMED"),
    ]
    as_herself(world)
    world.send(PAGE, {"do": "end"})
    assert "/calendar/" not in world.open(PAGE).text
    assert world.client.get(second).status_code == 404


def test_what_has_ended_is_cancelled_and_what_is_erased_is_gone(forms_once: FormWorld) -> None:
    world = forms_once
    world.sign_in()
    trip = world.armed(words=True, plan={"every_hours": 24})
    as_herself(world)
    assert world.open(PAGE).headers["location"] == "/home", "behind the passphrase"
    world.open("/private")
    world.send("/private", {"passphrase": WORDS["passphrase"]})
    assert "when that was" in shown(world.open(PAGE))
    world.send(PAGE, CHOSEN)
    path = link(world)
    before = events(world.client.get(path))
    assert len(before) == 14
    world.wait(hours=5)
    assert world.post(f"{trip}/check-ins", {"text": WORDS["duress"][0]}).status_code == 202
    world.work()
    after = events(world.client.get(path))
    assert after[0]["UID"] == before[0]["UID"]
    assert after[0]["SEQUENCE"] > before[0]["SEQUENCE"]
    assert after[0]["DTSTART"].dt == world.now + timedelta(hours=24), "after any word"
    assert world.post(f"{trip}/changes", {"end": True, "word": WORDS["safe"][0]}).status_code == 202
    world.work()
    ended = events(world.client.get(path))
    assert {event["STATUS"] for event in ended} == {"CANCELLED"}
    assert not any(event.walk("VALARM") for event in ended)
    assert ended[0]["SEQUENCE"] > after[0]["SEQUENCE"]
    headers = {"Amanba-Passphrase": WORDS["passphrase"]}
    assert world.call("DELETE", "/travelers/me", {"word": WORDS["safe"][0]}, **headers).status_code == 202
    world.work()
    assert world.client.get(path).status_code == 404
    assert AIZHAN not in world.client.get(path).text
