"""Before an alarm a contact learns nothing by what she opens, presses or texts, and changes nothing but her own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from service.web.invitation_page import ACTS
from tests.scenarios.story import BROTHER, FUND, MOTHER, TRAVELER, Story, family, open_story
from tests.web.contact_pages import everything, own_page, trip_of
from tests.web.test_every_page import _paths

TWICE_A_DAY = {"daily": [{"time": "12:00"}, {"time": "20:00"}]}
OTHERS = ("Daniyar", BROTHER, TRAVELER, "Antalya", "Lotus", "20:00", "22:00")
"""What a contact's own page must not hold: other people, the trip, its times."""
Answer = tuple[int, tuple[tuple[str, str], ...], str]


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Story]:
    with open_story(sqlite_url) as told:
        yield told


PRESSES: tuple[dict[str, str], ...] = (
    {"do": "worried"},
    {"do": "weekly", "weekly": "no"},
    {"do": "weekly", "weekly": "yes"},
    {"do": "language", "language": "ru"},
    {"do": "language", "language": "en"},
    {"do": "language", "language": "xx"},
    {"do": "order", "place-0": "2", "place-1": "1"},
    {"do": "pin", "pin": "12"},
    {"do": "email", "email": "nobody"},
    {"do": "email_code", "email_code": "123456"},
    {"do": "still_mine"},
    {"do": "have_copies"},
    {"do": "home"},
    {"do": "not_home"},
    {"do": "letters", "letters": "latin"},
    {"do": "letters", "letters": "own"},
    {"do": "chat"},
    {"do": "accept"},
    {"do": "refuse_nothing"},
)


def asked_for(story: Story, rehearsal: str) -> dict[str, Answer]:
    """Everything that a contact can open and press, and what comes of it; twice, so that a repeat is seen too."""
    page = own_page(story, "Gulnar")
    found: dict[str, Answer] = {}
    for turn in ("first", "again"):
        for path in (page, f"{page}?done=worried", f"{page}?lang=kk", rehearsal, *alarm_pages(story), "/i/0123456789a"):
            found[f"{turn} GET {path}"] = answered(story, "GET", path)
        story.client.cookies.clear()
        for fields in PRESSES:
            found[f"{turn} {fields}"] = answered(story, "POST", page, fields)
        found[f"{turn} {rehearsal}"] = answered(story, "POST", rehearsal, {"answer": "1"})
        for path in ("/a/0123456789a", "/a/0123456789a/sheet"):
            found[f"{turn} POST {path}"] = answered(story, "POST", path, {"answer": "1", "pin": "4711"})
    story.run()
    return found


def contact_pages(story: Story) -> set[str]:
    """The paths that a contact can open, as the routes are written."""
    app = story.client.app
    assert isinstance(app, FastAPI)
    return {path for path in _paths(app) if re.match(r"/[air]/", path)}


def alarm_pages(story: Story) -> list[str]:
    """Those of an alarm; there is none, so no token of one exists."""
    patterns = sorted(path for path in contact_pages(story) if path.startswith("/a/{token}"))
    return [re.sub(r"{\w+}", "0123456789a", path) for path in patterns]


def answered(story: Story, method: str, path: str, fields: dict[str, str] | None = None) -> Answer:
    answer = story.client.request(method, path, data=fields, follow_redirects=False)
    headers = sorted((name, value) for name, value in answer.headers.multi_items() if name.lower() != "date")
    return answer.status_code, tuple(headers), answer.text


def texted(story: Story) -> list[str]:
    """What she is answered by text."""
    story.mother.read_all()
    for text in ("hello", "2", "4", "where is she?", "OK"):
        story.mother.text(text)
        story.run()
    return story.mother.read_all()


def test_every_page_and_text_of_a_contact_is_the_same_with_a_trip_and_without(lite: Story) -> None:
    """T18: status, headers and bytes in a draft, on the way, after an answer, with one overdue, and after the end."""
    lite.register()
    lite.plan_trip(TWICE_A_DAY)
    lite.add_contact("Gulnar", MOTHER, email="gulnar@example.org")
    lite.call("POST", f"/trips/{lite.trip_id}/rehearsal", expect=202)
    lite.run()
    rehearsal = re.findall(r"https://amanba\.example(/r/\w+)", " ".join(lite.mother.read_all()))[-1]
    lite.client.post(rehearsal, data={"answer": "1"})
    lite.advance(minutes=10)
    seen = {"draft": (asked_for(lite, rehearsal), texted(lite))}
    lite.arm()
    seen["armed"] = (asked_for(lite, rehearsal), texted(lite))
    lite.advance_to("2026-12-01T11:50+03:00")
    lite.traveler.text("OK")
    lite.run()
    lite.call("PUT", f"/trips/{lite.trip_id}/weekly-word", {"allowed": True})
    seen["answered"] = (asked_for(lite, rehearsal), texted(lite))
    lite.advance_to("2026-12-01T20:10+03:00")
    lite.call("PUT", f"/trips/{lite.trip_id}/contacts/{lite.contacts['Gulnar']}/worry", {"allowed": False})
    seen["overdue"] = (asked_for(lite, rehearsal), texted(lite))
    lite.traveler.text("OK")
    lite.call("POST", f"/trips/{lite.trip_id}/changes", {"end": True}, 202)
    lite.run()
    lite.mother.reply("1")
    lite.run()
    assert trip_of(lite).status == "ended"
    seen["ended"] = (asked_for(lite, rehearsal), texted(lite))
    first, replies = seen["draft"]
    for state, (answers, texts) in seen.items():
        assert [what for what, answer in answers.items() if answer != first[what]] == [], state
        assert texts == replies, state
    own = first[f"first GET {own_page(lite, 'Gulnar')}"][2]
    assert [word for word in OTHERS if word in own] == []


