"""What is kept of a traveler: told, given as a file, and erased; on her pages and by the API."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from httpx2 import Response
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from service.db.stored import table_of
from service.db.tables import Alarm, Traveler
from service.usecases.apply_changes import apply_due
from service.usecases.close_alarm import Closing, close_by_operator
from service.usecases.housekeeping import keep_house
from tests.web.api_world import AIZHAN, DANIYAR, GULNAR, MOTHER, WORDS
from tests.web.form_world import FormWorld, forms_once, shown, world_of

__all__ = ["forms_once"]

SAFE, DURESS, PASSPHRASE = WORDS["safe"][0], WORDS["duress"][0], WORDS["passphrase"]
EXPORT = "/travelers/me/export"
PEOPLE = ("Gulnar", "Daniyar", GULNAR, DANIYAR)


def travelers(world: FormWorld) -> int:
    count = select(func.count()).select_from(table_of(Traveler))
    return world.service.read(lambda conn: conn.execute(count).scalar_one())


def engine(world: FormWorld) -> None:
    """What the engine does with what was asked for."""
    world.work()
    apply_due(world.service, world.now)
    world.work()
    keep_house(world.service)


def file_of(answer: Response) -> dict[str, Any]:
    assert answer.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, Any] = json.loads(answer.text)
    return found


class TestFile:
    def test_it_holds_what_she_told(self, forms_once: FormWorld) -> None:
        trip = forms_once.armed()
        forms_once.post(f"{trip}/check-ins", {"text": "OK"})
        forms_once.read_inbox()
        forms_once.enter_later()
        assert "30 days after the trip has ended" in shown(forms_once.open("/data"))
        told = file_of(forms_once.send("/data"))
        assert told["about_you"]["name"] == "Aizhan"
        assert told["about_you"]["numbers"] == [AIZHAN]
        (one,) = told["trips"]
        assert one["details"]["employer"]["name"] == "Lotus Garden"
        assert [person["name"] for person in one["people"]] == ["Gulnar", "Daniyar"]
        assert [answer["by"] for answer in one["answers"]] == ["api"]

    def test_in_a_running_trip_with_words_it_lies_behind_the_passphrase_and_names_nobody(
        self, forms_once: FormWorld
    ) -> None:
        """T4: a file stays on a phone when its page has been closed."""
        forms_once.armed(words=True)
        forms_once.enter_later()
        assert forms_once.open("/data").headers["location"] == "/home"
        assert forms_once.open("/data/erase").headers["location"] == "/home"
        forms_once.hidden.clear()
        forms_once.send("/private", {"passphrase": PASSPHRASE})
        text = forms_once.send("/data").text
        assert not [name for name in (*PEOPLE, "Amanba", "duress", "alarm", "SOS", "streak") if name in text]
        assert json.loads(text)["trips"][0]["details"]["employer"]["name"] == "Lotus Garden"

    def test_after_the_end_of_such_a_trip_it_asks_for_the_passphrase(self, forms_once: FormWorld) -> None:
        trip = forms_once.armed(words=True)
        forms_once.post(f"{trip}/changes", {"end": True, "word": SAFE})
        engine(forms_once)
        forms_once.enter_later()
        assert forms_once.send("/data", {"passphrase": "what comes to mind"}).headers["location"] == "/home"
        told = file_of(forms_once.send("/data", {"passphrase": PASSPHRASE}))
        assert [person["name"] for person in told["trips"][0]["people"]] == ["Gulnar", "Daniyar"]

    def test_the_api_makes_it_when_it_is_read(self, forms_once: FormWorld) -> None:
        trip = forms_once.armed(words=True)
        asked = forms_once.post(EXPORT)
        assert (asked.status_code, asked.json()) == (202, {"url": f"/api/v1{EXPORT}"})
        closed = forms_once.get(EXPORT).json()
        assert set(closed) == {"made_at", "trips"}
        assert set(closed["trips"][0]) == {"trip_id", "status", "next_deadline"}
        opened = forms_once.get(EXPORT, Amanba_Passphrase=PASSPHRASE).json()
        assert opened["trips"][0]["trip_id"] == trip.rpartition("/")[2]
        assert opened["trips"][0]["people"] is None


class TestErasing:
    def test_without_a_trip_under_way_it_is_done_at_once(self, forms_once: FormWorld) -> None:
        forms_once.sign_in()
        forms_once.contact(forms_once.trip(), MOTHER, accepted=False)
        forms_once.work()
        forms_once.enter_later()
        forms_once.work()
        gone = forms_once.send("/data/erase")
        assert "It is erased" in shown(gone)
        assert travelers(forms_once) == 0
        assert forms_once.open("/home").headers["location"] == "/in"
        assert forms_once.get(EXPORT).status_code == 401
        forms_once.leave_behind()
        forms_once.enter_later()
        assert "Plan your trip" in shown(forms_once.open("/home")), "who comes back is somebody new"

    def test_from_a_running_trip_it_waits_and_her_people_are_told_at_once(self, forms_once: FormWorld) -> None:
        """T9: whoever holds her phone could ask for it too. Until then it can be taken back."""
        trip = forms_once.armed()
        forms_once.work()
        forms_once.enter_later()
        noted = shown(forms_once.send("/data/erase"))
        assert "Everything is erased on" in noted
        assert "Aizhan: жоспарды өзгертуді сұрады." in forms_once.texts(GULNAR, "notice")[-1]
        assert "everything here is erased" in shown(forms_once.open("/trip/all"))
        forms_once.wait(hours=47)
        engine(forms_once)
        assert forms_once.get(trip).json()["status"] == "armed"
        forms_once.wait(hours=2)
        apply_due(forms_once.service, forms_once.now)
        told = forms_once.texts(DANIYAR, "notice")[-1]
        assert "Никто не подтвердил возвращение домой" in told, "whoever held her phone could have asked for it"
        keep_house(forms_once.service)
        assert travelers(forms_once) == 1, "her people have not heard of the end yet"
        engine(forms_once)
        assert travelers(forms_once) == 0

    def test_what_the_api_answers_does_not_tell_whether_the_passphrase_fits(self, forms_once: FormWorld) -> None:
        forms_once.armed(words=True)
        answers = [
            forms_once.call("DELETE", "/travelers/me", {"word": SAFE}, **headers)
            for headers in ({}, {"Amanba_Passphrase": "what comes to mind"})
        ]
        engine(forms_once)
        assert travelers(forms_once) == 1
        answers.append(forms_once.call("DELETE", "/travelers/me", {"word": SAFE}, Amanba_Passphrase=PASSPHRASE))
        assert {(answer.status_code, answer.text) for answer in answers} == {(202, "{}")}
        engine(forms_once)
        keep_house(forms_once.service)
        assert travelers(forms_once) == 0


# --- after a word of duress, beside a safe one


@contextmanager
def twins(url: str) -> Iterator[tuple[FormWorld, FormWorld]]:
    """Two installations with the same rows: a trip with words under way, its traveler's page open."""
    path = Path(str(make_url(url).database))
    other = path.with_name("other.db")
    with ExitStack() as stack:
        first = stack.enter_context(contextmanager(world_of)(url))
        first.armed(words=True)
        first.work()
        first.enter_later()
        first.work()
        first.send("/private", {"passphrase": PASSPHRASE})
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(other)) as target:
            source.backup(target)
        second = stack.enter_context(contextmanager(world_of)(f"sqlite:///{other}"))
        second.times[0], second.token = first.now, first.token
        for name, value in first.client.cookies.items():
            second.client.cookies.set(name, value)
        yield first, second


