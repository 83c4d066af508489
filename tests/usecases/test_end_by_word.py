"""What a word of duress asked for at the end of a trip: it is shown, and ends nothing when its alarm has ended."""

import pytest

from service.db.trips import TripState
from service.usecases.accept import Inbound, accept
from service.usecases.apply_changes import apply_due
from service.usecases.end_trip import confirm_end
from service.usecases.people_now import people_now
from tests.easy import one_database
from tests.usecases.test_change_trip import DURESS, SAFE, ask, close_alarm, write
from tests.web.api_world import DANIYAR, GULNAR, MOTHER, WORDS, World, world

__all__ = ["world"]


def confirm(world: World, state: TripState) -> None:
    """Her mother says that she is home."""
    write(world, lambda work: confirm_end(work, state, state.contacts[0]))


@one_database
@pytest.mark.parametrize("kind", ["end", "erase"])
def test_an_end_by_a_word_of_duress_ends_nothing_after_its_alarm_unless_a_contact_confirms_it(
    world: World, kind: str
) -> None:
    """T10: she is on her way again and asked, and nobody hears that she is home."""
    left = []
    for number, confirms in ((1, False), (2, True)):
        world.token = ""
        world.sign_in(f"+7700000003{number}")
        trip = world.armed(words=True)
        ask(world, trip, {"end": True})
        if kind == "end":
            ask(world, trip, {"end": True, "word": DURESS})
        else:
            answer = world.call("DELETE", "/travelers/me", {"word": DURESS}, Amanba_Passphrase=WORDS["passphrase"])
            assert answer.status_code == 202
        world.read_inbox()
        state = world.state(trip)
        assert state.alarm is not None
        if confirms:
            confirm(world, state)
        close_alarm(world, trip)
        apply_due(world.service, world.now)
        watch = world.state(trip).watch
        assert watch is not None
        left.append((world.state(trip).status, watch.deadline is not None))
        world.wait(minutes=5)
    assert left == [("armed", True), ("ended", False)]
    assert [one for one in world.texts(GULNAR, "notice")[:-1] if "is home and" in one] == []


@one_database
@pytest.mark.parametrize("asked", ["add_contact", "hand_over"])
def test_a_yes_after_an_end_is_shown_for_neither_word(world: World, asked: str) -> None:
    """T2: a trip that has ended changes no more; an alarm beside it asks for everybody who says yes."""
    seen = []
    for number, word in ((1, SAFE), (2, DURESS)):
        world.sign_in(f"+7700000003{number}")
        trip = world.armed(words=True)
        saule = {**MOTHER, "name": "Saule", "phone": f"+7700000004{number}"}
        gulnar = world.state(trip).contacts[0].id
        body = {"add_contact": saule} if asked == "add_contact" else {"contact_id": gulnar, "contact": saule}
        given = body if asked == "add_contact" else {"hand_over": body, "word": SAFE}
        answer = world.post(f"{trip}/changes", given, Amanba_Passphrase=WORDS["passphrase"])
        assert answer.status_code == 202
        ask(world, trip, {"end": True, "word": word})
        world.read_inbox()
        apply_due(world.service, world.now)
        world.wait(minutes=5)
        phone = f"+7700000004{number}"
        accept(world.service, Inbound("phones", phone, world.service.keys.phone_hash(phone), "1", address=phone))
        world.read_inbox()
        shown = world.get(trip, Amanba_Passphrase=WORDS["passphrase"]).json()["contacts"]
        listed = [(one.name, one.status, one.step) for one in people_now(world.service, world.state(trip).key)]
        seen.append(([one["status"] for one in shown], listed))
    assert seen[0] == seen[1]
    assert world.state(trip).contacts[-1].accepted, "and she is told of it"


@one_database
def test_an_end_by_a_safe_word_after_a_duress_alarm_is_told(world: World) -> None:
    trip = world.armed(words=True)
    ask(world, trip, {"pause_until": "2026-12-10T12:00:00Z", "word": DURESS})
    world.read_inbox()
    close_alarm(world, trip)
    world.wait(minutes=5)
    ask(world, trip, {"end": True, "word": SAFE})
    world.read_inbox()
    apply_due(world.service, world.now)
    assert world.state(trip).status == "ended"
    assert len([one for one in world.texts(DANIYAR, "notice") if "дома" in one]) == 1