def test_all_that_a_contact_can_open_is_looked_at_here(lite: Story) -> None:
    """T18: a new page or button of a contact fails until the test above knows it."""
    of_an_alarm = {path for path in contact_pages(lite) if path.startswith("/a/{token}")}
    assert contact_pages(lite) - of_an_alarm == {"/i/{token}", "/r/{token}"}
    pressed = {fields["do"] for fields in PRESSES}
    assert set(ACTS) - pressed == {"refuse", "leave"}, "those two end it, and are looked at below"


def test_leaving_looks_the_same_too(lite: Story) -> None:
    """T18: whoever stops reads the same, whatever the trip is."""
    lite.register()
    lite.plan_trip()
    people = {"Gulnar": MOTHER, "Daniyar": BROTHER, "Saule": FUND}
    for name, number in people.items():
        lite.add_contact(name, number)
    pages = [own_page(lite, name) for name in people]
    left = [left_by(lite, pages[0])]
    lite.arm()
    left.append(left_by(lite, pages[1]))
    lite.call("POST", f"/trips/{lite.trip_id}/changes", {"end": True}, 202)
    lite.run()
    lite.fund.reply("1")
    lite.run()
    assert trip_of(lite).status == "ended"
    left.append(left_by(lite, pages[2]))
    assert left[0] == left[1] == left[2]
    assert "You get no messages about this trip. Thank you for telling us." in left[0][1]


def left_by(story: Story, page: str) -> tuple[int, str]:
    pressed = answered(story, "POST", page, {"do": "leave"})
    return pressed[0], story.client.get(page).text.replace(page, "")


def test_who_was_taken_off_the_list_is_not_told_by_her_page(lite: Story) -> None:
    """T23: a page that is gone would be a notice."""
    family(lite, words=True)
    page = own_page(lite, "Daniyar")
    before = answered(lite, "GET", page)
    change = {"remove_contact": lite.contacts["Daniyar"], "word": "green apples"}
    lite.call("POST", f"/trips/{lite.trip_id}/changes", change, 202)
    lite.run()
    lite.advance(minutes=1)
    brother = trip_of(lite).contact(lite.contacts["Daniyar"])
    assert brother is not None
    assert brother.status == "removed"
    assert answered(lite, "GET", page) == before
    lite.traveler.read_all()
    lite.brother.read_all()
    for do in ("worried", "leave"):
        assert answered(lite, "POST", page, {"do": do})[0] == 303
        lite.run()
    assert "You get no messages about this trip" in lite.client.get(page).text
    assert lite.traveler.unread == lite.brother.unread == []


def test_a_contact_changes_nothing_but_what_is_hers(lite: Story) -> None:
    """T21: no trip, no times, no people; whatever she sends, and with whatever she calls."""
    family(lite)
    page = own_page(lite, "Gulnar")
    before, others = everything(lite), trip_of(lite).contacts[1:]
    forged = {"every_hours": "6", "daily[0].time": "08:00", "name": "X", "phone": "+77015556677", "trip_id": "x"}
    for do in (*ACTS, "plan", "add_contact", "end", "arm"):
        if do not in ("leave", "refuse", "worried"):
            lite.client.post(page, data={**forged, "do": do, "pin": "4711", "language": "ru", "weekly": "no"})
    lite.run()
    changed = {name for name, rows in everything(lite).items() if rows != before[name]}
    # Her own row and link, the traveler's audit trail and its head.
    assert changed <= {"contacts", "links", "audit_log", "travelers"}
    assert trip_of(lite).contacts[1:] == others
    token = page.rsplit("/", 1)[1]
    for method, path in (("GET", ""), ("PUT", "/plan"), ("POST", "/contacts"), ("POST", "/changes"), ("POST", "/arm")):
        answer = lite.client.request(
            method,
            f"/api/v1/trips/{lite.trip_id}{path}",
            headers={"Authorization": f"Bearer {token}"},
            json={} if method != "GET" else None,
        )
        assert answer.status_code == 401, (method, path)
    lite.client.cookies.set("s", token)
    for path in ("/home", "/people", "/trip/all"):
        answer = lite.client.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/in"), path
