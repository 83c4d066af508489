"""The audit trail: what was done to a traveler's affairs, one chain of hashes each, so that a removed line shows.

A chain begins with the line at position 0, or, once retention has cut its beginning, with a checkpoint: a line that
stands at the last position that was cut and keeps that line's hash, which the next one goes on from. Only who has the
keys can make one. `service.db.chains` verifies.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Select, delete, exists, func, insert, literal_column, select

from service.db.rows import ids, insert_all, is_one_of, update_all
from service.db.sealed import Keyring
from service.db.stored import table_of
from service.db.tables import AuditLine, Traveler

TRAVELERS = table_of(Traveler)
AUDIT = table_of(AuditLine)

CHECKPOINT = "checkpoint"
"""The action of the line that stands for a beginning that was cut."""
ENGINE = "engine"


class _Line(NamedTuple):
    actor: str
    action: str
    key_id: UUID | None
    detail: dict[str, Any] | None


class AuditTrail:
    """Collects lines and appends them to their travelers' chains at the end of the transaction."""

    def __init__(self, conn: Connection, keys: Keyring, now: datetime) -> None:
        self._conn = conn
        self._keys = keys
        self._now = now
        self._lines: dict[UUID, list[_Line]] = defaultdict(list)

    def add(
        self,
        traveler_id: UUID,
        actor: str,
        action: str,
        key_id: UUID | None = None,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Note that `actor` (a contact's id, "traveler", "operator" or "engine") did `action`; `detail` is sealed."""
        self._lines[traveler_id].append(_Line(actor, action, key_id, detail))

    def flush(self) -> None:
        """Append what was collected. The travelers' rows are locked in the order of their ids until the end."""
        if not self._lines:
            return
        dialect = self._conn.dialect.name
        found = self._conn.execute(_heads_query(dialect), ids(dialect, self._lines)).all()
        heads, rows = [], []
        for traveler_id, head, length in found:
            for line in self._lines.pop(traveler_id):
                row = self._row(traveler_id, length, head, line)
                rows.append(row)
                head, length = row["hash"], length + 1
            heads.append({"traveler_id": traveler_id, "audit_head": head, "audit_length": length})
        if self._lines:
            raise LookupError(f"no chain for the travelers {', '.join(map(str, self._lines))}")
        update_all(self._conn, TRAVELERS, heads, where=("traveler_id",))
        insert_all(self._conn, AUDIT, rows)

    def _row(self, traveler_id: UUID, position: int, previous: bytes, line: _Line) -> dict[str, Any]:
        sealed = None
        if line.detail is not None and line.key_id is not None:
            text = json.dumps(line.detail, ensure_ascii=False)
            sealed = self._keys.seal(self._conn, line.key_id, b"audit", text.encode())
        return {
            "traveler_id": traveler_id,
            "position": position,
            "at": self._now,
            "actor": line.actor,
            "action": line.action,
            "sealed": sealed,
            "hash": line_hash(previous, position, self._now, line.actor, line.action, sealed),
            "previous": previous,
        }


@lru_cache(maxsize=2)
def _heads_query(dialect: str) -> Select[Any]:
    columns = (TRAVELERS.c.traveler_id, TRAVELERS.c.audit_head, TRAVELERS.c.audit_length)
    query = select(*columns).where(is_one_of(dialect, TRAVELERS.c.traveler_id))
    return query.order_by(TRAVELERS.c.traveler_id).with_for_update()


def line_hash(previous: bytes, position: int, at: datetime, actor: str, action: str, sealed: bytes | None) -> bytes:
    """SHA-256 over a line and the hash before it."""
    text = json.dumps([position, at.astimezone(UTC).isoformat(), actor, action, (sealed or b"").hex()])
    return hashlib.sha256(previous + text.encode()).digest()


def checkpoint_mark(keys: Keyring, traveler_id: UUID, position: int, head: bytes) -> bytes:
    """What a checkpoint holds in place of the hash before it: a keyed hash of where it stands and of what it keeps."""
    return keys.checkpoint_hash(f"{traveler_id}:{position}:{head.hex()}")


def cut_chains(conn: Connection, keys: Keyring, before: datetime, *, limit: int = 100) -> int:
    """Cut from the chains of up to `limit` travelers all lines older than `before`, and leave a checkpoint in each;
    how many chains were cut. Of people who were erased nothing is left once all their lines are old.

    Lines are cut from the beginning only: one that a clock set back has dated too early stays as long as those before
    it. Killed here: nothing is cut.
    """
    earlier = AUDIT.alias("earlier")
    is_first = ~exists().where(
        earlier.c.traveler_id == AUDIT.c.traveler_id,
        earlier.c.position < AUDIT.c.position,
        earlier.c.action != CHECKPOINT,
    )
    # Written out: a partial index is taken only for a condition that can be seen.
    is_line = AUDIT.c.action != literal_column(f"'{CHECKPOINT}'")
    old = select(AUDIT.c.traveler_id).where(AUDIT.c.at < before, is_line, is_first)
    chosen = sorted(conn.execute(old.order_by(AUDIT.c.at).limit(limit)).scalars())
    if not chosen:
        return 0
    dialect = conn.dialect.name
    known = {row.traveler_id for row in conn.execute(_heads_query(dialect), ids(dialect, chosen))}
    for traveler_id in chosen:
        _cut(conn, keys, traveler_id, before, keep=traveler_id in known)
    return len(chosen)


def _cut(conn: Connection, keys: Keyring, traveler_id: UUID, before: datetime, *, keep: bool) -> None:
    hers = AUDIT.c.traveler_id == traveler_id
    newer = select(func.min(AUDIT.c.position)).where(hers, AUDIT.c.at >= before, AUDIT.c.action != CHECKPOINT)
    stays = conn.execute(newer).scalar()
    goes = hers if stays is None else hers & (AUDIT.c.position < stays)
    last = conn.execute(select(AUDIT).where(goes).order_by(AUDIT.c.position.desc()).limit(1)).mappings().one()
    conn.execute(delete(AUDIT).where(goes))
    if keep or stays is not None:
        mark = checkpoint_mark(keys, traveler_id, last["position"], last["hash"])
        line = {"actor": ENGINE, "action": CHECKPOINT, "sealed": None, "previous": mark}
        conn.execute(insert(AUDIT), {**last, **line})
