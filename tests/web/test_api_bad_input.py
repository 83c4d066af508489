"""What cannot be used is refused with the field's name, nothing is stored, and it is never our failure."""

from typing import Any

from sqlalchemy import func, select

from service.db.stored import table_of
from service.db.tables import Contact, Plan, Rung, Trip, Word
from tests.easy import one_database
from tests.web.api_world import AIZHAN, EVENINGS, GULNAR, MOTHER, TRIP, WORDS, World, errors, world

__all__ = ["world"]

HALF_A_YEAR = {"starts_at": "2026-12-01T00:00:00+05:00", "ends_at": "2027-06-01T00:00:00+05:00"}
PLACE: dict[str, Any] = TRIP["destination"]
LONG = "ә" * 10_000


def stored(world: World) -> int:
    """How many rows there are of what forms store."""
    tables = [table_of(one) for one in (Trip, Plan, Contact, Rung, Word)]
    return world.service.read(
        lambda conn: sum(conn.execute(select(func.count()).select_from(one)).scalar_one() for one in tables)
    )


SIGN_UPS: list[tuple[str, dict[str, Any]]] = [
    ("name", {"name": LONG}),
    ("name", {"name": "Ai\0zhan"}),
    ("name", {"name": "Ai\x1bzhan"}),
    ("name", {"name": "\ud800"}),
    ("name", {"name": "   "}),
    ("name", {"name": 7}),
    ("phone", {"phone": "87000000001"}),
    ("phone", {"phone": "+7700000000"}),
    ("phone", {"phone": "+999999999999999"}),
    ("phone", {"phone": "tel:+77000000001"}),
    ("language", {"language": "xx"}),
    ("language", {"language": "../../etc"}),
    ("citizenship", {"citizenship": "EU"}),
    ("citizenship", {"citizenship": "kz"}),
    ("email", {"email": "not an address"}),
    ("is_admin", {"is_admin": True}),
]


@one_database
def test_signing_up(world: World) -> None:
    form = {"name": "Aizhan", "phone": AIZHAN, "language": "kk"}
    for field, change in SIGN_UPS:
        assert list(errors(world.post("/travelers", {**form, **change}))) == [field], change
    assert world.texts(AIZHAN) == []


TRIPS: list[tuple[str, dict[str, Any]]] = [
    ("starts_at", {"starts_at": "2026-12-01T00:00:00"}),
    ("starts_at", {"starts_at": "2026-12-01"}),
    ("starts_at", {"starts_at": 1764547200}),
    ("starts_at", {"starts_at": "0001-01-01T00:00:00+14:00"}),
    ("starts_at", {"starts_at": "2026-02-30T00:00:00Z"}),
    ("ends_at", {"ends_at": "2026-12-01T00:00:00+05:00"}),
    ("ends_at", {"ends_at": "2026-11-30T00:00:00+05:00"}),
    ("ends_at", {"ends_at": "2032-12-01T00:00:00+05:00"}),
    ("ends_at", {"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2020-02-01T00:00:00Z"}),
    ("wording", {"wording": "loud"}),
    ("destination", {"destination": None}),
    ("destination", {"destination": []}),
    ("destination.country", {"destination": {**PLACE, "country": "TÜ"}}),
    ("destination.zone", {"destination": {**PLACE, "zone": "Mars/Olympus"}}),
    ("destination.zone", {"destination": {**PLACE, "zone": "../../../etc/passwd"}}),
    ("destination.zone", {"destination": {**PLACE, "zone": "Europe"}}),
    ("destination.planet", {"destination": {**PLACE, "planet": "Mars"}}),
    ("legs[0].zone", {"legs": [{"from": "2026-12-05T00:00:00Z", "country": "GE", "zone": "Asia/Batumi"}]}),
    ("legs[0].from", {"legs": [{"from": "2026-11-05T00:00:00Z", "country": "GE", "zone": "Asia/Tbilisi"}]}),
    ("legs[0].from", {"legs": [{"country": "GE", "zone": "Asia/Tbilisi"}]}),
    ("employer.phone", {"employer": {"name": "Hotel", "phone": "ask at the desk"}}),
    ("companions[1].phone", {"companions": [{"name": "Dana"}, {"name": "Ira", "phone": "5"}]}),
    ("consent.police", {"consent": {"police": "yes"}}),
    ("notes", {"notes": "x" * 4001}),
    ("person.Passport No", {"person": {"Passport No": "1"}}),
]


