"""How often something may be tried or asked for: counted by what and by whom, and forgotten after a day.

Of whom only a keyed hash is kept, also of a visitor's address. A limit locks softly: it ends by itself, and what it
says never depends on whether a number is known. None stands on the way of a check-in, an SOS or an answer to an alarm:
whatever comes in by those ways is kept, however much there is of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from service.db.errors import Conflict
from service.db.routing import Tries
from service.db.rows import insert_ignore, update_all
from service.db.stored import table_of
from service.usecases.context import Service

TRIES = table_of(Tries)

LONGEST = timedelta(days=1)
"""No limit counts for longer, and nothing of whom is kept for longer (see `retention`)."""


@dataclass(frozen=True, slots=True)
class Limit:
    """`most` times `within` so long, counted from the first; then none until that time is over."""

    name: str
    most: int
    within: timedelta

    def by(self, whom: str) -> Counted:
        """This limit for one number, address, traveler or trip."""
        return Counted(self, whom)


@dataclass(frozen=True, slots=True)
class Counted:
    """A limit, and by whom it is counted."""

    limit: Limit
    whom: str


@dataclass(frozen=True, slots=True)
class Spent:
    """A limit that is spent, and when it begins anew."""

    limit: Limit
    again_in: timedelta


def count_all(service: Service, conn: Connection, now: datetime, wanted: Sequence[Counted]) -> Spent | None:
    """Count one more of each; when one is spent, say the first such, and count none of them.

    Of two at once the second waits for the first.

    Raises:
        Conflict: a count was forgotten meanwhile; begin anew.
    """
    subjects = [_subject(service, one) for one in wanted]
    # Always in the same order, so that no two wait for each other.
    insert_ignore(conn, TRIES, [{"subject": name, "since": now, "count": 0} for name in sorted(set(subjects))])
    query = select(TRIES).where(TRIES.c.subject.in_(subjects)).order_by(TRIES.c.subject).with_for_update()
    rows = {row["subject"]: row for row in conn.execute(query).mappings()}
    if len(rows) < len(set(subjects)):
        raise Conflict("a count was forgotten meanwhile")
    changes = {}
    for subject, one in zip(subjects, wanted, strict=True):
        row = rows[subject]
        is_over = row["since"] <= now - one.limit.within
        if not is_over and row["count"] >= one.limit.most:
            return Spent(one.limit, row["since"] + one.limit.within - now)
        changes[subject] = {
            "subject": subject,
            "since": now if is_over else row["since"],
            "count": 1 if is_over else row["count"] + 1,
        }
    update_all(conn, TRIES, list(changes.values()), where=("subject",))
    return None


def count(service: Service, conn: Connection, now: datetime, one: Counted) -> int:
    """Count one more, also beyond the limit; how many there are now."""
    boundless = Limit(one.limit.name, _BOUNDLESS, one.limit.within)
    count_all(service, conn, now, [boundless.by(one.whom)])
    query = select(TRIES.c.count).where(TRIES.c.subject == _subject(service, one))
    counted: int = conn.execute(query).scalar_one()
    return counted


def spent(service: Service, conn: Connection, now: datetime, one: Counted) -> Spent | None:
    """Whether a limit is spent. Changes nothing."""
    row = conn.execute(select(TRIES).where(TRIES.c.subject == _subject(service, one))).mappings().first()
    if row is None or row["count"] < one.limit.most or row["since"] <= now - one.limit.within:
        return None
    return Spent(one.limit, row["since"] + one.limit.within - now)


def so_far(service: Service, conn: Connection, now: datetime, one: Counted) -> int:
    """How many were counted, also beyond the limit. Changes nothing."""
    row = conn.execute(select(TRIES).where(TRIES.c.subject == _subject(service, one))).mappings().first()
    return 0 if row is None or row["since"] <= now - one.limit.within else int(row["count"])


_BOUNDLESS = 2**31 - 2
"""As much as the column holds."""


def _subject(service: Service, one: Counted) -> bytes:
    return service.keys.code_hash(f"tries:{one.limit.name}:{one.whom}")
