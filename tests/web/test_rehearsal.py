"""A rehearsal by the API, and the page of one contact: started, answered, in her language, and silent to a captor."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import event, func, select

from service.db.stored import table_of
from service.db.tables import Rehearsal
from service.usecases.apply_changes import apply_due
from service.usecases.rehearse import start_rehearsal
from service.usecases.show_rehearsal import Reached, show_rehearsal
from service.usecases.sweep import sweep
from tests.client import Client
from tests.easy import one_database
from tests.one_app import app_for
from tests.web.api_world import BROTHER, DANIYAR, GULNAR, MOTHER, WORDS, World, world

__all__ = ["world"]

REHEARSALS = table_of(Rehearsal)
BUTTON = {"en": "I have seen it", "ru": "Сообщение получено", "kk": "Хабарды көрдім"}
BANNER = {
    "en": "Rehearsal. Nothing has happened.",
    "ru": "Репетиция. Ничего не случилось.",
    "kk": "Жаттығу. Ештеңе болған жоқ.",
}


def count(world: World) -> int:
    counted: int = world.service.read(
        lambda conn: conn.execute(select(func.count()).select_from(REHEARSALS))
    ).scalar_one()
    return counted


def with_passphrase(text: str) -> dict[str, str]:
    return {"Amanba_Passphrase": text}


def page_of(world: World, phone: str) -> str:
    found = re.findall(r"http://127\.0\.0\.1:8000(/r/\w+)", "\n".join(world.texts(phone, "rehearsal")))
    return str(found[-1])


@pytest.fixture
def pages(world: World) -> Any:
    with app_for(world.service) as app, Client(app) as client:
        yield client


class TestStart:
    @one_database
    def test_a_draft_needs_somebody_who_has_accepted(self, world: World) -> None:
        world.sign_in()
        trip = world.trip()
        world.contact(trip, accepted=False)
        refused = world.post(f"{trip}/rehearsal")
        assert (refused.status_code, refused.json()["missing"]) == (409, ["accepted_contact"])
        assert count(world) == 0

    @one_database
    def test_one_at_a_time_and_not_again_within_ten_minutes(self, world: World) -> None:
        world.sign_in()
        trip = world.trip()
        mother = world.contact(trip)
        key = world.state(trip).key
        assert world.post(f"{trip}/rehearsal").status_code == 202
        assert world.post(f"{trip}/rehearsal").status_code == 202
        assert count(world) == 1
        sweep(world.service)
        with app_for(world.service) as app, Client(app) as pages:
            pages.post(page_of(world, GULNAR), data={"answer": "1"})
        world.read_inbox()
        sweep(world.service)
        shown = show_rehearsal(world.service, key)
        assert shown is not None
        assert (shown.running, str(shown.people[0].contact_id)) == (False, mother)
        again = world.post(f"{trip}/rehearsal", Accept_Language="ru")
        assert again.status_code == 429
        assert "Репетиция была" in again.json()["detail"]
        assert again.headers["retry-after"] == "600"
        world.wait(minutes=10)
        second = start_rehearsal(world.service, key)
        assert second != shown.rehearsal_id
        world.wait(minutes=9)
        assert start_rehearsal(world.service, key) == second
        world.wait(minutes=1)
        assert start_rehearsal(world.service, key) != second, "silent people keep nobody from trying again"

    @one_database
    def test_a_repeated_request_is_one(self, world: World) -> None:
        world.sign_in()
        trip = world.trip()
        world.contact(trip)
        for _ in range(2):
            assert world.post(f"{trip}/rehearsal", Idempotency_Key="one").status_code == 202
        assert count(world) == 1

    @one_database
    def test_an_armed_trip_with_words_asks_for_its_passphrase_and_does_not_say_so(self, world: World) -> None:
        trip = world.armed(words=True)
        answers = [
            world.post(f"{trip}/rehearsal"),
            world.post(f"{trip}/rehearsal", **with_passphrase("pears in the new garden")),
        ]
        assert count(world) == 0
        answers.append(world.post(f"{trip}/rehearsal", **with_passphrase(WORDS["passphrase"])))
        assert count(world) == 1
        assert len({(answer.status_code, answer.text) for answer in answers}) == 1

    @one_database
    def test_a_trip_that_looks_ended_has_none_whatever_word_ended_it(self, world: World) -> None:
        answers = []
        for number, kind in enumerate(("safe", "duress")):
            world.sign_in(f"+7700000003{number}")
            trip = world.armed(words=True)
            assert world.post(f"{trip}/changes", {"end": True, "word": WORDS[kind][0]}).status_code == 202
            world.read_inbox()
            apply_due(world.service, world.now)
            answers.append(world.post(f"{trip}/rehearsal", **with_passphrase(WORDS["passphrase"])))
            world.wait(minutes=2)
        assert [(answer.status_code, answer.text) for answer in answers] == [(409, answers[0].text)] * 2

    @one_database
    def test_showing_it_reads_no_alarm(self, world: World) -> None:
        trip = world.armed()
        key = world.state(trip).key
        start_rehearsal(world.service, key)
        sweep(world.service)
        asked: list[str] = []

        def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            asked.append(statement)

        event.listen(world.service.db.read, "before_cursor_execute", note)
        assert show_rehearsal(world.service, key) is not None
        event.remove(world.service.db.read, "before_cursor_execute", note)
        assert any("rehearsals" in statement for statement in asked)
        assert not any("alarms" in statement or "watch" in statement for statement in asked)

    @one_database
    def test_of_somebody_elses_trip_there_is_none(self, world: World) -> None:
        world.sign_in()
        trip = world.trip()
        world.contact(trip)
        world.token = ""
        assert world.post(f"{trip}/rehearsal").status_code == 401
        world.sign_in("+77000000077")
        assert world.post(f"{trip}/rehearsal").status_code == 404


class TestPage:
    @one_database
    def test_it_shows_in_her_language_what_her_texts_may_say_and_changes_nothing(
        self, world: World, pages: Client
    ) -> None:
        world.sign_in()
        trip = world.trip()
        world.contact(trip)
        world.contact(trip, {**BROTHER, "disclosure": "link"})
        start_rehearsal(world.service, world.state(trip).key)
        sweep(world.service)
        world.wait(minutes=3)
        sweep(world.service)
        hers, his = page_of(world, GULNAR), page_of(world, DANIYAR)
        for language in ("kk", "ru", "en"):
            text = pages.get(hers, params={"lang": language}).text
            assert BANNER[language] in text
            assert BUTTON[language] in text
            assert "Lotus Garden" in text
        pages.cookies.clear()
        assert BANNER["kk"] in pages.get(hers).text
        assert "Lotus Garden" not in pages.get(his).text
        pages.head(hers)
        pages.get(hers, params={"seen": "1"})
        world.read_inbox()
        shown = show_rehearsal(world.service, world.state(trip).key)
        assert shown is not None
        assert shown.answered == 0

    @one_database
    def test_a_double_tap_is_one_answer_and_the_page_says_thanks(self, world: World, pages: Client) -> None:
        world.sign_in()
        trip = world.trip()
        world.contact(trip, {**MOTHER, "language": "en"})
        start_rehearsal(world.service, world.state(trip).key)
        sweep(world.service)
        page = page_of(world, GULNAR)
        for _ in range(2):
            assert "This was only a rehearsal." in pages.post(page, data={"answer": "1"}).text
        world.wait(seconds=20)
        world.read_inbox()
        shown = show_rehearsal(world.service, world.state(trip).key)
        assert shown is not None
        [mother] = shown.people
        assert (mother.reached, mother.answered_by) == (Reached.ANSWERED, "page")
        assert "This was only a rehearsal." in pages.get(page).text

    @one_database
    def test_a_link_that_is_unknown_or_old_is_not_here(self, world: World, pages: Client) -> None:
        world.sign_in()
        trip = world.trip()
        world.contact(trip)
        start_rehearsal(world.service, world.state(trip).key)
        sweep(world.service)
        page = page_of(world, GULNAR)
        assert pages.get("/r/nothing").status_code == 404
        assert pages.post("/r/nothing", data={"answer": "1"}).status_code == 404
        world.wait(hours=25)
        sweep(world.service)
        over = pages.get(page, params={"lang": "en"}).text
        assert "This was only a rehearsal." in over
        assert "Now Aizhan knows" not in over
        world.wait(hours=72)
        assert pages.get(page).status_code == 404
        assert pages.post(page, data={"answer": "1"}).status_code == 404

    @one_database
    def test_what_is_typed_in_a_trip_stays_text(self, world: World, pages: Client) -> None:
        world.sign_in(name="<b>Aizhan</b>")
        trip = world.trip(employer={"name": "<script>alert(1)</script>"})
        world.contact(trip)
        start_rehearsal(world.service, world.state(trip).key)
        sweep(world.service)
        text = pages.get(page_of(world, GULNAR)).text
        assert "<script>alert" not in text
        assert "<b>Aizhan" not in text
