"""T35: a whole story, then the clock goes on, and every table is looked through for what is left of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta

from sqlalchemy import Connection, select

from service.db.chains import verify_chains
from service.db.errors import KeyErased, SealBroken
from service.db.sealed import open_keyring
from service.db.stored import table_of
from service.db.tables import Alarm
from tests.scenarios.story import SECRET, Story, family
from tests.scenarios.test_end_and_changes import change
from tests.traces import Trace, hashes_in, ids_in, named, readable, sealed_in

OF_TRIP = ("trips", "contacts", "alarms", "rehearsals", "changes", "check_ins", "outbox")


def lived_through(story: Story) -> set[str]:
    """A trip with words from its beginning to its end, an alarm in it; the ids that it brought with it."""
    family(story, words=True)
    more = {"name": "Aliya", "relation": "friend", "language": "ru", "role": "call", "disclosure": "link"}
    asked = {"add_contact": {**more, "phone": "+77015556677"}}
    story.call("POST", f"/trips/{story.trip_id}/changes", asked, 202, **{"Amanba-Passphrase": "a quiet harbour"})
    story.traveler.text("OK")
    story.traveler.text("the weather here is quite something")
    story.advance_to("2026-12-02T21:30+03:00")
    story.mother.expect("no sign since")
    story.mother.reply("1")
    story.mother.reply("2")
    story.brother.read_all()
    story.advance_to("2026-12-03T19:45+03:00")
    story.traveler.text("green apples")
    change(story, end=True, word="green apples")
    story.advance(hours=1)
    assert story.service.read(lambda conn: conn.execute(select(table_of(Alarm).c.closed_at)).scalars().all())
    return story.service.read(lambda conn: ids_in(conn, *OF_TRIP) - ids_in(conn, "travelers"))


def later(story: Story, days: int) -> None:
    """The clock goes on, and the worker keeps house."""
    story.now += timedelta(days=days)
    story.keep_house()


def left(story: Story, ids: Collection[str], but: Collection[str] = ()) -> set[Trace]:
    return story.service.read(lambda conn: named(conn, ids, but) | readable(conn, {*but, "travelers"}))


def can_be_opened(story: Story, stolen: Mapping[Trace, bytes]) -> set[str]:
    """From which tables there are values that the database, asked afresh, still has the key of."""
    keys = open_keyring(story.service.db, [SECRET], story.now)

    def is_erased(conn: Connection, value: bytes) -> bool:
        try:
            keys.open(conn, b"whatever it was for", value)
        except KeyErased:
            return True
        except SealBroken:
            return False
        return False

    return story.service.read(lambda conn: {one.table for one, value in stolen.items() if not is_erased(conn, value)})


def tables_of(traces: Collection[Trace]) -> set[str]:
    return {trace.table for trace in traces}


def test_of_a_trip_nothing_is_left_and_of_the_audit_trail_for_a_year(story: Story) -> None:
    """T35: after 31 days the case alone, after 91 the audit trail, which names nobody, after 366 nothing."""
    ids = lived_through(story)
    ids |= story.service.read(lambda conn: hashes_in(conn, "contacts", "outbox") - hashes_in(conn, "travelers"))
    later(story, 29)
    assert {"trips", "contacts", "plans", "words", "check_ins"} <= tables_of(left(story, ids))
    later(story, 2)
    assert tables_of(left(story, ids)) == {"alarms", "answers", "outbox", "audit_log"}
    assert story.service.read(lambda conn: readable(conn, {"travelers"})) == set(), "nobody can read any of it"
    later(story, 60)
    assert tables_of(left(story, ids)) == {"audit_log"}
    assert verify_chains(story.service.db, story.service.keys).broken == []
    later(story, 275)
    assert left(story, ids) == set()
    assert not verify_chains(story.service.db, story.service.keys).broken, "a checkpoint holds the chain"
    assert story.service.read(lambda conn: ids_in(conn, "travelers")), "her account is hers until she erases it"


def test_who_erases_herself_is_gone_and_in_a_year_her_lines_of_the_audit_trail(story: Story) -> None:
    """T35: with her go her keys, so that the rest cannot be opened wherever a copy lies."""
    ids = lived_through(story)
    hers = story.service.read(lambda conn: ids_in(conn, "travelers") | hashes_in(conn, "travelers"))
    stolen = story.service.read(sealed_in)
    story.call("DELETE", "/travelers/me", expect=202)
    assert "trips" in tables_of(left(story, ids)), "for three days somebody may doubt that the alarm ended well"
    later(story, 3)
    assert tables_of(left(story, {*ids, *hers})) == {"audit_log"}
    assert story.service.read(readable) == set()
    of_messages = {"outbox", "sign_ups"}
    assert can_be_opened(story, stolen) <= of_messages, "the day's key of messages lives for eight days"
    later(story, 6)
    assert can_be_opened(story, stolen) == set(), "a copy made before her erasure opens nothing any more"
    later(story, 355)
    assert tables_of(left(story, {*ids, *hers})) == {"audit_log"}
    later(story, 2)
    assert left(story, {*ids, *hers}) == set()
    assert story.service.read(lambda conn: ids_in(conn, "travelers")) == set()
