"""A contact hands over to another: asked at once, in her place only with a yes and when the time has come."""

from typing import Any
from uuid import UUID

import pytest

from service.usecases.accept import Inbound, accept
from service.usecases.apply_changes import apply_due
from service.usecases.contact_way import leave
from service.usecases.housekeeping import keep_house
from service.usecases.links import invitation_token
from service.usecases.people_now import PersonNow, people_now
from tests.easy import one_database
from tests.web.api_world import DANIYAR, GULNAR, MOTHER, SAULE, WORDS, World, errors, world

__all__ = ["world"]

SAFE, DURESS = WORDS["safe"][0], WORDS["duress"][0]
AUNT = {**MOTHER, "name": "Saule", "relation": "aunt", "phone": SAULE}


def people(world: World, trip: str) -> dict[str, PersonNow]:
    return {one.name: one for one in people_now(world.service, world.state(trip).key)}


def ids(world: World, trip: str) -> dict[str, str]:
    return {contact.name: contact.id for contact in world.state(trip).contacts}


def hand_over(world: World, trip: str, word: str | None = None, who: str = "Gulnar", **new: Any) -> Any:
    asked = {"contact_id": ids(world, trip)[who], "contact": {**AUNT, **new}}
    body = {"hand_over": asked, **({"word": word} if word else {})}
    return world.post(f"{trip}/changes", body, Amanba_Passphrase=WORDS["passphrase"])


def answer(world: World, phone: str, digit: str) -> None:
    digest = world.service.keys.phone_hash(phone)
    accept(world.service, Inbound("phones", f"{phone}:{world.now}", digest, digit, address=phone))
    world.read_inbox()


def order(world: World, trip: str) -> list[str]:
    return [contact.name for contact in world.state(trip).contacts if contact.accepted]


@one_database
def test_she_takes_the_place_when_she_has_accepted_and_the_time_has_come(world: World) -> None:
    trip = world.armed()
    first = {"rungs": [{"contacts": [ids(world, trip)["Gulnar"]], "wait_seconds": 600}], "repeat_seconds": 600}
    world.post(f"{trip}/changes", {"ladder": first})
    world.wait(hours=48)
    apply_due(world.service, world.now)
    assert hand_over(world, trip).status_code == 202
    assert (len(world.texts(SAULE, "invitation")), len(world.texts(GULNAR, "notice"))) == (1, 1)
    assert "One person leaves" not in world.texts(GULNAR, "notice")[0], "she who leaves is not told"
    assert len(world.texts(DANIYAR, "notice")) == 2
    shown = people(world, trip)
    assert (shown["Gulnar"].successor, shown["Saule"].takes_over) == ("Saule", "Gulnar")

    answer(world, SAULE, "1")
    world.wait(hours=47, minutes=59)
    assert apply_due(world.service, world.now) == 0
    assert order(world, trip) == ["Gulnar", "Daniyar", "Saule"]
    world.wait(minutes=1)
    assert apply_due(world.service, world.now) == 1
    assert order(world, trip) == ["Saule", "Daniyar"]
    assert [rung.people for rung in world.state(trip).ladder.rungs] == [(ids(world, trip)["Saule"],)]
    assert list(people(world, trip)) == ["Saule", "Daniyar"]
    assert apply_due(world.service, world.now) == 0


@one_database
def test_the_time_alone_is_not_enough(world: World) -> None:
    trip = world.armed()
    hand_over(world, trip)
    world.wait(hours=60)
    assert apply_due(world.service, world.now) == 0
    answer(world, SAULE, "1")
    assert apply_due(world.service, world.now) == 1
    assert order(world, trip) == ["Saule", "Daniyar"]


@one_database
def test_a_no_or_a_silent_week_leaves_all_as_it_is(world: World) -> None:
    trip = world.armed()
    hand_over(world, trip)
    answer(world, SAULE, "3")
    hand_over(world, trip, name="Aliya", phone="+77000000005")
    world.wait(days=7, minutes=1)
    keep_house(world.service)
    assert apply_due(world.service, world.now) == 0
    assert order(world, trip) == ["Gulnar", "Daniyar"]
    shown = people(world, trip)
    assert shown["Gulnar"].status == "accepted"
    assert {"Saule", "Aliya"}.isdisjoint(shown), "who did not say yes is forgotten after a week"
    assert shown["Gulnar"].successor == ""


