"""What waits is taken back by a word of hers, and an unsafe contact is gone with one."""

from functools import partial
from typing import Any
from uuid import uuid4

from service.core.alarm import AlarmKind
from service.db.claims import claim_outbox
from service.db.settle import Settlement, settle
from service.usecases.apply_changes import apply_due
from service.usecases.sweep import sweep
from tests.easy import one_database
from tests.usecases.test_change_trip import DURESS, SAFE, WEEKLY, ask, notices
from tests.web.api_world import GULNAR, WORDS, World, errors, world

__all__ = ["world"]


class TestTakenBack:
    """T9: undo by a safe word; in a trip without words by herself, because all it does is to let things be."""

    @one_database
    def test_with_a_word_of_hers_what_waits_is_taken_back_and_her_people_hear_of_it(self, world: World) -> None:
        trip = world.armed(words=True)
        mother = str(world.state(trip).contacts[0].contact_id)
        ask(world, trip, {"plan": WEEKLY})
        ask(world, trip, {"remove_contact": mother})
        asked = self.asked(world, trip)
        assert [one["kind"] for one in asked] == ["plan", "remove_contact"]
        assert notices(world) == [1, 2]
        for word in ("something else", None):
            for one in asked:
                ask(world, trip, {"undo": one["change_id"], **({"word": word} if word else {})})
        assert self.asked(world, trip) == asked, "nothing is taken back, and nothing says so"
        for one in asked:
            world.wait(minutes=1)
            ask(world, trip, {"undo": one["change_id"], "word": SAFE})
        assert self.asked(world, trip) == []
        assert notices(world) == [2, 4], "she who was to leave heard nothing of it before"
        world.wait(hours=48)
        world.read_inbox()
        assert apply_due(world.service, world.now) == 0
        assert list(errors(world.post(f"{trip}/changes", {"undo": asked[0]["change_id"], "word": SAFE}))) == ["undo"]

    @one_database
    def test_a_word_of_duress_looks_the_same_and_tells_of_itself_alone(self, world: World) -> None:
        trip = world.armed(words=True)
        ask(world, trip, {"pause_until": "2026-12-10T12:00:00Z"})
        [one] = self.asked(world, trip)
        ask(world, trip, {"undo": one["change_id"], "word": DURESS})
        assert self.asked(world, trip) == []
        assert notices(world) == [1, 1]
        world.read_inbox()
        alarm = world.state(trip).alarm
        assert alarm is not None
        assert alarm.view.kind is AlarmKind.DURESS

    @one_database
    def test_without_words_she_takes_it_back_herself(self, world: World) -> None:
        """T10: also that she has said to be home."""
        trip = world.armed()
        ask(world, trip, {"end": True})
        ask(world, trip, {"plan": WEEKLY})
        plan, end = world.get(trip).json()["changes"]
        assert (end["kind"], end["effective_at"], plan["effective_at"]) == ("end", None, "2026-12-03T06:00:00Z")
        for one in (end, plan):
            ask(world, trip, {"undo": one["change_id"]})
        assert (world.get(trip).json()["changes"], world.state(trip).end_requested_at) == ([], None)
        assert "қайтарылды" in world.texts(GULNAR, "notice")[-1]

    def asked(self, world: World, trip: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = world.get(trip, Amanba_Passphrase=WORDS["passphrase"]).json()["changes"]
        return found


class TestUnsafe:
    """T23: "I am not safe with her". What an open alarm changes of it is told in `scenarios/test_unsafe_contact.py`."""

    @one_database
    def test_without_a_word_of_hers_it_waits_like_any_removal(self, world: World) -> None:
        trip = world.armed(words=True)
        mother = str(world.state(trip).contacts[0].contact_id)
        for word in ({}, {"word": "something else"}):
            world.wait(minutes=1)
            ask(world, trip, {"remove_contact": mother, "unsafe": True, **word})
        assert notices(world) == [0, 2]
        assert [contact.status for contact in world.state(trip).contacts] == ["accepted", "accepted"]
        world.wait(hours=48)
        world.read_inbox()
        apply_due(world.service, world.now)
        assert [contact.status for contact in world.state(trip).contacts] == ["removed", "accepted"]

    @one_database
    def test_the_last_one_leaves_too_and_whoever_runs_this_hears_of_it(self, world: World) -> None:
        trip = world.armed(words=True)
        for contact in world.state(trip).contacts:
            ask(world, trip, {"remove_contact": contact.id, "unsafe": True, "word": SAFE})
        assert [contact.status for contact in world.state(trip).contacts] == ["removed", "removed"]
        assert len(world.texts("+77000000099", "operator")) == 1

    def test_what_is_on_its_way_to_her_is_tried_once_and_never_again(self, world: World) -> None:
        trip = world.armed(words=True)
        mother = world.state(trip).contacts[0].contact_id
        world.post(f"{trip}/sos")
        world.read_inbox()
        sweep(world.service)
        token = uuid4()
        claimed = world.service.run(lambda conn: claim_outbox(conn, world.now, 100, token))
        hers = [row for row in claimed if row.contact_id == mother]
        assert hers
        ask(world, trip, {"remove_contact": str(mother), "unsafe": True, "word": SAFE})
        for row in hers:
            tried = Settlement(row.traveler_id, row.outbox_id, token, "pending", available_at=world.now)
            assert world.service.run(partial(settle, now=world.now, settlement=tried))
        again = world.service.run(lambda conn: claim_outbox(conn, world.now, 100, uuid4()))
        assert mother not in {row.contact_id for row in again}
