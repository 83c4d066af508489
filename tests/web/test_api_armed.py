"""What an armed trip shows on a captured phone, and what arming asks for."""

from uuid import UUID

from sqlalchemy import select

from service.core.watch import WatchState
from service.db.routing import Inbox, PhoneOwner
from service.db.stored import table_of
from tests.easy import one_database
from tests.web.api_world import BROTHER, EVENINGS, GULNAR, MOTHER, TRIP, WORDS, World, world

__all__ = ["world"]

SHORT = {"trip_id", "status", "next_deadline"}


def inbox(world: World) -> int:
    table = table_of(Inbox)
    return len(world.service.read(lambda conn: conn.execute(select(table.c.inbox_id)).all()))


@one_database
def test_everything_that_is_missing_is_said_at_once(world: World) -> None:
    """T16: without somebody who has accepted no trip begins."""
    world.sign_in()
    trip = world.trip()
    mother = world.contact(trip, {**MOTHER, "role": "call"}, accepted=False)
    assert world.put(f"{trip}/words", WORDS).status_code == 204
    assert world.post(f"{trip}/arm").json()["missing"] == ["accepted_contact", "full_contact", "deadline"]
    world.accept(mother)
    world.put(f"{trip}/plan", EVENINGS)
    assert world.post(f"{trip}/arm").json()["missing"] == ["full_contact"]
    assert world.state(trip).watch is None


@one_database
def test_a_plan_whose_last_deadline_has_passed_arms_nothing(world: World) -> None:
    world.sign_in()
    trip = world.trip()
    world.contact(trip)
    world.put(f"{trip}/plan", {"once": ["2026-12-02T12:00:00Z"]})
    world.wait(days=2)
    assert world.post(f"{trip}/arm").json()["missing"] == ["deadline"]


@one_database
def test_a_number_is_the_travelers_in_one_armed_trip(world: World) -> None:
    armed = world.armed()
    other = world.trip()
    world.put(f"{other}/plan", EVENINGS)
    world.contact(other)
    assert world.post(f"{other}/arm").json()["missing"] == ["phone_in_use"]
    assert world.post(f"{armed}/arm").json()["missing"] == ["already_armed"]


def test_arming_starts_the_watch_and_owns_the_number(world: World) -> None:
    trip = world.armed()
    watch = world.state(trip).watch
    assert watch is not None
    assert (watch.state, watch.armed_at) == (WatchState.ARMED, world.now)
    owners = table_of(PhoneOwner)
    mine = select(owners).where(owners.c.phone_hash == world.service.keys.phone_hash("+77000000001"))
    [row] = world.service.read(lambda conn: conn.execute(mine).mappings().all())
    assert (row["armed"], row["trip_id"]) == (True, world.state(trip).key.trip_id)


@one_database
def test_after_arming_only_changes_change(world: World) -> None:
    trip = world.armed()
    [mother, _] = [one["contact_id"] for one in world.get(trip).json()["contacts"]]
    for answer in (
        world.put(f"{trip}/plan", EVENINGS),
        world.put(f"{trip}/words", WORDS),
        world.put(f"{trip}/ladder", {"rungs": [{"contacts": [mother], "wait_seconds": 900}]}),
        world.post(f"{trip}/contacts", {**BROTHER, "phone": "+77000000007"}),
        world.call("PATCH", f"{trip}/contacts/{mother}", {"role": "call"}),
        world.call("DELETE", f"{trip}/contacts/{mother}"),
    ):
        assert (answer.status_code, answer.json()["missing"]) == (409, ["already_armed"])


@one_database
def test_with_words_a_trip_shows_little_without_the_passphrase(world: World) -> None:
    trip = world.armed(words=True)
    short = world.get(trip)
    assert set(short.json()) == SHORT
    wrong = world.get(trip, Amanba_Passphrase="apples in the new garden")
    assert (wrong.status_code, wrong.text) == (200, short.text)
    whole = world.get(trip, Amanba_Passphrase=WORDS["passphrase"]).json()
    assert set(whole) > SHORT
    assert whole["contacts"][0]["name"] == "Gulnar"
    assert "question" not in whole["details"]


@one_database
def test_a_passphrase_in_cyrillic_passes_a_header(world: World) -> None:
    world.sign_in()
    trip = world.trip()
    world.put(f"{trip}/plan", EVENINGS)
    world.contact(trip)
    assert world.put(f"{trip}/words", {**WORDS, "passphrase": "яблоки в старом саду"}).status_code == 204
    assert world.post(f"{trip}/arm").status_code == 200
    headers = {
        b"Authorization": f"Bearer {world.token}".encode(),
        b"Amanba-Passphrase": "яблоки в старом саду".encode(),
    }
    assert "contacts" in world.client.get(f"/api/v1{trip}", headers=headers).json()