def alarms(world: FormWorld) -> int:
    count = select(func.count()).select_from(table_of(Alarm))
    return world.service.read(lambda conn: conn.execute(count).scalar_one())


def seen(answer: Response) -> tuple[Any, ...]:
    headers = [one for one in answer.headers.items() if one[0] not in ("date", "set-cookie", "content-length")]
    text = answer.text
    for secret in ("once", "form"):
        start = text.find(f'name="{secret}" value="')
        text = text[:start] + text[start + 60 :] if start >= 0 else text
    return answer.status_code, headers, text


def test_the_file_after_a_word_of_duress_is_that_after_a_safe_one_byte_for_byte(sqlite_url: str) -> None:
    """T3: nothing that she can have made of it tells which word it was."""
    with twins(sqlite_url) as (one, other):
        trip = one.get(EXPORT).json()["trips"][0]["trip_id"]
        files = []
        for world, word in ((one, SAFE), (other, DURESS)):
            assert world.post(f"/trips/{trip}/check-ins", {"text": word}).status_code == 202
            engine(world)
            answers = [world.send("/data"), world.get(EXPORT)]
            world.post(f"/trips/{trip}/changes", {"pause_until": "2026-12-10T20:00:00+03:00"})
            mother = str(world.state(f"/trips/{trip}").contacts[0].contact_id)
            world.post(f"/trips/{trip}/changes", {"remove_contact": mother})
            world.post(f"/trips/{trip}/changes", {"end": True, "word": word})
            world.wait(minutes=1)
            engine(world)
            world.post(f"/trips/{trip}/check-ins", {"text": "OK"})
            engine(world)
            answers.append(world.send("/data"))
            for hours in (0, 49):
                # What was asked for before the end falls due after it.
                world.wait(hours=hours)
                engine(world)
                answers.append(world.get(f"/trips/{trip}", Amanba_Passphrase=PASSPHRASE))
            files.append([(answer.status_code, answer.content) for answer in answers])
        assert files[0] == files[1]
        assert all(b'"ended"' in file for _status, file in files[0][-3:])
        assert (alarms(one), alarms(other)) == (0, 1)


def test_erasing_with_a_word_of_duress_looks_like_erasing_with_a_safe_one(sqlite_url: str) -> None:
    """T3, T9: an open alarm goes on until its close, and the phone shows somebody who is gone."""
    with twins(sqlite_url) as (one, other):
        views = []
        for world, word in ((one, SAFE), (other, DURESS)):
            link = re.search(r"/c/\w{43}", world.open("/trip/all").text)
            assert link is not None
            answers = [world.send("/data/erase", {"word": word})]
            world.hidden.clear()
            engine(world)
            answers += [world.open("/home"), world.open(link[0]), world.get(EXPORT)]
            world.leave_behind()
            world.token = ""
            world.enter_later()
            answers += [world.open("/home"), world.open("/data")]
            views.append([seen(answer) for answer in answers])
            # Her number is free for who begins anew: it must not tell that something holds her old trip.
            world.wait(minutes=2)
            world.sign_in()
            world.armed()
        assert views[0] == views[1]
        assert [view[0] for view in views[0]] == [200, 303, 404, 401, 200, 200]
        assert (travelers(one), travelers(other)) == (1, 2)
        assert "ҚОҢЫРАУ ШАЛМАҢЫЗ" in other.texts(GULNAR, "alert")[0]
        (alert, *_) = other.texts(GULNAR, "alert")
        assert close_by_operator(other.service, alert.rpartition("#")[2][:4]) is Closing.WAITS
        page = re.search(r"/a/\w+", " ".join(other.texts(GULNAR, "alert")))
        assert page is not None
        other.client.post(page[0], data={"answer": "close", "nonce": "together"})
        engine(other)
        for days, left in ((29, 2), (2, 1)):
            other.wait(days=days)
            keep_house(other.service)
            assert travelers(other) == left, "who was in danger when she asked may not have been free to"
