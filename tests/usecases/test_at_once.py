"""Requests that come at the same moment, from one phone or two."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import fields, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from service.db.routing import Link
from service.db.stored import table_of
from service.db.trips import ContactState, TripKey, TripState
from service.usecases.arm import Armed, arm
from service.usecases.contact_choices import choose_pin, pin_fits
from service.usecases.contact_way import accept
from service.usecases.contacts import ContactForm, change_contact
from service.usecases.context import Service
from service.usecases.invite_again import invite_again
from service.usecases.links import invitation_token
from service.usecases.plan_trip import Destination, TripForm, plan_trip
from service.usecases.problems import Conflict409, Invalid
from service.usecases.register import SignedIn, SignUpForm, sign_up, verify
from tests.web.api_world import AIZHAN, DANIYAR, EVENINGS, NOW, World, world

__all__ = ["world"]

LINKS = table_of(Link)
FORM = TripForm(NOW, NOW + timedelta(days=90), "plain", Destination("TR", "Antalya", "", "Europe/Istanbul"))


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """What each returned, or the refusal that it met."""

    def outcome(act: Callable[[], Any]) -> Any:
        try:
            return act()
        except (Conflict409, Invalid) as refusal:
            return refusal

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(outcome, acts))


def test_one_request_repeated_at_once_plans_one_trip(world: World) -> None:
    traveler_id = world.sign_in()
    made = at_once([lambda: plan_trip(world.service, traveler_id, FORM, once="tap")] * 6)
    assert len(set(made)) == 1


def test_of_two_trips_armed_at_once_one_is(world: World) -> None:
    traveler_id = world.sign_in()
    keys = []
    for _ in range(2):
        trip = world.trip()
        world.put(f"{trip}/plan", EVENINGS)
        world.contact(trip)
        keys.append(TripKey(traveler_id, UUID(trip.rsplit("/", 1)[1])))
    outcomes = at_once([partial(arm, world.service, key) for key in keys])
    [refused] = [one for one in outcomes if isinstance(one, Conflict409)]
    assert refused.missing == ("phone_in_use",)
    assert [type(one) for one in outcomes if one is not refused] == [Armed]


def test_a_code_used_twice_at_once_works_once(world: World) -> None:
    sign_up(world.service, SignUpForm("Aizhan", AIZHAN, "kk"))
    code = world.code(AIZHAN)
    outcomes = at_once([lambda: verify(world.service, AIZHAN, code)] * 4)
    assert [type(one) for one in outcomes].count(SignedIn) == 1


class Meanwhile(Service):
    """A service in whose next look at a trip, as it lies between what is read and what is written, something happens.

    Where rows are locked, or all writers wait for one another, it happens only after that.
    """

    act: Callable[[], Any] | None = None
    others: ThreadPoolExecutor

    def trips(
        self, conn: Connection, wanted: list[TripKey], now: datetime, *, lock: bool = False
    ) -> dict[TripKey, TripState]:
        found = super().trips(conn, wanted, now, lock=lock)
        self._happen()
        return found

    def planned_trip(self, conn: Connection, key: TripKey, now: datetime) -> TripState | None:
        found = super().planned_trip(conn, key, now)
        self._happen()
        return found

    def _happen(self) -> None:
        act = self.act
        object.__setattr__(self, "act", None)
        if act is not None:
            other = self.others.submit(act)
            wait([other], timeout=0.2)


@contextmanager
def meanwhile(service: Service, act: Callable[[], Any]) -> Iterator[tuple[Service, list[Any]]]:
    """The service, interrupted once by `act`; and what that returned, which is known when this ends."""
    interrupted = Meanwhile(**{field.name: getattr(service, field.name) for field in fields(service)})
    returned: list[Any] = []
    with ThreadPoolExecutor(1) as others:
        object.__setattr__(interrupted, "others", others)
        object.__setattr__(interrupted, "act", lambda: returned.append(act()))
        yield interrupted, returned


def asked(world: World) -> tuple[TripKey, ContactState, str]:
    """A draft whose mother has been asked; the token of her page."""
    world.sign_in()
    trip = world.trip()
    world.contact(trip, accepted=False)
    found = world.state(trip)
    return found.key, found.contacts[0], invitation_token(world.service.keys, found.contacts[0])


def now_of(world: World, key: TripKey) -> ContactState:
    return world.state(f"/trips/{key.trip_id}").contacts[0]


def test_a_pin_chosen_while_the_traveler_mends_a_name_stays(world: World) -> None:
    key, mother, token = asked(world)
    assert accept(world.service, token)
    with ThreadPoolExecutor(1) as others:

        def mend(form: ContactForm) -> ContactForm:
            wait([others.submit(choose_pin, world.service, token, "4711")], timeout=0.2)
            return replace(form, name="Gulnara")

        change_contact(world.service, key, mother.contact_id, mend)
    assert (now_of(world, key).name, pin_fits(world.service.keys, now_of(world, key), "4711")) == ("Gulnara", True)


def test_a_yes_that_comes_while_she_is_asked_again_counts(world: World) -> None:
    key, mother, token = asked(world)
    world.wait(hours=25)
    with meanwhile(world.service, lambda: accept(world.service, token)) as (service, said), suppress(Conflict409):
        invite_again(service, key, mother.contact_id)
    assert [now_of(world, key).accepted] == said


def test_a_yes_to_an_earlier_address_is_none_for_the_new_one(world: World) -> None:
    key, mother, token = asked(world)

    def ask_another_number() -> None:
        world.wait(seconds=1)
        change_contact(world.service, key, mother.contact_id, partial(replace, channels=(("sms", DANIYAR),)))

    with meanwhile(world.service, ask_another_number) as (service, _):
        accept(service, token)
    assert not now_of(world, key).accepted


def test_no_wrong_pin_goes_uncounted(world: World) -> None:
    _, _, token = asked(world)
    assert accept(world.service, token)
    assert choose_pin(world.service, token, "4711")

    def guess(service: Service = world.service) -> None:
        with suppress(Invalid):
            choose_pin(service, token, "2580", "0000")

    with meanwhile(world.service, guess) as (service, _):
        guess(service)
    query = select(LINKS.c.used).where(LINKS.c.token_hash == world.service.keys.token_hash(token))
    assert world.service.read(lambda conn: conn.execute(query).scalar()) == 2