@one_database
def test_a_trip(world: World) -> None:
    world.sign_in()
    for field, change in TRIPS:
        assert list(errors(world.post("/trips", {**TRIP, **change}))) == [field], change
    assert stored(world) == 0


PLANS: list[tuple[str, Any]] = [
    ("daily", {}),
    ("daily[0].time", {"daily": [{"time": "25:00"}]}),
    ("daily[0].time", {"daily": [{"time": "8"}]}),
    ("daily[1].time", {"daily": [{"time": "08:00"}, {"time": "10:00"}]}),
    ("daily[0].weekdays[0]", {"daily": [{"time": "08:00", "weekdays": ["MONDAY"]}]}),
    ("daily[0].weekdays", {"daily": [{"time": "08:00", "weekdays": []}]}),
    ("every_hours", {**EVENINGS, "every_hours": 24}),
    ("every_hours", {"every_hours": 1}),
    ("every_hours", {"every_hours": -1}),
    ("every_hours", {"every_hours": "12"}),
    ("every_hours", {"every_hours": True}),
    ("every_hours", {"every_hours": 9999}),
    ("once[0]", {"once": ["2026-12-03T14:30:00"]}),
    ("once[0]", {"once": ["2026-11-03T14:30:00Z"]}),
    ("once", {"once": [f"2026-12-03T14:{n // 60:02}:{n % 60:02}Z" for n in range(200)]}),
    ("quiet[0].to", {**EVENINGS, "quiet": [{"from": "2026-12-03T14:00:00Z", "to": "2026-12-03T13:00:00Z"}]}),
    ("quiet[0].to", {**EVENINGS, "quiet": [{"from": "2026-12-03T14:00:00Z", "to": "2026-12-09T13:00:00Z"}]}),
    ("zone", {**EVENINGS, "zone": "Mars/Olympus"}),
    ("grace_seconds", {**EVENINGS, "grace_seconds": 10}),
    ("grace_seconds", {**EVENINGS, "grace_seconds": True}),
    ("grace_seconds", {**EVENINGS, "grace_seconds": 3600.5}),
    ("grace_seconds", {**EVENINGS, "grace_seconds": 10**30}),
    ("max_weak", {**EVENINGS, "max_weak": 0}),
    ("body", []),
]


@one_database
def test_a_plan(world: World) -> None:
    world.sign_in()
    trip = world.trip()
    before = stored(world)
    for field, plan in PLANS:
        assert field in errors(world.put(f"{trip}/plan", plan)), plan
    assert stored(world) == before


@one_database
def test_forty_one_offs_in_a_day_are_a_leash(world: World) -> None:
    world.sign_in()
    trip = world.trip()
    once = [f"2026-12-03T{minute // 60:02}:{minute % 60:02}:00Z" for minute in range(0, 1200, 30)]
    assert len(once) == 40
    assert set(errors(world.put(f"{trip}/plan", {"once": once}))) == {f"once[{index}]" for index in range(4, 40)}


CONTACTS: list[tuple[str, dict[str, Any]]] = [
    ("phone", {"phone": AIZHAN}),
    ("phone", {"phone": "+902422490000"}),
    ("phone", {"phone": "mother"}),
    ("channels[0].address", {"phone": None, "channels": [{"channel": "sms", "address": AIZHAN}]}),
    ("channels[0].channel", {"channels": [{"channel": "S M S", "address": GULNAR}]}),
    ("channels", {"phone": None}),
    ("email", {"email": "gulnar@"}),
    ("role", {"role": "owner"}),
    ("disclosure", {"disclosure": "everything"}),
    ("language", {"language": "klingon"}),
    ("name", {"name": ""}),
]


def test_a_contact(world: World) -> None:
    world.sign_in()
    trip = world.trip()
    before = stored(world)
    for field, change in CONTACTS:
        assert list(errors(world.post(f"{trip}/contacts", {**MOTHER, **change}))) == [field], change
    assert stored(world) == before
    assert world.texts(GULNAR) == []


@one_database
def test_a_contact_is_named_once_and_is_no_companion(world: World) -> None:
    world.sign_in()
    trip = world.trip(companions=[{"name": "Dana", "phone": "+77000000009"}])
    world.contact(trip)
    again = errors(world.post(f"{trip}/contacts", {**MOTHER, "name": "Mama"}))
    assert again == {"phone": "Another contact of this trip has this already."}
    assert list(errors(world.post(f"{trip}/contacts", {**MOTHER, "phone": "+77000000009"}))) == ["phone"]


