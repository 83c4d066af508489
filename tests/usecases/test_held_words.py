"""Other words that an alarm holds back: they do what she is shown that they do, and prove nothing."""

from service.core.alarm import AlarmKind
from service.usecases.accept import Inbound, accept
from service.usecases.apply_changes import apply_due
from tests.easy import one_database
from tests.usecases.test_change_trip import ask, close_alarm
from tests.web.api_world import NOW, WORDS, World, world

__all__ = ["world"]

SAFE, DURESS = WORDS["safe"][0], WORDS["duress"][0]
OTHERS = {**WORDS, "safe": ["the plums are ripe"], "duress": ["my shoes are still wet"]}


def other_words(world: World, number: int, word: str) -> str:
    phone = f"+7700000003{number}"
    world.sign_in(phone)
    trip = world.armed(words=True)
    ask(world, trip, {"words": OTHERS, "word": word})
    settle(world)
    return trip


def settle(world: World) -> None:
    world.read_inbox()
    apply_due(world.service, world.now)


def text(world: World, phone: str, said: str) -> None:
    digest = world.service.keys.phone_hash(phone)
    accept(world.service, Inbound("phones", f"{phone}:{world.now}:{said}", digest, said, address=phone))
    world.read_inbox()


@one_database
def test_they_do_what_she_is_shown_that_they_do(world: World) -> None:
    """T2, T9: a change with one of them, and a text of one; and none of it with the old ones."""
    seen = []
    for number, word in ((1, SAFE), (2, DURESS)):
        trip = other_words(world, number, word)
        world.wait(hours=10)
        shown = []
        for said in (SAFE, DURESS, OTHERS["safe"][0]):
            text(world, f"+7700000003{number}", said)
            shown.append(world.get(trip).json()["next_deadline"])
        for said, until in ((SAFE, "2026-12-04T12:00:00Z"), (OTHERS["safe"][0], "2026-12-06T12:00:00Z")):
            ask(world, trip, {"pause_until": until, "word": said})
            settle(world)
            shown.append(world.get(trip).json()["next_deadline"])
        alarm = world.state(trip).alarm
        assert (alarm is None) == (word == SAFE)
        seen.append(shown)
        world.times[0] = NOW
    assert seen[0] == seen[1]
    assert [one[5:13] for one in seen[0]] == ["12-01T17", "12-01T17", "12-02T17", "12-02T17", "12-06T12"]


@one_database
def test_they_prove_nothing_and_one_of_duress_counts(world: World) -> None:
    trip = other_words(world, 1, DURESS)
    close_alarm(world, trip)
    assert world.post(f"{trip}/sos", {}).status_code == 202
    world.read_inbox()
    state = world.state(trip)
    assert state.alarm is not None
    assert state.alarm.view.kind is AlarmKind.SOS
    mother = str(state.contacts[0].contact_id)
    ask(world, trip, {"remove_contact": mother, "unsafe": True, "word": OTHERS["safe"][0]})
    settle(world)
    assert world.state(trip).contacts[0].accepted, "whoever holds her phone may have asked for them"
    text(world, "+77000000031", OTHERS["duress"][0])
    raised = world.state(trip).alarm
    assert raised is not None
    assert raised.view.kind is AlarmKind.DURESS


@one_database
def test_first_ones_count_beside_it_and_hide_her_pages(world: World) -> None:
    trip = world.armed()
    ask(world, trip, {"words": WORDS})
    assert world.post(f"{trip}/sos", {}).status_code == 202
    world.read_inbox()
    world.wait(hours=48)
    assert apply_due(world.service, world.now) == 1
    assert world.state(trip).alarm is not None
    assert set(world.get(trip).json()) == {"trip_id", "status", "next_deadline"}
