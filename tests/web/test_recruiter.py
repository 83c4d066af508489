"""T13: whoever employs her, arranged it or travels with her is none of those who are told, whichever is typed first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from service.db.stored import table_of
from service.db.tables import Contact
from service.usecases.contact_addresses import OTHER_SIDE
from service.usecases.invite_again import invite_again
from service.usecases.problems import Conflict409, Invalid
from service.usecases.trip_facts import TRUSTED, fill_in, set_facts
from tests.web.api_world import BROTHER, World, errors
from tests.web.form_world import FormWorld, errors_of, forms_once

__all__ = ["forms_once"]

CONTACTS = table_of(Contact)
HIS = "+77010009988"
RECRUITER = {**BROTHER, "name": "Marat", "phone": HIS}
SIDES: dict[str, dict[str, Any]] = {
    "employer": {"employer": {"name": "Lotus", "phone": HIS}},
    "agency": {"agency": {"name": "Go", "phone": HIS}},
    "companion": {"companions": [{"name": "Mira"}, {"name": "Marat", "phone": HIS}]},
    "recruiter": {"person": {"recruiter": "Marat, 8 (701) 000-99-88, @marat"}},
    "boss": {"person": {"boss": "call +7 701 000 99 88"}},
}


def refused(error: pytest.ExceptionInfo[Invalid]) -> dict[str, str]:
    return {problem.field: problem.message for problem in error.value.problems}


@pytest.mark.parametrize("side", SIDES)
def test_named_first_he_cannot_become_a_contact(forms_once: FormWorld, side: str) -> None:
    """T13: by the API and the form, as a new contact, as another number of one, by hand-over and in mid-trip; he may
    travel with her."""
    world = forms_once
    trip = world.armed(**SIDES[side])
    for change, field in (
        ({"add_contact": RECRUITER}, "add_contact.phone"),
        ({"hand_over": {"contact_id": first(world, trip), "contact": RECRUITER}}, "hand_over.contact.phone"),
    ):
        assert errors(world.post(f"{trip}/changes", change)) == {field: OTHER_SIDE}
    world.enter_later()
    typed = {**RECRUITER, "relation": "uncle"}
    assert list(errors_of(world.send("/people/add", typed))) == ["phone"]
    draft = world.trip(**SIDES[side])
    assert errors(world.post(f"{draft}/contacts", RECRUITER)) == {"phone": OTHER_SIDE}
    by_ways = {name: value for name, value in RECRUITER.items() if name != "phone"}
    ways = [{"channel": "sms", "address": "+77010009977"}, {"channel": "sms", "address": HIS}]
    assert errors(world.post(f"{draft}/contacts", {**by_ways, "channels": ways})) == {"channels[1].address": OTHER_SIDE}
    mother = world.contact(draft)
    assert errors(world.call("PATCH", f"{draft}/contacts/{mother}", {"phone": HIS})) == {"phone": OTHER_SIDE}


@pytest.mark.parametrize("side", SIDES)
def test_trusted_first_he_cannot_become_the_other_side(forms_once: FormWorld, side: str) -> None:
    """T13: neither in the draft nor in what is told later, nor while he is only asked."""
    world = forms_once
    world.sign_in()
    later = [] if side in ("recruiter", "boss") else ["employer.phone", "agency.phone", "companions"]
    trip = world.trip(employer={"name": "Lotus"}, agency={"name": "Go"}, later=later)
    world.put(f"{trip}/plan", {"daily": [{"time": "20:00"}]})
    marat = world.contact(trip, RECRUITER, accepted=False)
    key, told = world.state(trip).key, SIDES[side]
    with pytest.raises(Invalid) as error:
        set_facts(world.service, key, told)
    assert list(refused(error).values()) == [TRUSTED]
    settle(world, marat, "accepted")
    assert world.post(f"{trip}/arm").status_code == 200
    if later:
        only = {name: {"phone": HIS} if isinstance(value, dict) else value for name, value in told.items()}
        with pytest.raises(Invalid) as error:
            fill_in(world.service, key, only)
        assert list(refused(error).values()) == [TRUSTED]


def test_who_never_answered_is_not_asked_again_once_he_is_the_employer(forms_once: FormWorld) -> None:
    """T13: while an invitation had lapsed his number was free for the employer; it is not taken up again."""
    world = forms_once
    world.sign_in()
    trip = world.trip()
    marat = world.contact(trip, RECRUITER, accepted=False)
    key = world.state(trip).key
    settle(world, marat, "expired")
    set_facts(world.service, key, SIDES["employer"])
    world.wait(days=2)
    with pytest.raises(Conflict409) as error:
        invite_again(world.service, key, UUID(marat))
    assert OTHER_SIDE in str(error.value)


def first(world: World, trip: str) -> str:
    return world.state(trip).contacts[0].id


def settle(world: World, contact_id: str, status: str) -> None:
    values = {"status": status, "settled_at": world.now, "accepted_at": world.now - timedelta(minutes=1)}
    world.service.run(
        lambda conn: conn.execute(update(CONTACTS).where(CONTACTS.c.contact_id == UUID(contact_id)).values(**values))
    )
