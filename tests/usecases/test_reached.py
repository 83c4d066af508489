"""Nobody is kept whom nothing that is sent from here would reach: landlines, and channels that nobody serves."""

from dataclasses import dataclass, replace
from uuid import UUID

import pytest

from notifiers.base import Accepted, DeliveryState, Message, SendResult
from service.usecases.contact_addresses import NOTHING_REACHES, ONLY_A_LANDLINE, ContactForm
from service.usecases.contacts import add_contact
from service.usecases.problems import LANDLINE, NO_SMS_HERE, FieldProblem, Invalid
from tests.easy import one_database
from tests.web.api_world import GULNAR, MOTHER, World, errors, world

__all__ = ["world"]

LANDLINE_AT_HOME = "+77272345678"
TOLL_FREE = "+78005553535"
PERSON = {name: value for name, value in MOTHER.items() if name != "phone"}
FORM = ContactForm("Gulnar", "mother", "kk", "full", "full")


@dataclass
class Voice:
    """Calls everybody."""

    name: str = "calls"
    channel: str = "voice"

    def send(self, message: Message) -> SendResult:
        return Accepted(message.outbox_id, DeliveryState.DELIVERED)


@one_database
def test_a_contact_whom_no_channel_reaches_is_refused_and_nothing_is_kept(world: World) -> None:
    world.sign_in()
    trip = world.trip()
    told = {"phone": LANDLINE_AT_HOME}
    assert errors(world.post(f"{trip}/contacts", {**PERSON, **told})) == {"phone": ONLY_A_LANDLINE}
    for field, reach in (
        ("email", {"email": "gulnar@example.org"}),
        ("channels[0].address", {"channels": [{"channel": "voice", "address": GULNAR}]}),
        ("phone", {"phone": LANDLINE_AT_HOME, "email": "gulnar@example.org"}),
    ):
        assert errors(world.post(f"{trip}/contacts", {**PERSON, **reach})) == {field: NOTHING_REACHES}, reach
    said = {"channels": [{"channel": "sms", "address": LANDLINE_AT_HOME}]}
    assert errors(world.post(f"{trip}/contacts", {**PERSON, **said})) == {"channels[0].address": LANDLINE}
    assert world.get(trip).json()["contacts"] == []


@one_database
def test_further_addresses_are_kept_for_a_richer_installation(world: World) -> None:
    world.sign_in()
    trip = world.trip()
    world.contact(trip, {**MOTHER, "email": "gulnar@example.org"})
    (mother,) = world.state(trip).contacts
    assert [address.channel for address in mother.addresses] == ["sms"]
    changed = world.call("PATCH", f"{trip}/contacts/{mother.contact_id}", {"phone": LANDLINE_AT_HOME})
    assert list(errors(changed).values()) == [ONLY_A_LANDLINE]


@one_database
def test_where_calls_are_made_a_landline_is_called_and_never_texted(world: World) -> None:
    world.sign_in()
    key = world.state(world.trip()).key
    calling = replace(world.service, notifiers={**world.service.notifiers, "voice": Voice()})
    home = add_contact(calling, key, replace(FORM, phone=LANDLINE_AT_HOME))
    mobile = add_contact(calling, key, replace(FORM, phone=GULNAR))
    trip = calling.read(lambda conn: calling.trip(conn, key, world.now))
    assert trip is not None

    def channels(contact_id: UUID) -> list[str]:
        contact = trip.contact(contact_id)
        return [address.channel for address in contact.addresses] if contact else []

    assert (channels(home), channels(mobile)) == (["voice"], ["sms", "voice"])
    with pytest.raises(Invalid) as refused:
        add_contact(calling, key, replace(FORM, channels=(("sms", TOLL_FREE), ("voice", TOLL_FREE))))
    assert refused.value.problems == (FieldProblem("channels[0].address", NO_SMS_HERE),)


@one_database
def test_a_traveler_signs_up_with_a_number_that_takes_her_code(world: World) -> None:
    form = {"name": "Aizhan", "language": "kk"}
    assert errors(world.post("/travelers", {**form, "phone": LANDLINE_AT_HOME})) == {"phone": LANDLINE}
    assert errors(world.post("/travelers", {**form, "phone": TOLL_FREE})) == {"phone": NO_SMS_HERE}
    assert world.texts(LANDLINE_AT_HOME) == []
