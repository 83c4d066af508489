"""What a contact chooses for herself: the order of her ways, and a mailbox that she has proven to be hers."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from notifiers.base import Cause, Rejected
from service.db.stored import table_of
from service.db.tables import Contact, Outbox
from service.db.trips import ContactState, TripState
from service.usecases.contact_choices import add_email, ask_email, choose_pin, digits_of, order_channels
from service.usecases.contact_way import accept, show_way
from service.usecases.failover import Failure, fail_over
from service.usecases.links import invitation_token
from service.usecases.problems import Invalid
from tests.easy import one_database
from tests.web.api_world import DANIYAR, GULNAR, MOTHER, Phones, World
from tests.web.api_world import world as world

CONTACTS, OUTBOX = table_of(Contact), table_of(Outbox)
MAIL = "gulnar@example.org"


@pytest.fixture
def trip(world: World) -> str:
    """A draft whose mother has two numbers and a PIN; mail is served as well."""
    world.service = replace(world.service, notifiers={**world.service.notifiers, "email": Phones("mail", "email")})
    world.sign_in()
    path = world.trip()
    two = [{"channel": "sms", "address": GULNAR}, {"channel": "sms", "address": DANIYAR}]
    world.contact(
        path, {key: value for key, value in MOTHER.items() if key != "phone"} | {"channels": two}, accepted=False
    )
    token = token_of(world, path)
    assert accept(world.service, token)
    assert choose_pin(world.service, token, "4711")
    return path


def state(world: World, trip: str) -> tuple[TripState, ContactState]:
    found = world.state(trip)
    return found, found.contacts[0]


def token_of(world: World, trip: str) -> str:
    return invitation_token(world.service.keys, state(world, trip)[1])


def numbers(world: World, trip: str) -> list[str]:
    return [address.address for address in state(world, trip)[1].addresses]


def refused(act: Any, *given: Any) -> tuple[str, str]:
    with pytest.raises(Invalid) as refusal:
        act(*given)
    [problem] = refusal.value.problems
    return problem.field, problem.message


def test_her_order_counts_and_messages_on_their_way_keep_their_address(world: World, trip: str) -> None:
    token = token_of(world, trip)
    for _ in range(2):
        assert order_channels(world.service, token, (1, 7, 1))
    assert numbers(world, trip) == [DANIYAR, GULNAR]
    found, contact = state(world, trip)
    assert [address.index for address in contact.addresses] == [1, 0]
    [row] = world.service.read(lambda conn: conn.execute(select(OUTBOX).where(OUTBOX.c.kind == "invitation")).all())
    # As if she had not said yes: who has is not asked again.
    world.service.run(lambda conn: conn.execute(update(CONTACTS).values(status="invited")))
    failure = Failure(
        found.key.traveler_id,
        found.key.trip_id,
        contact.contact_id,
        row.outbox_id,
        1,
        Rejected(Cause.PERMANENT, "30005", "unknown"),
    )
    world.service.run(lambda conn: fail_over(world.service, conn, world.now, [failure]))
    dead = {address.address: address.dead for address in state(world, trip)[1].addresses}
    assert dead == {DANIYAR: True, GULNAR: False}
    assert len(world.texts(GULNAR, "invitation")) == 2, "the next one in her order"


@one_database
def test_a_mailbox_becomes_hers_by_its_code(world: World, trip: str) -> None:
    token = token_of(world, trip)
    assert refused(ask_email, world.service, token, MAIL, "0815")[0] == "email_pin"
    assert ask_email(world.service, token, MAIL, "4711")
    [text] = world.texts(MAIL, "page_code")
    code = re.findall(r"\d{6}", text)[0]
    wrong = f"{(int(code) + 1) % 10**6:06}"
    assert refused(add_email, world.service, token, wrong)[0] == "email_code"
    assert numbers(world, trip) == [GULNAR, DANIYAR]
    for _ in range(2):
        assert add_email(world.service, token, code)
    assert numbers(world, trip) == [GULNAR, DANIYAR, MAIL]
    shown = show_way(world.service, token)
    assert shown is not None
    assert [one.address for one in shown.addresses][1:] == ["+7 … 03", "g…@example.org"]
    assert not shown.may_add_email


@one_database
def test_a_code_for_a_mailbox_has_its_day_and_its_tries(world: World, trip: str) -> None:
    token = token_of(world, trip)
    assert ask_email(world.service, token, MAIL, "4711")
    code = re.findall(r"\d{6}", world.texts(MAIL, "page_code")[0])[0]
    for _ in range(5):
        refused(add_email, world.service, token, "x")
    assert refused(add_email, world.service, token, code)[0] == "email_code"
    world.wait(minutes=1)
    assert ask_email(world.service, token, MAIL, "4711")
    code = re.findall(r"\d{6}", world.texts(MAIL, "page_code")[1])[0]
    world.wait(minutes=10)
    assert refused(add_email, world.service, token, code)[0] == "email_code"
    for _ in range(3):
        world.wait(minutes=1)
        assert ask_email(world.service, token, MAIL, "4711")
    assert refused(ask_email, world.service, token, MAIL, "4711")[1] == "No more codes can be sent from this page."


@one_database
@pytest.mark.parametrize("mail", ["no mail", "a@b", "a@b.example\nBcc: x@y.example"])
def test_not_every_address_may_be_hers(world: World, mail: str) -> None:
    world.service = replace(world.service, notifiers={**world.service.notifiers, "email": Phones("mail", "email")})
    world.sign_in()
    path = world.trip()
    world.contact(path)
    token = token_of(world, path)
    assert choose_pin(world.service, token, "4711")
    assert refused(ask_email, world.service, token, mail, "4711")[0] == "email"
    assert world.texts(mail.strip()) == []


@one_database
def test_nobody_learns_by_it_whose_mailboxes_belong_to_the_trip(world: World) -> None:
    world.service = replace(world.service, notifiers={**world.service.notifiers, "email": Phones("mail", "email")})
    world.sign_in(email="aizhan@example.org")
    path = world.trip()
    world.contact(path)
    world.contact(path, {**MOTHER, "name": "Friend", "phone": DANIYAR, "email": "friend@example.org"})
    token = token_of(world, path)
    assert choose_pin(world.service, token, "4711")
    for mail in ("Aizhan@example.org", "friend@example.org"):
        assert ask_email(world.service, token, mail, "4711"), "the answer is the same"
        assert world.texts(mail, "page_code") == [], "and no code of it will ever fit"
        page = show_way(world.service, token)
        assert page is not None
        assert page.unproven_email == mail


@one_database
def test_without_a_pin_no_mailbox_is_added(world: World) -> None:
    world.service = replace(world.service, notifiers={**world.service.notifiers, "email": Phones("mail", "email")})
    world.sign_in()
    path = world.trip()
    world.contact(path)
    assert refused(ask_email, world.service, token_of(world, path), MAIL, "")[1].startswith("Choose a PIN first")


@one_database
def test_a_mailbox_that_refuses_its_code_costs_her_no_number(world: World, trip: str) -> None:
    assert ask_email(world.service, token_of(world, trip), MAIL, "4711")
    [row] = world.service.read(lambda conn: conn.execute(select(OUTBOX).where(OUTBOX.c.kind == "page_code")).all())
    rejected = Rejected(Cause.PERMANENT, "550", "no such mailbox")
    failure = Failure(row.traveler_id, row.trip_id, row.contact_id, row.outbox_id, row.channel_index, rejected)
    world.service.run(lambda conn: fail_over(world.service, conn, world.now, [failure]))
    assert not any(address.dead for address in state(world, trip)[1].addresses)
    assert [len(world.texts(to, "page_code")) for to in (MAIL, GULNAR, DANIYAR)] == [1, 0, 0]
    assert row.valid_until == world.now + timedelta(minutes=10)
    assert isinstance(row.outbox_id, UUID)


@one_database
def test_a_locked_pin_is_not_found_out_by_choosing_it(world: World, trip: str) -> None:
    token = token_of(world, trip)
    for _ in range(5):
        refused(choose_pin, world.service, token, "9025")
    assert refused(choose_pin, world.service, token, "9026")[0] == "present_pin"
    assert refused(choose_pin, world.service, token, "4711")[0] == "present_pin"


def test_digits_are_read_as_people_type_them() -> None:
    assert [digits_of(typed) for typed in (" 47 11 ", "4-7-1-1", "٤٧١١", "४७११", "４７１１", "47a1")] == [
        *["4711"] * 5,
        "47a1",
    ]
