"""The people of a draft: asked once a day, described anew without losing what they chose, told in an order."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from service.db.stored import table_of
from service.db.tables import Contact, Outbox
from service.usecases.contact_choices import choose_pin, order_channels
from service.usecases.housekeeping import keep_house
from service.usecases.invite_again import InvitedLately, invite_again
from service.usecases.problems import Conflict409, NotFound
from service.usecases.rehearse import start_rehearsal
from service.usecases.set_ladder import LadderForm, RungForm, clear_ladder, set_ladder
from service.usecases.show_people import show_people, tellings
from service.usecases.sweep import sweep
from tests.easy import one_database
from tests.web.api_world import BROTHER, DANIYAR, GULNAR, MOTHER, SAULE, World, world
from tests.web.form_world import FormWorld, forms_once

__all__ = ["forms_once", "world"]

CONTACTS, OUTBOX = table_of(Contact), table_of(Outbox)
HELPER = {**BROTHER, "name": "Saule", "relation": "fund", "role": "caseworker", "phone": SAULE}
MINUTE = timedelta(minutes=1)


@one_database
def test_an_invitation_goes_out_once_more_after_a_day_and_never_sooner(world: World) -> None:
    world.sign_in()
    trip = world.trip()
    key, mother = world.state(trip).key, UUID(world.contact(trip, accepted=False))
    world.wait(hours=23)
    with pytest.raises(InvitedLately):
        invite_again(world.service, key, mother)
    world.wait(hours=1)
    invite_again(world.service, key, mother)
    with pytest.raises(InvitedLately):
        invite_again(world.service, key, mother)
    first, second = world.texts(GULNAR, "invitation")
    assert first != second
    assert show_people(world.service, key).people[0].again_at == world.now + timedelta(days=1)


def test_who_never_answered_is_asked_again_and_who_answered_is_not(world: World) -> None:
    world.sign_in()
    trip = world.trip()
    key, mother = world.state(trip).key, UUID(world.contact(trip, accepted=False))
    world.wait(days=8)
    settle(world, mother, "expired")
    invite_again(world.service, key, mother)
    assert show_people(world.service, key).people[0].status == "invited"
    for answer in ("accepted", "refused"):
        settle(world, mother, answer)
        world.wait(days=2)
        with pytest.raises(Conflict409):
            invite_again(world.service, key, mother)
    with pytest.raises(NotFound):
        invite_again(world.service, key, key.trip_id)


def test_who_is_asked_for_months_is_one_row_a_day_with_a_name_of_its_own(world: World) -> None:
    world.sign_in()
    trip = world.trip()
    key, mother = world.state(trip).key, UUID(world.contact(trip, accepted=False))
    for _ in range(5):
        world.wait(days=1)
        invite_again(world.service, key, mother)
    query = select(OUTBOX.c.dedupe_key).where(OUTBOX.c.kind == "invitation")
    names = world.service.read(lambda conn: conn.execute(query).scalars().all())
    assert (len(names), max(map(len, names)) < 60) == (6, True)


def test_each_time_that_she_does_not_answer_is_told(world: World) -> None:
    world.sign_in()
    trip = world.trip()
    key, mother = world.state(trip).key, UUID(world.contact(trip, accepted=False))
    for _ in range(2):
        world.wait(days=8)
        keep_house(world.service)
        with pytest.raises(NotFound):
            # She has been forgotten: nobody knows any more where to ask.
            invite_again(world.service, key, mother)
        assert world.call("PATCH", f"{trip}/contacts/{mother}", {"name": "Gulnar", "phone": GULNAR}).status_code == 200
    query = select(OUTBOX.c.outbox_id).where(OUTBOX.c.kind == "traveler_notice")
    assert len(world.service.read(lambda conn: conn.execute(query).all())) == 2


def test_nothing_of_a_rehearsal_goes_to_a_number_that_was_taken_from_her(world: World) -> None:
    world.sign_in()
    trip = world.trip()
    mother = world.contact(trip)
    start_rehearsal(world.service, world.state(trip).key)
    sweep(world.service)
    assert world.call("PATCH", f"{trip}/contacts/{mother}", {"phone": SAULE}).status_code == 200
    query = select(OUTBOX.c.state).where(OUTBOX.c.kind == "rehearsal")
    assert set(world.service.read(lambda conn: conn.execute(query).scalars().all())) == {"cancelled"}


class TestAnotherOrderOfHerAddresses:
    """The brother has a second number; both are served by SMS."""

    def test_asks_nobody_anew_and_keeps_her_pin(self, forms_once: FormWorld) -> None:
        trip, token = told_by_two_numbers(forms_once)
        assert choose_pin(forms_once.service, token, "2846")
        path = f"{trip}/contacts/{forms_once.state(trip).contacts[0].id}"
        turned = [{"channel": "sms", "address": DANIYAR}, {"channel": "sms", "address": GULNAR}]
        assert forms_once.call("PATCH", path, {"channels": turned}).json()["status"] == "accepted"
        contact = forms_once.state(trip).contacts[0]
        assert [address.address for address in contact.addresses] == [DANIYAR, GULNAR]
        assert contact.pin
        assert forms_once.texts(DANIYAR, "invitation") == []

    def test_her_own_order_stays_when_only_her_name_changes(self, forms_once: FormWorld) -> None:
        trip, token = told_by_two_numbers(forms_once)
        assert order_channels(forms_once.service, token, [1, 0])
        path = f"{trip}/contacts/{forms_once.state(trip).contacts[0].id}"
        assert forms_once.call("PATCH", path, {"name": "Gulnar apa"}).json()["status"] == "accepted"
        contact = forms_once.state(trip).contacts[0]
        assert [address.address for address in contact.addresses] == [DANIYAR, GULNAR]

    def test_a_new_address_is_asked_and_forgets_the_pin(self, forms_once: FormWorld) -> None:
        trip, token = told_by_two_numbers(forms_once)
        assert choose_pin(forms_once.service, token, "2846")
        path = f"{trip}/contacts/{forms_once.state(trip).contacts[0].id}"
        assert forms_once.call("PATCH", path, {"phone": SAULE}).json()["status"] == "invited"
        assert forms_once.state(trip).contacts[0].pin == ""


class TestOrder:
    def test_the_usual_one_follows_who_has_accepted(self, forms_once: FormWorld) -> None:
        trip, (mother, brother, helper) = family(forms_once)
        shown = show_people(forms_once.service, forms_once.state(trip).key)
        assert shown.is_usual
        # The mother has not accepted: the brother is the first who has.
        assert [(rung.contacts, rung.wait) for rung in shown.rungs] == [
            ((brother,), 15 * MINUTE),
            ((mother, brother), 30 * MINUTE),
        ]
        told = tellings(shown, shown.ladder)
        assert [(telling.at - told[0].at, set(telling.people)) for telling in told] == [
            (0 * MINUTE, {str(brother)}),
            (15 * MINUTE, {str(mother), str(brother)}),
            (45 * MINUTE, {str(mother), str(brother), str(helper)}),
        ]

    @one_database
    def test_her_own_one_ends_with_everybody_and_can_be_taken_back(self, world: World) -> None:
        trip, (mother, brother, helper) = family(world)
        key = world.state(trip).key
        own = LadderForm((RungForm((helper,), 5 * MINUTE), RungForm((mother,), 10 * MINUTE)), 120 * MINUTE)
        set_ladder(world.service, key, own)
        shown = show_people(world.service, key)
        assert (shown.is_usual, shown.repeat) == (False, 120 * MINUTE)
        assert shown.rungs == own.rungs[:1]
        assert tellings(shown, shown.ladder)[-1].people == tuple(map(str, (helper, mother, brother)))

        clear_ladder(world.service, key)
        shown = show_people(world.service, key)
        assert (shown.is_usual, shown.repeat) == (True, 60 * MINUTE)
        assert world.state(trip).ladder_rungs == ()

    def test_who_said_no_is_on_no_rung(self, forms_once: FormWorld) -> None:
        trip, (mother, brother, helper) = family(forms_once)
        key = forms_once.state(trip).key
        own = (
            RungForm((brother,), 5 * MINUTE),
            RungForm((mother, brother), 5 * MINUTE),
            RungForm((helper,), 5 * MINUTE),
        )
        set_ladder(forms_once.service, key, LadderForm(own))
        settle(forms_once, brother, "refused")
        shown = show_people(forms_once.service, key)
        assert [rung.contacts for rung in shown.rungs] == [(mother,)]
        assert [one.status for one in shown.people] == ["invited", "refused", "accepted"]


def family(world: World) -> tuple[str, tuple[UUID, UUID, UUID]]:
    """A mother who has not accepted, a brother and a helper who have."""
    world.sign_in()
    trip = world.trip()
    ids = [world.contact(trip, accepted=False), world.contact(trip, BROTHER), world.contact(trip, HELPER)]
    mother, brother, helper = map(UUID, ids)
    return trip, (mother, brother, helper)


def told_by_two_numbers(world: World) -> tuple[str, str]:
    """A trip with one accepted contact, and the token of her own page."""
    world.sign_in()
    trip = world.trip()
    channels = [{"channel": "sms", "address": GULNAR}, {"channel": "sms", "address": DANIYAR}]
    world.contact(trip, {**{k: v for k, v in MOTHER.items() if k != "phone"}, "channels": channels})
    [invitation] = world.texts(GULNAR, "invitation")
    return trip, invitation.split("/i/")[1].split()[0]


def settle(world: World, contact_id: UUID, status: str) -> None:
    values = {"status": status, "settled_at": world.now}
    world.service.run(
        lambda conn: conn.execute(update(CONTACTS).where(CONTACTS.c.contact_id == contact_id).values(**values))
    )