@one_database
def test_neither_an_alarm_nor_a_word_changes_what_a_trip_shows(world: World) -> None:
    trip = world.armed(words=True)
    world.wait(hours=7)
    answers, pages = set(), set()
    for text in ("OK", WORDS["safe"][0], WORDS["duress"][0], "SOS", "where am I?", ""):
        answer = world.post(f"{trip}/check-ins", {"text": text})
        answers.add((answer.status_code, answer.text))
        world.read_inbox()
        pages.add(world.get(trip).text)
    answers.add((lambda answer: (answer.status_code, answer.text))(world.post(f"{trip}/sos", {})))
    world.read_inbox()
    pages.add(world.get(trip).text)
    assert world.state(trip).alarm is not None
    assert len(answers) == len(pages) == 1


@one_database
def test_a_check_in_needs_no_body_and_counts(world: World) -> None:
    trip = world.armed()
    world.wait(hours=9)
    assert world.post(f"{trip}/check-ins").status_code == 202
    world.read_inbox()
    assert world.get(trip).json()["next_deadline"] == "2026-12-02T17:00:00Z"


def test_a_repeated_check_in_is_one(world: World) -> None:
    trip = world.armed()
    first = world.post(f"{trip}/check-ins", {"text": "OK"}, Idempotency_Key="tap-1")
    world.wait(minutes=1)
    again = world.post(f"{trip}/check-ins", {"text": "OK"}, Idempotency_Key="tap-1")
    assert first.json() == again.json()
    assert inbox(world) == 1
    world.post(f"{trip}/sos", {}, Idempotency_Key="tap-1")
    assert inbox(world) == 2


@one_database
def test_a_repeated_request_gets_its_first_answer(world: World) -> None:
    world.sign_in()
    first = world.post("/trips", TRIP, Idempotency_Key="k1")
    assert world.post("/trips", TRIP, Idempotency_Key="k1").json() == first.json()
    assert world.post("/trips", TRIP, Idempotency_Key="k2").json() != first.json()

    trip = f"/trips/{first.json()['trip_id']}"
    invited = world.post(f"{trip}/contacts", MOTHER, Idempotency_Key="k1")
    assert world.post(f"{trip}/contacts", MOTHER, Idempotency_Key="k1").json() == invited.json()
    assert len(world.texts(GULNAR)) == 1

    refused = world.post(f"{trip}/arm", Idempotency_Key="k1")
    assert refused.status_code == 409
    world.accept(invited.json()["contact_id"])
    world.put(f"{trip}/plan", EVENINGS)
    armed = world.post(f"{trip}/arm", Idempotency_Key="k1")
    assert armed.status_code == 200
    assert world.post(f"{trip}/arm", Idempotency_Key="k1").json() == armed.json()


def test_other_addresses_ask_a_contact_afresh(world: World) -> None:
    world.sign_in()
    trip = world.trip()
    mother = world.contact(trip)
    path = f"{trip}/contacts/{mother}"
    changed = {"contact_id": mother, "status": "accepted", "telegram_url": None}
    assert world.call("PATCH", path, {"role": "call"}).json() == changed
    assert world.call("PATCH", path, {"phone": "+77000000008"}).json() == changed | {"status": "invited"}
    assert len(world.texts("+77000000008", "invitation")) == 1
    [contact] = world.state(trip).contacts
    assert (contact.role, contact.accepted, contact.addresses[0].address) == ("call", False, "+77000000008")
    assert owners_of_the_old_number(world) == []


def owners_of_the_old_number(world: World) -> list[UUID]:
    """Contacts whose number the mother's old one still is."""
    owners = table_of(PhoneOwner)
    query = select(owners.c.contact_id).where(owners.c.phone_hash == world.service.keys.phone_hash(GULNAR))
    return list(world.service.read(lambda conn: conn.execute(query).scalars().all()))


def test_a_contact_leaves_a_draft_silently(world: World) -> None:
    world.sign_in()
    trip = world.trip()
    mother, brother = world.contact(trip), world.contact(trip, BROTHER)
    rungs = [{"contacts": [mother], "wait_seconds": 900}, {"contacts": [brother, mother], "wait_seconds": 900}]
    assert world.put(f"{trip}/ladder", {"rungs": rungs}).status_code == 200
    assert world.call("DELETE", f"{trip}/contacts/{mother}").status_code == 204
    assert [one["contact_id"] for one in world.get(trip).json()["contacts"]] == [brother]
    assert [rung.people for rung in world.state(trip).ladder_rungs] == [(brother,)]
    assert len(world.texts(GULNAR)) == 1
    assert world.call("DELETE", f"{trip}/contacts/{mother}").status_code == 404
