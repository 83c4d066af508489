"""T33: what was done is written down line by line, and a line that was changed or removed shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from service.db.audit import AUDIT, CHECKPOINT, TRAVELERS, cut_chains
from service.db.chains import Broken, Fault, Verdict, said_of, verify_chains
from tests.scenarios.story import Story, family, open_story
from tests.web.contact_pages import PIN, alarm_page, choose_pin

Line = Mapping[str, Any]


def an_alarm(story: Story) -> list[Line]:
    """A trip with an alarm whose sheet her mother opened; the lines of its chain."""
    family(story)
    choose_pin(story, "Gulnar")
    story.advance_to("2026-12-01T21:01+03:00")
    opened = story.client.post(f"{alarm_page(story.mother)}/sheet", data={"pin": PIN})
    assert opened.status_code == 200
    return lines_of(story)


def lines_of(story: Story) -> list[Line]:
    query = select(AUDIT).order_by(AUDIT.c.position)
    return [dict(row) for row in story.service.read(lambda conn: conn.execute(query).mappings().all())]


def verdict_of(story: Story, traveler: UUID | None = None) -> Verdict:
    return verify_chains(story.service.db, story.service.keys, traveler)


@contextmanager
def tampered(story: Story, tamper: Callable[[Connection], object]) -> Any:
    """While it lasts, somebody who can write to the database has done this to the chain."""
    kept = lines_of(story)
    heads = story.service.read(lambda conn: [dict(row) for row in conn.execute(select(TRAVELERS)).mappings()])
    story.service.run(tamper)
    yield verdict_of(story)

    def restore(conn: Connection) -> None:
        for table, rows in ((AUDIT, kept), (TRAVELERS, heads)):
            conn.execute(delete(table))
            conn.execute(insert(table), rows)

    story.service.run(restore)


def test_every_opening_of_a_sheet_is_a_line_and_no_line_can_be_changed_or_removed(story: Story) -> None:
    """T33: who, when and why; then each way to spoil the chain is found at its place."""
    lines = an_alarm(story)
    opened = next(line for line in lines if line["action"] == "sheet_opened")
    assert opened["actor"] == story.contacts["Gulnar"]
    assert opened["at"] == story.now
    why = json.loads(story.service.read(lambda conn: story.service.keys.open(conn, b"audit", opened["sealed"])))
    assert len(UUID(why["alarm"]).hex) == 32
    whole = verdict_of(story)
    assert (whole.chains, whole.lines, whole.broken) == (1, len(lines), [])
    traveler = lines[0]["traveler_id"]
    assert verdict_of(story, traveler) == whole
    assert verdict_of(story, uuid4()).chains == 0

    middle, last = opened["position"], len(lines) - 1
    assert 0 < middle < last + 1
    at = AUDIT.c.position == middle
    forged: Line = {**opened, "action": CHECKPOINT, "sealed": None}
    ways: dict[str, tuple[Callable[[Connection], object], int, Fault]] = {
        "the first": (lambda conn: conn.execute(delete(AUDIT).where(AUDIT.c.position == 0)), 0, Fault.MISSING),
        "this one": (lambda conn: conn.execute(delete(AUDIT).where(at)), middle, _gone(middle, last)),
        "the last": (lambda conn: conn.execute(delete(AUDIT).where(AUDIT.c.position == last)), last, Fault.END_MISSING),
        "all": (lambda conn: conn.execute(delete(AUDIT)), 0, Fault.END_MISSING),
        "whose": (lambda conn: conn.execute(update(AUDIT).where(at).values(actor="engine")), middle, Fault.CHANGED),
        "what": (lambda conn: conn.execute(update(AUDIT).where(at).values(action="armed")), middle, Fault.CHANGED),
        "why": (lambda conn: conn.execute(update(AUDIT).where(at).values(sealed=None)), middle, Fault.CHANGED),
        "when": (
            lambda conn: conn.execute(update(AUDIT).where(at).values(at=opened["at"] - timedelta(days=1))),
            middle,
            Fault.CHANGED,
        ),
        "the head": (lambda conn: conn.execute(update(TRAVELERS).values(audit_head=b"")), last + 1, Fault.END_MISSING),
        "a beginning of one's own": (lambda conn: _begin_at(conn, forged), middle, Fault.CHANGED),
    }
    for how, (tamper, position, fault) in ways.items():
        with tampered(story, tamper) as found:
            assert found.broken == [Broken(traveler, position, fault)], how
    assert verdict_of(story) == whole


def _gone(middle: int, last: int) -> Fault:
    return Fault.END_MISSING if middle == last else Fault.MISSING


def _begin_at(conn: Connection, forged: Line) -> None:
    conn.execute(delete(AUDIT).where(AUDIT.c.position <= forged["position"]))
    conn.execute(insert(AUDIT), dict(forged))


def test_what_retention_cuts_leaves_a_chain_that_is_whole(story: Story) -> None:
    """T33: a checkpoint stands for what was cut; the chain goes on, and what is missing behind it shows."""
    family(story)
    before = story.now + timedelta(seconds=1)
    story.advance_to("2026-12-01T21:31+03:00")
    lines = lines_of(story)
    old = [line for line in lines if line["at"] < before]
    assert len(lines) > len(old) > 2

    def cut(at: Any) -> int:
        return story.service.run(lambda conn: cut_chains(conn, story.service.keys, at))

    assert (cut(before), cut(before)) == (1, 0)
    left = lines_of(story)
    assert left[1:] == lines[len(old) :]
    assert (left[0]["action"], left[0]["hash"], left[0]["sealed"]) == (CHECKPOINT, old[-1]["hash"], None)
    whole = verdict_of(story)
    assert (whole.lines, whole.broken) == (len(left), [])
    with tampered(
        story, lambda conn: conn.execute(delete(AUDIT).where(AUDIT.c.position == left[1]["position"]))
    ) as found:
        assert [broken.fault for broken in found.broken] == [Fault.MISSING]
    with tampered(story, lambda conn: conn.execute(delete(AUDIT).where(AUDIT.c.action == CHECKPOINT))) as found:
        assert [broken.fault for broken in found.broken] == [Fault.MISSING]

    story.traveler.text("ok")
    story.run()
    assert verdict_of(story).broken == []
    assert (cut(story.now + timedelta(days=366)), cut(story.now + timedelta(days=366))) == (1, 0)
    assert [line["action"] for line in lines_of(story)] == [CHECKPOINT]
    assert verdict_of(story).broken == []


def test_what_is_left_of_somebody_who_was_erased_is_verified_without_an_end(sqlite_url: str) -> None:
    """T33: nobody keeps where such a chain ended; it is said so, and what is there must fit."""
    with open_story(sqlite_url) as story:
        family(story)
        story.service.run(lambda conn: conn.execute(delete(TRAVELERS)))
        found = verdict_of(story)
        assert (found.chains, found.without_head, found.broken) == (1, 1, [])
        assert "Of people who were erased: 1" in said_of(found)[-1]
        story.service.run(lambda conn: conn.execute(update(AUDIT).where(AUDIT.c.position == 1).values(actor="x")))
        assert [one.position for one in verdict_of(story).broken] == [1]
        assert story.service.run(lambda conn: cut_chains(conn, story.service.keys, story.now + timedelta(days=366)))
        assert lines_of(story) == []


@pytest.mark.parametrize("many", [3])
def test_the_chains_of_many_are_read_in_batches(sqlite_url: str, monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    monkeypatch.setattr("service.db.chains.BATCH", 2)
    with open_story(sqlite_url) as story:
        for number in range(many):
            story.token = ""
            story.register(name="Aizhan", phone=f"+7701555000{number}")
        travelers = [line["traveler_id"] for line in lines_of(story)]
        assert verdict_of(story).chains == many
        story.service.run(lambda conn: conn.execute(update(AUDIT).values(actor="somebody")))
        assert {one.traveler_id for one in verdict_of(story).broken} == set(travelers)
