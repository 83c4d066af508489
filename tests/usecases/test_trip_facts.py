"""What she tells of a trip: merged into a draft, filled in while it runs, and asked for once, after she arrives."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, RowMapping, select

from service.core.alarm import AlarmKind
from service.core.own_notes import Holder
from service.db.stored import table_of
from service.db.tables import Outbox
from service.db.trips import TripKey
from service.usecases.accept import Inbound, accept
from service.usecases.alarms import Opening, open_several
from service.usecases.apply_changes import apply_due
from service.usecases.ask_later import keep_back
from service.usecases.changes import RemoveNumber
from service.usecases.new_number import add_number, ask_number
from service.usecases.own_notes import tell_passport
from service.usecases.problems import Conflict409, Invalid, NotFound
from service.usecases.request_change import request_change
from service.usecases.revise_trip import revise_trip
from service.usecases.trip_facts import fill_in, set_facts
from service.usecases.work import Work
from service.web.schemas_trip import TripIn
from tests.easy import one_database
from tests.web.api_world import AIZHAN, BROTHER, GULNAR, NOW, TRIP, WORDS, World, errors
from tests.web.form_world import forms as both
from tests.web.form_world import forms_once as world

__all__ = ["both", "world"]

EMPLOYER = "+902422490000"
UNKNOWN: dict[str, Any] = {"later": ["destination.address", "employer.address", "ends_at"]}


def key_of(world: World, trip: str) -> TripKey:
    return world.state(trip).key


def details(world: World, trip: str) -> dict[str, Any]:
    return dict(world.state(trip).details)


def place(**more: Any) -> dict[str, Any]:
    return {**TRIP["destination"], **more}


def asked(world: World, state: str = "pending") -> list[RowMapping]:
    """The texts that ask for what is open, by their state in the outbox."""
    outbox = table_of(Outbox)
    query = select(outbox).where(outbox.c.kind == "traveler_notice", outbox.c.dedupe_key.startswith("later:"))
    rows = world.service.read(lambda conn: conn.execute(query).mappings().all())
    return [row for row in rows if row["state"] == state]


def questions(world: World) -> list[str]:
    """What those texts say, the oldest first."""
    return [text for text in world.texts(AIZHAN, "traveler_notice") if text.endswith("/later")]


def hears(world: World, text: str) -> None:
    """A text of hers arrives and is read."""
    digest = world.service.keys.phone_hash(AIZHAN)
    accept(world.service, Inbound("phones", "1", digest, text, address=AIZHAN))
    world.read_inbox()


def at_once(world: World, conn: Connection, act: Callable[[Work], None]) -> None:
    work = Work(world.service, conn, world.now)
    act(work)
    work.flush()


def refused(act: Any, *given: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as found:
        act(*given)
    return {problem.field: problem.message for problem in found.value.problems}


class TestDraft:
    @one_database
    def test_sections_take_the_place_of_their_like_and_leave_the_others(self, both: World) -> None:
        both.sign_in()
        trip = both.trip(notes="Seen in a chat", **UNKNOWN)
        told = {"employer": {"name": "Blue Bay", "phone": EMPLOYER}, "notes": None, "offered_by": "agency"}
        set_facts(both.service, key_of(both, trip), told, ["employer.address"])
        found = details(both, trip)
        assert found["employer"] == {"name": "Blue Bay", "phone": EMPLOYER}
        assert (found["offered_by"], "notes" in found, found["destination"]) == ("agency", False, place())
        # The address was told after all when the trip was planned, so it is open no more.
        assert found["later"] == ["employer.address", "ends_at"]

    def test_what_is_told_leaves_the_list(self, world: World) -> None:
        world.sign_in()
        trip = world.trip(later=["agency.phone"])
        key = key_of(world, trip)
        set_facts(world.service, key, {"agency": {"name": "Go", "phone": EMPLOYER}}, ["agency.phone"])
        assert details(world, trip)["later"] == []

    @pytest.mark.parametrize("section", ["employer", "agency"])
    def test_a_trusted_person_is_neither_employer_nor_agency(self, world: World, section: str) -> None:
        world.sign_in()
        trip = world.trip()
        world.contact(trip)
        told: dict[str, Any] = {section: {"name": "Somebody", "phone": GULNAR}}
        assert list(refused(set_facts, world.service, key_of(world, trip), told)) == [f"{section}.phone"]
        told = {"companions": [{"name": "Mira"}, {"name": "Gulnar", "phone": GULNAR}]}
        assert list(refused(set_facts, world.service, key_of(world, trip), told)) == ["companions[1].phone"]
        # And the other way round.
        set_facts(world.service, key_of(world, trip), {section: {"name": "Somebody", "phone": BROTHER["phone"]}})
        assert list(errors(world.post(f"{trip}/contacts", BROTHER))) == ["phone"]

    def test_only_what_may_wait_can_be_told_later(self, world: World) -> None:
        world.sign_in()
        trip = world.trip()
        assert list(refused(set_facts, world.service, key_of(world, trip), {}, ["name"])) == ["later[0]"]
        assert list(errors(world.post("/trips", {**TRIP, "later": ["ends_at", "words"]}))) == ["later[1]"]

    def test_the_api_takes_who_offered_it(self, world: World) -> None:
        world.sign_in()
        assert details(world, world.trip(offered_by="friend"))["offered_by"] == "friend"
        assert list(errors(world.post("/trips", {**TRIP, "offered_by": "fate"}))) == ["offered_by"]

    def test_an_armed_trip_is_not_changed_this_way(self, world: World) -> None:
        trip = world.armed()
        with pytest.raises(Conflict409):
            set_facts(world.service, key_of(world, trip), {"notes": "x"})


class TestRevising:
    def revise(self, world: World, trip: str, **more: Any) -> None:
        revise_trip(world.service, key_of(world, trip), TripIn.model_validate({**TRIP, **more}).form())

    def test_only_the_journey_changes(self, world: World) -> None:
        world.sign_in()
        trip = world.trip(later=["employer.address"])
        moved = place(country="RU", city="Samara", zone="Europe/Samara", address="")
        self.revise(world, trip, destination=moved, later=["destination.address"], employer=None)
        found = details(world, trip)
        assert found["destination"] == moved
        assert found["employer"] == TRIP["employer"]
        assert found["later"] == ["destination.address", "employer.address"]

    def test_a_plan_moves_to_the_new_clock(self, world: World) -> None:
        world.sign_in()
        trip = world.trip()
        world.put(f"{trip}/plan", {"daily": [{"time": "20:00"}]})
        self.revise(world, trip, destination=place(country="RU", city="Samara", zone="Europe/Samara"))
        plan = world.state(trip).plan
        assert plan is not None
        assert [leg.zone for leg in plan.legs] == ["Europe/Samara"]
        assert [due.at.isoformat() for due in plan.daily] == ["20:00:00"]

    def test_a_plan_that_no_longer_fits_is_asked_anew(self, both: World) -> None:
        both.sign_in()
        trip = both.trip()
        both.put(f"{trip}/plan", {"once": ["2026-12-03T14:30:00+03:00"]})
        self.revise(both, trip, starts_at="2026-12-10T00:00:00+03:00")
        assert both.state(trip).plan is None

    def test_a_mistake_changes_nothing(self, world: World) -> None:
        world.sign_in()
        trip = world.trip()
        with pytest.raises(Invalid):
            self.revise(world, trip, destination=place(city="Ankara"), ends_at="2026-11-01T00:00:00+05:00")
        assert details(world, trip)["destination"]["city"] == "Antalya"


class TestFillingIn:
    @one_database
    def test_what_was_open_is_told_at_once_and_nothing_else(self, both: World) -> None:
        trip = both.armed(destination=place(address=""), **UNKNOWN)
        key = key_of(both, trip)
        assert fill_in(both.service, key, {"destination": {"address": "Cami Sk. 5"}}) == (
            "employer.address",
            "ends_at",
        )
        assert details(both, trip)["destination"] == place(address="Cami Sk. 5")
        assert list(refused(fill_in, both.service, key, {"employer": {"phone": "+902422490001"}})) == ["employer.phone"]
        assert list(refused(fill_in, both.service, key, {"consulate": {"phone": EMPLOYER}})) == ["consulate.phone"]
        told = {"employer": {"address": "Plaj 1"}, "ends_at": "2027-02-01T00:00:00+03:00"}
        assert fill_in(both.service, key, told) == ()
        assert both.state(trip).ends_at == datetime.fromisoformat("2027-02-01T00:00:00+03:00")
        assert details(both, trip)["employer"] == {**TRIP["employer"], "address": "Plaj 1"}

    def test_twice_the_same_is_once_and_other_words_are_refused(self, world: World) -> None:
        trip = world.armed(destination=place(address=""), **UNKNOWN)
        key, told = key_of(world, trip), {"destination": {"address": "Cami Sk. 5"}}
        assert fill_in(world.service, key, told) == fill_in(world.service, key, told)
        other = {"destination": {"address": "Elsewhere 1"}}
        assert list(refused(fill_in, world.service, key, other)) == ["destination.address"]

    def test_a_day_that_no_trip_may_end_on(self, world: World) -> None:
        trip = world.armed(**UNKNOWN)
        assert list(refused(fill_in, world.service, key_of(world, trip), {"ends_at": "2026-11-01T00:00:00+03:00"})) == [
            "ends_at"
        ]

    def test_a_trusted_number_is_refused_here_too(self, world: World) -> None:
        trip = world.armed(later=["agency.phone", "companions"])
        told = {"agency": {"phone": GULNAR}, "companions": [{"name": "G", "phone": GULNAR}]}
        found = refused(fill_in, world.service, key_of(world, trip), told)
        assert sorted(found) == ["agency.phone", "companions[0].phone"]

    def test_only_in_a_running_trip_of_hers(self, world: World) -> None:
        traveler = world.sign_in()
        trip = world.trip(**UNKNOWN)
        with pytest.raises(Conflict409):
            fill_in(world.service, key_of(world, trip), {"notes": "x"})
        with pytest.raises(NotFound):
            fill_in(world.service, TripKey(traveler, traveler), {"notes": "x"})


class TestAsking:
    def test_a_day_after_she_arrives_one_text_asks(self, both: World) -> None:
        starts = "2026-12-05T00:00:00+03:00"
        morning = datetime.fromisoformat("2026-12-06T10:00:00+03:00")
        trip = both.armed(destination=place(address=""), starts_at=starts, **UNKNOWN)
        [row] = asked(both)
        assert row["available_at"] == morning
        assert row["valid_until"] > row["available_at"] + timedelta(days=2)
        assert questions(both) == [
            "You wanted to tell us later: your address there, the place of work, the day you come back."
            " And who has your passport now? Please open http://127.0.0.1:8000/later"
        ]
        fill_in(both.service, key_of(both, trip), {"destination": {"address": "Cami Sk. 5"}})
        [row] = asked(both)
        assert row["available_at"] == morning
        assert "your address" not in questions(both)[-1]
        told = {"employer": {"address": "Plaj 1"}, "ends_at": "2027-02-01T00:00:00+03:00"}
        fill_in(both.service, key_of(both, trip), told)
        assert (len(asked(both)), len(asked(both, "cancelled"))) == (1, 2)
        tell_passport(both.service, key_of(both, trip), Holder.ME)
        assert (len(asked(both)), len(asked(both, "cancelled"))) == (0, 3)

    def test_one_who_is_there_already_is_asked_a_day_after_arming(self, world: World) -> None:
        world.armed(**UNKNOWN)
        # At ten by her clock, an hour later: a question that can wait is put by day.
        assert [row["available_at"] for row in asked(world)] == [NOW + timedelta(hours=25)]

    @pytest.mark.parametrize("more", [{"wording": "discreet"}, {"words": True}])
    def test_never_in_a_trip_with_words_or_a_discreet_one(self, world: World, more: dict[str, Any]) -> None:
        world.armed(**UNKNOWN, **more)
        assert asked(world) == []

    def test_not_on_a_number_that_said_stop(self, world: World) -> None:
        trip = world.armed(**UNKNOWN)
        hears(world, "stop")
        assert asked(world) == []
        assert world.state(trip).status == "armed"

    def test_not_on_a_number_that_she_has_taken_off(self, world: World) -> None:
        trip = world.armed(**UNKNOWN, starts_at="2026-12-20T00:00:00+03:00")
        key, new = key_of(world, trip), "+77000000007"
        ask_number(world.service, key, new)
        add_number(world.service, key, world.code(new), word=None, sender=b"here")
        request_change(world.service, key, RemoveNumber(AIZHAN), word=None, sender=b"here")
        world.wait(hours=48)
        apply_due(world.service, world.now)
        assert [row["address_hash"] for row in asked(world)] == [world.service.keys.phone_hash(new)]

    def test_when_all_else_is_known_it_asks_for_the_passport_alone(self, world: World) -> None:
        """E19: after she has arrived, and by then more than one answer is possible."""
        trip = world.armed()
        assert questions(world) == [
            "You may have arrived by now. Who has your passport? Please open http://127.0.0.1:8000/later"
        ]
        # Who has told it before is asked nothing.
        tell_passport(world.service, key_of(world, trip), Holder.EMPLOYER)
        assert asked(world) == []

    def test_not_in_an_alarm_but_a_day_after_it(self, both: World) -> None:
        key = key_of(both, trip := both.armed())
        missed = Opening(key, AlarmKind.MISSED, (both.now,))
        both.service.run(lambda conn: at_once(both, conn, lambda work: open_several(work, [missed])))
        assert asked(both) == []
        both.wait(hours=5)
        hears(both, "ok")
        assert both.state(trip).alarm is None
        assert [row["available_at"] for row in asked(both)] == [both.now + timedelta(hours=24)]
        # Many open at once.
        both.service.run(lambda conn: at_once(both, conn, lambda work: keep_back(work, [key, key])))
        assert asked(both) == []

    def test_not_once_she_has_said_that_she_is_home(self, world: World) -> None:
        trip = world.armed()
        assert world.post(f"{trip}/changes", {"end": True}).status_code == 202
        assert asked(world) == []
        [end] = world.get(trip).json()["changes"]
        assert world.post(f"{trip}/changes", {"undo": end["change_id"]}).status_code == 202
        assert len(asked(world)) == 1

    def test_not_in_a_pause_nor_after_the_trip(self, world: World) -> None:
        starts = "2026-12-04T12:00:00+03:00"
        trip = world.armed(starts_at=starts)
        assert world.post(f"{trip}/changes", {"pause_until": "2026-12-07T21:00:00+03:00"}).status_code == 202
        world.wait(hours=48)
        apply_due(world.service, world.now)
        [row] = asked(world)
        assert row["available_at"] == datetime.fromisoformat("2026-12-08T10:00:00+03:00")

    def test_not_any_more_once_words_are_set(self, world: World) -> None:
        trip = world.armed(**UNKNOWN)
        assert world.post(f"{trip}/changes", {"words": WORDS}).status_code == 202
        world.wait(hours=48)
        apply_due(world.service, world.now)
        assert asked(world) == []
