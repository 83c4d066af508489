"""T35, row by row: what the table of retention erases when, and what keeps it from doing so."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Table, Update, func, insert, select, update

from service.db.errors import KeyErased
from service.db.routing import Inbox, Link, PhoneOwner
from service.db.stored import table_of
from service.db.tables import Alarm, Contact, Outbox, Rehearsal, Trip
from service.usecases import page_holds
from service.usecases.housekeeping import keep_house
from service.usecases.keep_trip import keep_trip, let_go, list_holds
from service.usecases.problems import NotFound
from service.usecases.retention import RETENTION, ROUND_APART, kept_for, retire
from tests.web.api_world import AIZHAN, GULNAR, World, world
from tests.web.form_world import FormWorld, forms_once

__all__ = ["forms_once", "world"]

INBOX, OUTBOX, TRIPS, ALARMS = table_of(Inbox), table_of(Outbox), table_of(Trip), table_of(Alarm)
CONTACTS, OWNERS, LINKS = table_of(Contact), table_of(PhoneOwner), table_of(Link)
UNCLEAR = "the weather here is quite something"

SAFETY = {
    "number whose code was never typed": 2,
    "somebody who did not accept": 7,
    "draft that never began": 30,
    "trip": 30,
    "case of an alarm": 90,
    "text nobody understood": 7,
    "text and address of a message": 8,
    "audit trail": 365,
    "backup": 30,
}
"""SAFETY.md 5.3 in days, at most."""


def rows(world: World, table: Table, *conditions: Any) -> int:
    query = select(func.count()).select_from(table).where(*conditions)
    return world.service.read(lambda conn: conn.execute(query).scalar_one())


def ended(world: World, trip: str) -> None:
    """Its traveler has come home."""
    of_trip = TRIPS.c.trip_id == UUID(trip.rpartition("/")[2])
    values = {"status": "ended", "ended_at": world.now}
    put(world, update(TRIPS).where(of_trip).values(**values))


def closed(world: World) -> None:
    """Its alarm has ended."""
    put(world, update(ALARMS).values(closed_at=world.now, state="closed", look_at=None))


def put(world: World, change: Update) -> None:
    world.service.run(lambda conn: conn.execute(change))


def house(world: World, **span: float) -> None:
    world.wait(**span)
    keep_house(world.service)


def test_the_table_has_every_row_of_the_rules_and_each_says_how_it_goes() -> None:
    assert {what: kept_for(what).days for what in SAFETY} == SAFETY
    assert all(rule.since and rule.goes for rule in RETENTION)
    assert [rule.what for rule in RETENTION if rule.erase is None] == ["backup"], "amanba backup --keep-days does that"
    assert len({rule.what for rule in RETENTION}) == len(RETENTION)


class TestSomebodyWhoDidNotAccept:
    def test_is_forgotten_after_a_week_and_stays_on_the_list_without_a_name(self, forms_once: FormWorld) -> None:
        """T27, T35: no name, no address, no page and no code; what became of it the traveler sees."""
        forms_once.sign_in()
        trip = forms_once.trip()
        mother = forms_once.contact(trip, accepted=False)
        forms_once.work()
        house(forms_once, days=6, hours=23)
        assert rows(forms_once, OWNERS, OWNERS.c.contact_id == UUID(mother)) == 1
        house(forms_once, hours=1, minutes=1)
        (shown,) = forms_once.state(trip).contacts
        assert (shown.name, shown.status, shown.addresses) == ("Somebody you asked", "expired", ())
        for table in (OWNERS, LINKS):
            assert rows(forms_once, table, table.c.contact_id == UUID(mother)) == 0
        hers = OUTBOX.c.address_hash == forms_once.service.keys.phone_hash(GULNAR)
        assert rows(forms_once, OUTBOX, hers) == 0
        assert "has not answered for 7 days" in forms_once.texts(AIZHAN, "traveler_notice")[-1]

    def test_so_is_who_said_no_and_who_left_later_stays_with_the_trip(self, forms_once: FormWorld) -> None:
        trip = forms_once.armed()
        mother, brother = (UUID(one["contact_id"]) for one in forms_once.get(trip).json()["contacts"])
        for who, accepted_at in ((mother, None), (brother, forms_once.now)):
            left = {"status": "refused", "settled_at": forms_once.now, "accepted_at": accepted_at}
            put(forms_once, update(CONTACTS).where(CONTACTS.c.contact_id == who).values(**left))
        house(forms_once, days=7)
        names = {one.contact_id: one.name for one in forms_once.state(trip).contacts}
        assert (names[mother], names[brother]) == ("Somebody you asked", "Daniyar")


class TestWhatCameIn:
    def test_a_text_nobody_understood_is_erased_after_a_week_and_its_row_after_a_month(
        self, forms_once: FormWorld
    ) -> None:
        trip = forms_once.armed()
        forms_once.post(f"{trip}/check-ins", {"text": UNCLEAR})
        forms_once.read_inbox()
        text = INBOX.c.sealed != b""
        house(forms_once, days=6)
        assert rows(forms_once, INBOX, text) == 1
        house(forms_once, days=1)
        assert (rows(forms_once, INBOX, text), rows(forms_once, INBOX)) == (0, 1)
        house(forms_once, days=23)
        assert rows(forms_once, INBOX) == 0

    def test_one_of_a_case_stays_with_it(self, forms_once: FormWorld) -> None:
        trip = forms_once.armed()
        forms_once.post(f"{trip}/check-ins", {"text": UNCLEAR})
        forms_once.wait(days=1)
        forms_once.post(f"{trip}/sos")
        forms_once.read_inbox()
        house(forms_once, days=31)
        unclear = INBOX.c.result == "ambiguous", INBOX.c.sealed != b""
        assert (rows(forms_once, INBOX, *unclear), rows(forms_once, INBOX)) == (1, 1), "its people may still read it"
        closed(forms_once)
        house(forms_once, days=90)
        assert (rows(forms_once, ALARMS), rows(forms_once, INBOX, *unclear)) == (0, 0)

    def test_more_than_can_be_looked_at_at_once_goes_too(self, forms_once: FormWorld) -> None:
        row = {"source": "twilio_sms", "sender": b"a", "sealed": b"", "media": 0, "result": "unknown_sender"}
        at = dict.fromkeys(("occurred_at", "received_at", "handled_at"), forms_once.now)
        many = [{**row, **at, "provider_id": str(number)} for number in range(2500)]
        forms_once.service.run(lambda conn: conn.execute(insert(INBOX), many))
        house(forms_once, days=29)
        assert rows(forms_once, INBOX) == 2500
        house(forms_once, days=1)
        assert rows(forms_once, INBOX) == 0


def test_what_was_sent_cannot_be_read_after_eight_days_and_what_waits_can(forms_once: FormWorld) -> None:
    """Its day's key is erased; a text for a later day lies under its trip's own."""
    forms_once.sign_in()
    trip = forms_once.trip(starts_at="2026-12-08T00:00:00+05:00", later=["employer.address"])
    forms_once.put(f"{trip}/plan", {"daily": [{"time": "20:00"}]})
    forms_once.contact(trip)
    # The reminders of her list are such texts as well.
    assert forms_once.call("PATCH", f"{trip}/checklist", {"asks": False}).status_code == 200
    forms_once.wait(minutes=1)
    assert forms_once.post(f"{trip}/arm").status_code == 200
    forms_once.work()
    house(forms_once, days=9)
    readable = []
    for row in forms_once.service.read(lambda conn: conn.execute(select(OUTBOX)).mappings().all()):
        try:
            readable.append(forms_once._opened(row)["body"])
        except KeyErased:
            continue
    assert len(readable) == 1
    assert "You wanted to tell us later" in readable[0]


class TestTrips:
    def test_a_draft_that_never_began_goes_a_month_after_it_should_have(self, forms_once: FormWorld) -> None:
        forms_once.sign_in()
        forms_once.trip()
        forms_once.trip(starts_at="2026-12-20T00:00:00+05:00", ends_at="2027-03-01T00:00:00+05:00")
        house(forms_once, days=30, hours=1)
        assert rows(forms_once, TRIPS) == 1
        house(forms_once, days=20)
        assert rows(forms_once, TRIPS) == 0

    def test_nothing_goes_while_an_alarm_of_it_is_open(self, forms_once: FormWorld) -> None:
        trip = forms_once.armed()
        forms_once.post(f"{trip}/sos")
        forms_once.read_inbox()
        ended(forms_once, trip)
        house(forms_once, days=400)
        assert (rows(forms_once, TRIPS), rows(forms_once, ALARMS)) == (1, 1)
        closed(forms_once)
        house(forms_once, days=29)
        assert rows(forms_once, TRIPS) == 1, "an alarm that was closed after the end counts from its close"
        house(forms_once, days=1, hours=1)
        assert (rows(forms_once, TRIPS), rows(forms_once, ALARMS)) == (0, 1)

    def test_one_that_runs_is_never_touched_however_long(self, forms_once: FormWorld) -> None:
        trip = forms_once.armed()
        house(forms_once, days=800)
        assert forms_once.state(trip).traveler.name == "Aizhan"

    def test_several_workers_erase_it_once(self, world: World) -> None:
        world.sign_in()
        for _ in range(25):
            ended(world, world.trip())
        rehearsal = {"state": "ended", "view": {}, "started_at": world.now, "ended_at": world.now, "version": 1}
        names = {"traveler_id": UUID(int=1), "trip_id": UUID(int=2), "rehearsal_id": UUID(int=3)}
        world.service.run(lambda conn: conn.execute(insert(table_of(Rehearsal)), {**names, **rehearsal}))
        world.wait(days=31)
        faults: list[BaseException] = []

        def work() -> None:
            try:
                retire(world.service)
            except BaseException as fault:
                faults.append(fault)

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        assert rows(world, TRIPS) == 0
        assert rows(world, table_of(Rehearsal)) == 0


class TestHolds:
    def test_a_trip_is_kept_for_a_reason_and_for_ninety_days(self, forms_once: FormWorld) -> None:
        """The reason is sealed and stands in the audit trail; a week before the end the operator is paged, once."""
        trip = forms_once.armed()
        trip_id = trip.rpartition("/")[2]
        ended(forms_once, trip)
        service = forms_once.service
        with pytest.raises(ValueError, match="reason"):
            keep_trip(service, trip_id, "  ")
        with pytest.raises(ValueError, match="1 to 90 days"):
            keep_trip(service, trip_id, "police", timedelta(days=91))
        with pytest.raises(NotFound):
            keep_trip(service, "Q7QQ", "police")
        keep_trip(service, trip_id, "police, case 12")
        sealed = service.read(lambda conn: conn.execute(select(TRIPS.c.kept_because)).scalar_one())
        assert b"police" not in sealed
        assert [hold.because for hold in list_holds(service)] == ["police, case 12"]
        house(forms_once, days=82)
        assert not forms_once.texts("+77000000099", "operator")
        house(forms_once, days=2)
        house(forms_once, days=1)
        (page,) = forms_once.texts("+77000000099", "operator")
        assert "What is kept of the trip of Aizhan will be erased on 2027-03-01" in page
        keep_trip(service, trip_id, "still needed", timedelta(days=30))
        house(forms_once, days=29)
        assert rows(forms_once, TRIPS) == 1
        house(forms_once, days=2)
        assert (rows(forms_once, TRIPS), list_holds(service)) == (0, [])

    def test_every_hold_is_paged_however_many_end_together(
        self, forms_once: FormWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(page_holds, "BATCH", 2)
        for number in range(3):
            forms_once.token = ""
            forms_once.sign_in(f"+7700000005{number}")
            keep_trip(forms_once.service, forms_once.trip().rpartition("/")[2], "police")
        house(forms_once, days=84)
        assert len(forms_once.texts("+77000000099", "operator")) == 3

    def test_it_is_named_by_a_code_of_its_alarm_and_can_be_let_go(self, forms_once: FormWorld) -> None:
        trip = forms_once.armed()
        forms_once.post(f"{trip}/sos")
        forms_once.work()
        code = forms_once.texts(GULNAR, "alert")[0].rpartition("#")[2][:4]
        (hold,) = keep_trip(forms_once.service, f"#{code.lower()}", "police", timedelta(days=60))
        assert str(hold.key.trip_id) in trip
        closed(forms_once)
        ended(forms_once, trip)
        house(forms_once, days=59)
        assert rows(forms_once, TRIPS) == 1
        assert let_go(forms_once.service, trip.rpartition("/")[2]) == [hold.key]
        house(forms_once, hours=ROUND_APART.total_seconds() / 3600)
        assert rows(forms_once, TRIPS) == 0
        with pytest.raises(NotFound):
            let_go(forms_once.service, code)