@one_database
def test_a_ladder(world: World) -> None:
    world.sign_in()
    trip = world.trip()
    mother = world.contact(trip)
    stranger = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
    rung = {"contacts": [mother], "wait_seconds": 900}
    for field, ladder in [
        ("rungs", {"rungs": []}),
        ("rungs", {"rungs": [rung] * 21}),
        ("rungs[0].contacts", {"rungs": [{**rung, "contacts": []}]}),
        ("rungs[0].contacts[0]", {"rungs": [{**rung, "contacts": ["mother"]}]}),
        ("rungs[1].contacts[1]", {"rungs": [rung, {**rung, "contacts": [mother, stranger]}]}),
        ("rungs[0].wait_seconds", {"rungs": [{**rung, "wait_seconds": 5}]}),
        ("rungs[0].wait_seconds", {"rungs": [{**rung, "wait_seconds": 90000}]}),
        ("repeat_seconds", {"rungs": [rung], "repeat_seconds": 0}),
    ]:
        assert list(errors(world.put(f"{trip}/ladder", ladder))) == [field]
    assert world.state(trip).ladder_rungs == ()
    assert world.put(f"{trip}/ladder", {"rungs": [rung], "repeat_seconds": 1800}).status_code == 200
    assert [rung.people for rung in world.state(trip).ladder.rungs] == [(mother,)]


WORD_LISTS: list[tuple[str, dict[str, Any]]] = [
    ("safe", {"safe": []}),
    ("duress", {"duress": []}),
    ("safe[0]", {"safe": ["SOS"]}),
    ("safe[0]", {"safe": ["ok"]}),
    ("duress[0]", {"duress": ["greetings to  GRANDMOTHER!"]}),
    ("duress[0]", {"duress": ["greeting to grandmother"]}),
    ("passphrase", {"passphrase": "short"}),
    ("passphrase", {"passphrase": "Greetings to grandmother"}),
    ("question", {"question": "x" * 201}),
]


@one_database
def test_words(world: World) -> None:
    world.sign_in()
    trip = world.trip()
    before = stored(world)
    for field, change in WORD_LISTS:
        assert list(errors(world.put(f"{trip}/words", {**WORDS, **change}))) == [field], change
    assert stored(world) == before
    assert not world.state(trip).has_words


@one_database
def test_what_is_no_json_and_what_is_too_large(world: World) -> None:
    for body, status in [
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'{"name": ' + b"1" * 5000 + b"}", 400),
        (b"[" * 30_000, 400),
        (b'{"name": "' + b"x" * 70_000 + b'"}', 413),
        (b"", 422),
        (b"null", 422),
        (b'"text"', 422),
    ]:
        answer = world.client.post("/api/v1/travelers", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == status, (body[:20], answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status


@one_database
def test_a_body_of_unknown_length_ends_where_it_is_too_large(world: World) -> None:
    chunks = (b"x" * 1000 for _ in range(100))
    answer = world.client.post("/api/v1/travelers", content=chunks, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


@one_database
def test_what_is_not_there_and_what_is_not_hers_are_the_same(world: World) -> None:
    world.sign_in()
    hers = world.trip()
    world.sign_in("+77000000010")
    answers = [
        world.get(hers),
        world.get("/trips/7c9e6679-7425-40de-944b-e07fc1f90ae7"),
        world.get("/trips/not-an-id"),
        world.put(f"{hers}/plan", EVENINGS),
        world.post(f"{hers}/arm"),
        world.post(f"{hers}/check-ins", {}),
        world.post(f"{hers}/changes", {"end": True}),
        world.call("DELETE", f"{hers}/contacts/7c9e6679-7425-40de-944b-e07fc1f90ae7"),
        world.get("/nothing"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


@one_database
def test_errors_are_said_in_the_readers_language(world: World) -> None:
    english = world.post("/travelers", {}).json()
    for language in ("ru", "kk"):
        answer = world.post("/travelers", {}, Accept_Language=f"{language}-KZ, en;q=0.5")
        assert answer.headers["content-language"] == language
        said = answer.json()
        assert said["detail"] != english["detail"]
        assert {one["field"] for one in said["errors"]} == {"name", "phone", "language"}
        assert said["errors"][0]["message"] != english["errors"][0]["message"]
