"""A number is proven before anything happens under it, and nobody learns from the answers whose it is."""

from uuid import UUID

import pytest
from sqlalchemy import func, select

from service.db.sealed import key_of
from service.db.stored import table_of
from service.db.tables import Traveler
from tests.easy import one_database
from tests.web.api_world import AIZHAN, DANIYAR, World, errors, world

__all__ = ["world"]

FORM = {"name": "Aizhan", "phone": AIZHAN, "language": "kk", "citizenship": "KZ", "email": "aizhan@example.org"}


def wrong(world: World, phone: str) -> str:
    """A code that is surely not the one on the phone."""
    sent = world.texts(phone, "sign_up")
    return "000000" if not sent or world.code(phone) != "000000" else "111111"


def travelers(world: World) -> int:
    table = table_of(Traveler)
    count: int = world.service.read(lambda conn: conn.execute(select(func.count()).select_from(table)).scalar_one())
    return count


def test_nothing_is_made_until_the_code_is_right(world: World) -> None:
    assert world.post("/travelers", FORM).json() == {}
    assert travelers(world) == 0

    assert errors(world.post("/travelers/verify", {"phone": AIZHAN, "code": wrong(world, AIZHAN)})) == {
        "code": "This code does not fit, or it is older than 10 minutes."
    }
    assert travelers(world) == 0

    signed_in = world.post("/travelers/verify", {"phone": AIZHAN, "code": world.code(AIZHAN)})
    assert set(signed_in.json()) == {"traveler_id", "token"}
    assert travelers(world) == 1


@one_database
def test_a_code_works_once_and_for_ten_minutes(world: World) -> None:
    world.sign_in()
    assert "code" in errors(world.post("/travelers/verify", {"phone": AIZHAN, "code": world.code(AIZHAN)}))

    world.wait(minutes=2)
    world.post("/travelers", FORM)
    world.wait(minutes=10)
    assert "code" in errors(world.post("/travelers/verify", {"phone": AIZHAN, "code": world.code(AIZHAN)}))


@one_database
def test_a_known_number_changes_only_by_its_code(world: World) -> None:
    first = world.sign_in()
    world.wait(minutes=2)
    assert world.post("/travelers", {**FORM, "name": "Somebody else"}).status_code == 202
    trip = world.trip()
    assert world.state(trip).traveler.name == "Aizhan"

    world.wait(minutes=2)
    second = world.sign_in(name="Aizhan Serikova", language="ru")
    assert second == first
    after = world.state(trip).traveler
    assert (after.name, after.language) == ("Aizhan Serikova", "ru")


@one_database
def test_a_phone_gets_one_code_a_minute_and_five_an_hour(world: World) -> None:
    for _ in range(2):
        assert world.post("/travelers", FORM).status_code == 202
    assert len(world.texts(AIZHAN)) == 1
    for _ in range(8):
        world.wait(minutes=2)
        assert world.post("/travelers", FORM).status_code == 202
    assert len(world.texts(AIZHAN)) == 5
    world.wait(minutes=60)
    world.post("/travelers", FORM)
    assert len(world.texts(AIZHAN)) == 6


@one_database
@pytest.mark.parametrize("phone", [AIZHAN, DANIYAR], ids=["a code was sent", "nobody asked"])
def test_five_wrong_codes_lock_a_number_whether_it_is_known_or_not(world: World, phone: str) -> None:
    world.post("/travelers", FORM)
    code = wrong(world, phone)
    for _ in range(5):
        errors(world.post("/travelers/verify", {"phone": phone, "code": code}))
    locked = world.post("/travelers/verify", {"phone": phone, "code": code})
    assert (locked.status_code, locked.headers["retry-after"]) == (429, "900")
    assert locked.json()["detail"] == "There were too many wrong codes. Please try again in 15 minutes."


@one_database
def test_while_a_number_is_locked_the_right_code_is_refused_too(world: World) -> None:
    world.post("/travelers", FORM)
    for _ in range(5):
        world.post("/travelers/verify", {"phone": AIZHAN, "code": wrong(world, AIZHAN)})
    assert world.post("/travelers/verify", {"phone": AIZHAN, "code": world.code(AIZHAN)}).status_code == 429
    world.wait(minutes=2)
    assert world.post("/travelers", FORM).status_code == 202
    assert len(world.texts(AIZHAN)) == 1
    world.wait(minutes=14)
    world.sign_in()


@one_database
def test_a_token_lasts_ninety_days_and_is_not_stored(world: World) -> None:
    world.sign_in()
    assert world.post("/trips").status_code == 422
    world.wait(days=91)
    refused = world.post("/trips")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")


@one_database
def test_without_a_token_nothing_is_said(world: World) -> None:
    for given in (b"", b"Bearer", b"Bearer nobody", b"Basic YTpi", b"Bearer \xff", b"Bearer " + b"x" * 5000):
        headers = {b"Authorization": given}
        answer = world.client.get("/api/v1/trips/7c9e6679-7425-40de-944b-e07fc1f90ae7", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"


@one_database
def test_what_she_says_of_herself_is_sealed_under_her_own_key(world: World) -> None:
    traveler_id: UUID = world.sign_in()
    table = table_of(Traveler)
    row = world.service.read(lambda conn: conn.execute(select(table)).mappings().one())
    assert row["traveler_id"] == traveler_id
    assert key_of(row["sealed"]) == row["key_id"]
    assert AIZHAN.encode() not in row["sealed"]
