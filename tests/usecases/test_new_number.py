"""A new SIM on the way: proven by a code, asked first, told to her people; and an old one that is taken off."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from service.core.alarm import AlarmKind
from service.db.routing import NIL, Inbox, PhoneOwner
from service.db.stored import table_of
from service.db.tables import Trip
from service.db.trips import TripKey
from service.usecases.accept import Inbound, accept
from service.usecases.apply_changes import apply_due
from service.usecases.changes import RemoveNumber
from service.usecases.codes import TO_A_NAME, WRONG_CODES
from service.usecases.her_numbers import her_numbers
from service.usecases.new_number import add_number, ask_number, asked_number
from service.usecases.problems import Invalid, TooManyTries
from service.usecases.profile import show_profile
from service.usecases.request_change import request_change
from service.usecases.sweep import sweep
from tests.easy import one_database
from tests.web.api_world import AIZHAN, DANIYAR, GULNAR, MOTHER, WORDS, World, world
from tests.web.form_world import forms_once

__all__ = ["forms_once", "world"]

INBOX, OWNERS, TRIPS = table_of(Inbox), table_of(PhoneOwner), table_of(Trip)
NEW, STRANGER = "+77000000007", "+77000000011"
SAFE, DURESS = WORDS["safe"][0], WORDS["duress"][0]
HERE = b"her session"


def key_of(world: World, trip: str) -> TripKey:
    return world.state(trip).key


def name_number(world: World, trip: str, phone: str = NEW, word: str | None = None) -> None:
    """The whole way: a code to the number, and the code typed in."""
    key = key_of(world, trip)
    ask_number(world.service, key, phone)
    add_number(world.service, key, world.code(phone), word=word, sender=HERE)


def numbers(world: World, trip: str) -> list[str]:
    return [one.phone for one in her_numbers(world.service, key_of(world, trip))]


def text(world: World, phone: str, body: str) -> None:
    """A text comes in from a number."""
    digest = world.service.keys.phone_hash(phone)
    accept(world.service, Inbound("phones", f"{phone}:{world.now}:{body}", digest, body, address=phone))
    world.read_inbox()


@one_database
def test_with_the_code_it_is_hers_and_asked_first(world: World) -> None:
    """T11: her other phone and her people hear of it."""
    trip = world.armed()
    name_number(world, trip)
    assert numbers(world, trip) == [NEW, AIZHAN]
    world.wait(hours=10, minutes=31)
    sweep(world.service)
    assert (len(world.texts(NEW, "reminder")), len(world.texts(AIZHAN, "reminder"))) == (1, 0)
    for phone in (NEW, AIZHAN):
        text(world, phone, "ok")
        assert len(world.texts(phone, "reply")) == 1
    for phone in (GULNAR, DANIYAR):
        assert "+7 700 000 0007" in world.texts(phone, "notice")[0]
    told = world.texts(AIZHAN, "traveler_notice")[-1]
    assert told.startswith("+7 700 000 0007 is one of your numbers from now on.")
    assert world.texts(NEW, "traveler_notice") == []


@one_database
def test_she_signs_in_from_either_and_keeps_both_on_the_next_trip(world: World) -> None:
    trip = world.armed()
    name_number(world, trip)
    traveler = key_of(world, trip).traveler_id
    world.wait(minutes=2)
    for phone in (NEW, AIZHAN):
        assert world.sign_in(phone) == traveler
    assert numbers(world, trip) == [NEW, AIZHAN]


def test_stop_on_one_number_leaves_the_other(forms_once: World) -> None:
    trip = forms_once.armed()
    name_number(forms_once, trip)
    text(forms_once, NEW, "stop")
    forms_once.wait(hours=10, minutes=31)
    sweep(forms_once.service)
    assert (len(forms_once.texts(NEW, "reminder")), len(forms_once.texts(AIZHAN, "reminder"))) == (0, 1)


@one_database
def test_a_code_of_another_purpose_and_a_wrong_one_add_nothing(world: World) -> None:
    trip = world.armed()
    key = key_of(world, trip)
    ask_number(world.service, key, NEW)
    right = world.code(NEW)
    assert world.post("/travelers/verify", {"phone": NEW, "code": right}).status_code == 422, "it signs nobody in"
    for _ in range(WRONG_CODES):
        with pytest.raises(Invalid):
            add_number(world.service, key, "000000" if right != "000000" else "111111", word=None, sender=HERE)
    with pytest.raises(TooManyTries):
        add_number(world.service, key, right, word=None, sender=HERE)
    assert numbers(world, trip) == [AIZHAN]


def test_a_code_a_minute_and_five_an_hour_whatever_the_number(forms_once: World) -> None:
    trip = forms_once.armed()
    key = key_of(forms_once, trip)
    for number in range(7):
        ask_number(forms_once.service, key, f"+7700000010{number}")
        ask_number(forms_once.service, key, f"+7700000020{number}")
        forms_once.wait(minutes=2)
    sent = [len(forms_once.texts(f"+77000000{block}0{n}", "sign_up")) for block in (1, 2) for n in range(7)]
    assert sum(sent) == TO_A_NAME[1].most
    assert asked_number(forms_once.service, key) == "+77000000104"


@one_database
def test_a_number_of_another_traveler_on_a_trip_looks_like_a_wrong_code(world: World) -> None:
    world.sign_in(STRANGER)
    theirs = world.armed()
    world.sign_in()
    trip = world.armed()
    key = key_of(world, trip)
    world.wait(minutes=2)
    ask_number(world.service, key, STRANGER)
    with pytest.raises(Invalid) as refused:
        add_number(world.service, key, world.code(STRANGER), word=None, sender=HERE)
    with pytest.raises(Invalid) as wrong:
        add_number(world.service, key, "123456", word=None, sender=HERE)
    assert refused.value.problems == wrong.value.problems
    assert (numbers(world, trip), numbers(world, theirs)) == ([AIZHAN], [STRANGER])


def test_a_number_that_somebody_had_before_passes_to_her(world: World) -> None:
    before = world.sign_in(STRANGER)
    world.wait(minutes=2)
    world.sign_in()
    trip = world.armed()
    name_number(world, trip, STRANGER)
    query = select(OWNERS.c.traveler_id).where(
        OWNERS.c.phone_hash == world.service.keys.phone_hash(STRANGER), OWNERS.c.contact_id == NIL
    )
    owners = world.service.read(lambda conn: conn.execute(query).scalars().all())
    assert owners == [key_of(world, trip).traveler_id] != [before]


@one_database
def test_who_sets_out_leaves_a_further_number_that_is_anothers_on_the_way(world: World) -> None:
    """However it came to be so: whoever answers there answers for the other."""
    world.sign_in(STRANGER)
    theirs = key_of(world, world.armed())
    world.wait(minutes=2)
    world.sign_in()
    first = world.armed()
    name_number(world, first)
    hers = key_of(world, first)
    old = world.service.keys.phone_hash(AIZHAN)

    def end(conn: Connection) -> None:
        conn.execute(update(TRIPS).where(TRIPS.c.trip_id == hers.trip_id).values(status="ended"))
        conn.execute(update(OWNERS).where(OWNERS.c.traveler_id == hers.traveler_id).values(armed=False))
        both = {"traveler_id": theirs.traveler_id, "trip_id": theirs.trip_id, "contact_id": NIL, "armed": True}
        conn.execute(insert(OWNERS).values(phone_hash=old, **both))

    world.service.run(end)
    world.wait(minutes=2)
    then = world.armed()
    assert numbers(world, then) == [NEW]
    world.wait(hours=10, minutes=31)
    sweep(world.service)
    assert world.texts(NEW, "reminder") != [] == world.texts(AIZHAN, "reminder")


@pytest.mark.parametrize("phone", [AIZHAN, GULNAR, "+902422490000"], ids=["hers", "her mother's", "the employer's"])
def test_what_is_no_new_number_of_hers(forms_once: World, phone: str) -> None:
    trip = forms_once.armed()
    with pytest.raises(Invalid) as refused:
        ask_number(forms_once.service, key_of(forms_once, trip), phone)
    assert [problem.field for problem in refused.value.problems] == ["phone"]
    assert forms_once.texts(phone, "sign_up")[1:] == []


@one_database
def test_in_a_trip_with_words_it_takes_one_and_either_kind_looks_the_same(world: World) -> None:
    """T11: only a word of hers adds a number, and nothing shown tells which kind it was."""
    seen, kinds, old_phone = [], [], []
    for number, word in ((1, SAFE), (2, DURESS), (3, "something else")):
        world.sign_in(f"+7700000003{number}")
        trip = world.armed(words=True)
        world.wait(minutes=2)
        name_number(world, trip, f"+7700000004{number}", word)
        world.read_inbox()
        alarm = world.state(trip).alarm
        kinds.append(alarm.view.kind if alarm else None)
        seen.append(len(numbers(world, trip)))
        old_phone.append(world.texts(f"+7700000003{number}", "traveler_notice"))
    assert seen == [2, 2, 1]
    assert old_phone == [["Thank you!"], ["Thank you!"], []]
    assert kinds == [None, AlarmKind.DURESS, None]
    assert len(world.texts(GULNAR, "notice")) == 1, "only with the safe one her people hear of a number"


@one_database
def test_an_old_one_is_taken_off_after_the_cooling_off(world: World) -> None:
    trip = world.armed()
    name_number(world, trip)
    key = key_of(world, trip)
    request_change(world.service, key, RemoveNumber(AIZHAN), word=None, sender=HERE)
    shown = her_numbers(world.service, key)
    assert [(one.phone, one.goes_at) for one in shown] == [(NEW, None), (AIZHAN, world.now + timedelta(hours=48))]
    assert len(world.texts(GULNAR, "notice")) == 2
    with pytest.raises(Invalid):
        request_change(world.service, key, RemoveNumber(NEW), word=None, sender=HERE)
    world.wait(hours=48)
    assert apply_due(world.service, world.now) == 1
    assert numbers(world, trip) == [NEW]
    assert show_profile(world.service, key.traveler_id).phone == NEW
    text(world, AIZHAN, "ok")
    assert world.texts(AIZHAN, "reply") == [], "a stranger's by now"
    name_number(world, trip, AIZHAN)
    assert numbers(world, trip) == [AIZHAN, NEW]


@one_database
def test_taken_off_with_a_duress_word_it_is_silent_and_danger_alone_counts(world: World) -> None:
    """T2: whoever holds that SIM sees whether an OK from it moves anything."""
    trip = world.armed(words=True)
    name_number(world, trip, NEW, SAFE)
    key = key_of(world, trip)
    request_change(world.service, key, RemoveNumber(AIZHAN), word=DURESS, sender=HERE)
    world.read_inbox()
    assert apply_due(world.service, world.now) == 0, "it waits for the alarm's close"
    assert numbers(world, trip) == [NEW]
    world.wait(hours=10)
    shown = world.get(trip).json()
    for said in ("ok", SAFE, "late"):
        text(world, AIZHAN, said)
    assert world.get(trip).json() == shown
    text(world, AIZHAN, "sos")
    assert world.texts(AIZHAN, "reply") == []
    assert results_of(world)[-4:] == ["number_gone", "number_gone", "number_gone", "sos"]


def results_of(world: World) -> list[Any]:
    query = select(INBOX.c.result).order_by(INBOX.c.inbox_id)
    return list(world.service.read(lambda conn: conn.execute(query).scalars().all()))


def test_one_that_is_taken_off_is_free_whichever_word_it_was(world: World) -> None:
    """T2: whoever holds that SIM signs in as somebody new, begins a trip with it, and may be named as a contact."""
    seen = []
    for place, word in enumerate((SAFE, DURESS), start=1):
        world.sign_in(f"+7700000003{place}")
        trip, old = world.armed(words=True), f"+7700000004{place}"
        hers = key_of(world, trip)
        name_number(world, trip, old, SAFE)
        world.read_inbox()
        request_change(world.service, hers, RemoveNumber(old), word=word, sender=HERE)
        world.read_inbox()
        assert apply_due(world.service, world.now) == (1 if word == SAFE else 0), "an alarm holds it back"
        uncle = {**MOTHER, "name": "Marat", "phone": old}
        added = world.post(f"{trip}/changes", {"add_contact": uncle}, Amanba_Passphrase=WORDS["passphrase"])
        told = world.get("/travelers/me/export", Amanba_Passphrase=WORDS["passphrase"]).json()["about_you"]["numbers"]
        first = show_profile(world.service, hers.traveler_id).phone
        assert (told, first) == ([f"+7700000003{place}"], f"+7700000003{place}")
        world.wait(minutes=2)
        is_hers = world.sign_in(old) == hers.traveler_id
        begun = world.armed()
        seen.append((added.status_code, is_hers, world.get(begun).json()["status"]))
        assert (world.state(trip).alarm is None) == (word == SAFE)
    assert seen == [(202, False, "armed")] * 2


@one_database
def test_after_an_end_another_traveler_may_have_it_whichever_word_it_was(world: World) -> None:
    """T2: who has a code sent to her phone from another account learns of no alarm."""
    other = world.sign_in(STRANGER)
    begun, token = world.armed(), world.token
    seen = []
    for place, word in enumerate((SAFE, DURESS), start=1):
        world.sign_in(f"+7700000003{place}")
        trip = world.armed(words=True)
        world.post(f"{trip}/changes", {"end": True, "word": word})
        world.read_inbox()
        assert apply_due(world.service, world.now) == (1 if word == SAFE else 0), "an alarm holds it back"
        world.token = token
        world.wait(minutes=2)
        name_number(world, begun, f"+7700000003{place}")
        seen.append(numbers(world, begun)[0] == f"+7700000003{place}")
    assert seen == [True, True]
    assert key_of(world, begun).traveler_id == other
