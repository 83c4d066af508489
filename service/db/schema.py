"""Which schema a database has, and what this version may do on it. Asked without Alembic, which takes long to import.

A revision is called by its number, `0007`. One that older versions cannot live with says from which on it serves,
`0007s0005`, and so do those after it: versions that know nothing newer than 0004 have to stop, 0005 and 0006 go on.
"""

from __future__ import annotations

import re
from enum import Enum
from importlib.resources import files

from sqlalchemy import Connection, column, inspect, select, table

VERSIONS = table("alembic_version", column("version_num"))

_REVISION = re.compile(r"(?P<number>\d{4})(s(?P<serves_from>\d{4}))?")


def _revisions() -> tuple[str, ...]:
    folder = files("service.db") / "migrations" / "versions"
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name[1:].split("_")[0] for name in names if name.startswith("v") and name.endswith(".py")))


KNOWN = _revisions()
"""All revisions that this version knows, the oldest first: `0007` is in the file v0007_what_it_does.py."""
HEAD = KNOWN[-1]


class Fit(Enum):
    """What this version may do on a schema."""

    OURS = "ours"
    """Everything."""
    NEWER = "newer"
    """Accept and show, beside its successors; the engine is theirs."""
    FOREIGN = "foreign"
    """Nothing: it is older, or newer and serves us no longer."""


def fit_of(revision: str | None, head: str = HEAD) -> Fit:
    """What the version whose newest revision is `head` may do on a schema; None is one that was never migrated."""
    if revision == head:
        return Fit.OURS
    theirs, ours = _REVISION.fullmatch(revision or ""), _REVISION.fullmatch(head)
    if theirs is None or ours is None or theirs["number"] <= ours["number"]:
        return Fit.FOREIGN
    return Fit.NEWER if (theirs["serves_from"] or "") <= ours["number"] else Fit.FOREIGN


def revision_of(conn: Connection) -> str | None:
    """The database's revision; None when it was never migrated."""
    if not inspect(conn).has_table(VERSIONS.name):
        return None
    revision: str | None = conn.execute(select(VERSIONS.c.version_num)).scalar()
    return revision
