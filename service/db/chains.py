"""Verifies the audit trail: that no line of a chain was changed, removed or put in between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, exists, select

from service.db import tx
from service.db.audit import AUDIT, CHECKPOINT, TRAVELERS, checkpoint_mark, line_hash
from service.db.engine import Database
from service.db.rows import ids, is_one_of
from service.db.sealed import Keyring

BATCH = 200
"""Chains that are read on one view of the database."""
LINES_AT_ONCE = 1000


class Fault(StrEnum):
    """What is wrong at the first line that does not fit."""

    MISSING = "missing"
    CHANGED = "changed"
    END_MISSING = "end_missing"
    """The lines end before the head that her own row keeps, or the head is another."""


SAID = {
    Fault.MISSING: "a line is missing here",
    Fault.CHANGED: "this line was changed",
    Fault.END_MISSING: "the lines that came after are missing, or the head was changed",
}


@dataclass(frozen=True, slots=True)
class Broken:
    """A chain that is not whole, and the position at which it breaks."""

    traveler_id: UUID
    position: int
    fault: Fault


@dataclass(slots=True)
class Verdict:
    """What was looked through: how many chains and lines, how many chains of people who were erased (nobody keeps the
    end of such a one), and the chains that are broken."""

    chains: int = 0
    lines: int = 0
    without_head: int = 0
    broken: list[Broken] = field(default_factory=list)

    def add(self, other: Verdict) -> None:
        self.chains += other.chains
        self.lines += other.lines
        self.without_head += other.without_head
        self.broken += other.broken


def verify_chains(db: Database, keys: Keyring, traveler_id: UUID | None = None) -> Verdict:
    """Verify all chains, or one traveler's, while everything runs.

    1. The chains of all travelers in batches, each batch on one view of the database: every line's hash covers it and
    the line before, positions follow each other, and the last one is the head that the traveler's row keeps.  2. The
    lines of people who were erased, as far as there are any.
    """
    if traveler_id is not None:
        verdict = tx.read(db, lambda conn: _verify(conn, keys, _heads(conn, [traveler_id])))
        if not verdict.chains:
            verdict = tx.read(db, lambda conn: _verify(conn, keys, {traveler_id: None}))
        return verdict
    total, last = Verdict(), UUID(int=0)
    while True:
        found, verdict = tx.read(db, partial(_verify_batch, keys=keys, after=last))
        total.add(verdict)
        if found is None:
            break
        last = found
    left = tx.read(db, _without_traveler)
    for start in range(0, len(left), BATCH):
        some = dict.fromkeys(left[start : start + BATCH])
        total.add(tx.read(db, partial(_verify, keys=keys, heads=some)))
    return total


def said_of(verdict: Verdict) -> list[str]:
    """The verdict in sentences, the broken chains first."""
    said = [f"Broken: traveler {one.traveler_id}, line {one.position}: {SAID[one.fault]}." for one in verdict.broken]
    whole = verdict.chains - len(verdict.broken)
    said.append(f"Lines looked at: {verdict.lines}. Chains: {verdict.chains}, whole: {whole}.")
    if verdict.without_head:
        said.append(f"Of people who were erased: {verdict.without_head}; nobody keeps where these ended.")
    return said


Head = tuple[bytes, int] | None
"""The hash of the last line and how many lines there ever were."""


def _verify_batch(conn: Connection, keys: Keyring, after: UUID) -> tuple[UUID | None, Verdict]:
    query = select(TRAVELERS.c.traveler_id).where(TRAVELERS.c.traveler_id > after)
    wanted = list(conn.execute(query.order_by(TRAVELERS.c.traveler_id).limit(BATCH)).scalars())
    verdict = _verify(conn, keys, _heads(conn, wanted))
    return (wanted[-1] if len(wanted) == BATCH else None), verdict


def _heads(conn: Connection, wanted: Sequence[UUID]) -> dict[UUID, Head]:
    dialect = conn.dialect.name
    query = select(TRAVELERS.c.traveler_id, TRAVELERS.c.audit_head, TRAVELERS.c.audit_length)
    found = conn.execute(query.where(is_one_of(dialect, TRAVELERS.c.traveler_id)), ids(dialect, wanted))
    return {row.traveler_id: (bytes(row.audit_head), row.audit_length) for row in found}


def _without_traveler(conn: Connection) -> list[UUID]:
    gone = ~exists().where(TRAVELERS.c.traveler_id == AUDIT.c.traveler_id)
    return list(conn.execute(select(AUDIT.c.traveler_id).where(gone).distinct()).scalars())


def _verify(conn: Connection, keys: Keyring, heads: dict[UUID, Head]) -> Verdict:
    verdict, unseen = Verdict(), dict(heads)
    for traveler_id, lines in groupby(_lines(conn, list(heads)), key=attrgetter("traveler_id")):
        head = unseen.pop(traveler_id)
        count, broken = _follow(keys, traveler_id, lines, head)
        verdict.add(Verdict(1, count, int(head is None), [broken] if broken else []))
    for traveler_id, head in unseen.items():
        if head is not None:
            lost = [Broken(traveler_id, 0, Fault.END_MISSING)] if head != (b"", 0) else []
            verdict.add(Verdict(1, 0, 0, lost))
    return verdict


def _lines(conn: Connection, travelers: Sequence[UUID]) -> Iterator[Row[Any]]:
    dialect = conn.dialect.name
    query = select(AUDIT).where(is_one_of(dialect, AUDIT.c.traveler_id)).order_by(AUDIT.c.traveler_id, AUDIT.c.position)
    yield from conn.execute(query, ids(dialect, travelers), execution_options={"yield_per": LINES_AT_ONCE})


def _follow(keys: Keyring, traveler_id: UUID, lines: Iterable[Row[Any]], head: Head) -> tuple[int, Broken | None]:
    """How many lines a chain has, and where it breaks first, if it does."""
    count, position, previous = 0, 0, b""
    broken: Broken | None = None
    for line in lines:
        count += 1
        if broken is not None:
            continue
        if count == 1 and line.action == CHECKPOINT:
            position, previous = line.position, checkpoint_mark(keys, traveler_id, line.position, bytes(line.hash))
            fits = bytes(line.previous) == previous
        elif line.position != position:
            broken = Broken(traveler_id, position, Fault.MISSING)
            continue
        else:
            covered = line_hash(previous, position, line.at, line.actor, line.action, line.sealed)
            fits = bytes(line.previous) == previous and bytes(line.hash) == covered
        if not fits:
            broken = Broken(traveler_id, line.position, Fault.CHANGED)
        position, previous = line.position + 1, bytes(line.hash)
    if broken is None and head is not None and head != (previous, position):
        broken = Broken(traveler_id, position, Fault.END_MISSING)
    return count, broken