@one_database
def test_with_a_word_of_either_kind_it_waits_for_the_yes_alone_and_looks_the_same(world: World) -> None:
    seen = []
    for number, word in ((1, SAFE), (2, DURESS)):
        world.sign_in(f"+7700000003{number}")
        trip = world.armed(words=True)
        hand_over(world, trip, word, phone=f"+7700000004{number}")
        world.read_inbox()
        answer(world, f"+7700000004{number}", "1")
        applied = apply_due(world.service, world.now)
        assert applied == (1 if word == SAFE else 0), "an alarm holds it back"
        seen.append([(one.name, one.step, one.here) for one in people(world, trip).values()])
        shown = world.get(trip, Amanba_Passphrase=WORDS["passphrase"]).json()["contacts"]
        seen[-1] += [one["name"] for one in shown]
        world.wait(minutes=5)
    assert seen[0] == seen[1]
    assert order(world, trip) == ["Gulnar", "Daniyar", "Saule"], "and all of them are still told"
    assert [one for one in world.texts(GULNAR, "notice") if "leaves" in one] == []


@one_database
def test_what_cannot_be_handed_over(world: World) -> None:
    trip = world.armed()
    gulnar = ids(world, trip)["Gulnar"]
    unknown = {"contact_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "contact": AUNT}
    assert list(errors(world.post(f"{trip}/changes", {"hand_over": unknown}))) == ["hand_over.contact_id"]
    taken = {"contact_id": gulnar, "contact": {**AUNT, "phone": DANIYAR}}
    assert list(errors(world.post(f"{trip}/changes", {"hand_over": taken}))) == ["hand_over.contact.phone"]
    assert hand_over(world, trip).status_code == 202
    assert list(errors(hand_over(world, trip, phone="+77000000005"))) == ["hand_over.contact_id"]
    assert len(world.state(trip).contacts) == 3


@one_database
def test_one_who_leaves_meanwhile_takes_no_place(world: World) -> None:
    trip = world.armed()
    hand_over(world, trip)
    world.wait(minutes=1)
    world.post(f"{trip}/changes", {"remove_contact": ids(world, trip)["Saule"]})
    world.wait(hours=48)
    assert apply_due(world.service, world.now) == 1
    assert (order(world, trip), people(world, trip)["Gulnar"].successor) == (["Gulnar", "Daniyar"], "")
    answer(world, SAULE, "1")
    assert apply_due(world.service, world.now) == 0
    assert hand_over(world, trip, phone="+77000000005").status_code == 202


@one_database
def test_she_who_was_asked_is_taken_off_with_a_word_and_either_kind_looks_the_same(world: World) -> None:
    """T2: another may be asked then, as if no alarm held that back."""
    seen = []
    for number, word in ((1, SAFE), (2, DURESS)):
        world.sign_in(f"+7700000003{number}")
        trip = world.armed(words=True)
        assert hand_over(world, trip, SAFE, phone=f"+7700000004{number}").status_code == 202
        world.read_inbox()
        world.post(f"{trip}/changes", {"remove_contact": ids(world, trip)["Saule"], "word": word})
        world.read_inbox()
        assert apply_due(world.service, world.now) == (1 if word == SAFE else 0), "an alarm holds it back"
        answer(world, f"+7700000004{number}", "1")
        shown = [(one.name, one.successor) for one in people(world, trip).values()]
        again = hand_over(world, trip, name="Aliya", phone=f"+7700000005{number}")
        seen.append((shown, again.status_code, people(world, trip)["Gulnar"].successor))
    assert seen == [([("Gulnar", ""), ("Daniyar", "")], 202, "Aliya")] * 2


@pytest.mark.parametrize("way", ["unsafe", "her own page"])
def test_who_has_the_place_and_leaves_it_brings_nobody_back_and_either_kind_looks_the_same(
    world: World, way: str
) -> None:
    """T2: an alarm holds back that the old one has left, and her page must not show it."""
    seen = []
    for number, word in ((1, SAFE), (2, DURESS)):
        world.sign_in(f"+7700000003{number}")
        trip = world.armed(words=True)
        hand_over(world, trip, word, phone=f"+7700000004{number}")
        world.read_inbox()
        answer(world, f"+7700000004{number}", "1")
        apply_due(world.service, world.now)
        if way == "unsafe":
            change = {"remove_contact": ids(world, trip)["Saule"], "unsafe": True, "word": SAFE}
            assert world.post(f"{trip}/changes", change, Amanba_Passphrase=WORDS["passphrase"]).status_code == 202
            world.read_inbox()
        else:
            new = world.state(trip).contact(UUID(ids(world, trip)["Saule"]))
            assert new is not None
            assert leave(world.service, invitation_token(world.service.keys, new))
        apply_due(world.service, world.now)
        shown = [(one.name, one.step) for one in people(world, trip).values() if one.here]
        listed = world.get(trip, Amanba_Passphrase=WORDS["passphrase"]).json()["contacts"]
        seen.append((shown, [one["name"] for one in listed if one["status"] == "accepted"]))
        world.wait(minutes=5)
    assert seen[0] == seen[1] == ([("Daniyar", 1)], ["Daniyar"])
    assert "Gulnar" in order(world, trip), "and she is still told"
