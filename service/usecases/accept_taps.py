"""What the forms behind links send, kept in one statement that also proves the links: the busiest path of all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import (
    Boolean,
    Connection,
    LargeBinary,
    Row,
    TextualSelect,
    Uuid,
    and_,
    bindparam,
    column,
    or_,
    select,
    text,
)
from sqlalchemy.exc import SQLAlchemyError

from service.db.errors import StorageUnavailable
from service.db.routing import Inbox
from service.db.rows import insert_ignore
from service.db.stored import table_of
from service.db.types import UTCDateTime
from service.usecases.context import Service
from service.usecases.show_check_in import Said, due_after, open_plans

INBOX = table_of(Inbox)

log = structlog.get_logger()

MOST_WRONG = 5
"""Wrong secrets; then a link is locked."""


@dataclass(frozen=True, slots=True)
class Tap:
    """What the form behind a link sent. `kind` is what the link must be for; `nonce` names the form.

    The form's nonce and its text are the provider id: a double tap is one row and the same page, and another text in
    the same form, after going back, counts too: it may be a word of duress.
    """

    token: str
    kind: str
    nonce: str
    text: str


@dataclass(frozen=True, slots=True)
class AcceptedTap:
    """What became of it: `new` is false for a repeat, and `received_at` is then the first one's.

    Of a check-in also what its page says: `language` is the traveler's, and `due_after` the next time as text, empty
    when none is planned or known. Both are the same whatever the words are.
    """

    new: bool
    received_at: datetime
    language: str | None = None
    due_after: str = ""


def text_name(service: Service, said: str) -> str:
    """A name for a text that tells it from others and leads nowhere back to it."""
    return service.keys.token_hash(f"text:{said}").hex()[:12]


def received_at(conn: Connection, ids: Sequence[tuple[str, str]]) -> dict[tuple[str, str], datetime]:
    """When those of these messages (source and provider id) that are there were received."""
    # By source: for pairs SQLite would read the whole table.
    of_each = [
        and_(INBOX.c.source == source, INBOX.c.provider_id.in_([name for of, name in ids if of == source]))
        for source in dict.fromkeys(source for source, _ in ids)
    ]
    query = select(INBOX.c.source, INBOX.c.provider_id, INBOX.c.received_at).where(or_(*of_each))
    return {(row.source, row.provider_id): row.received_at for row in conn.execute(query)}


def body_of(said: str, address: str | None, opt_out: str | None = None, language: str = "", **kinds: bool) -> bytes:
    """What the inbox keeps sealed: a text and, for a reply, where it came from; what its provider took it for, and the
    person's language, too; and of what `kinds` it is: no text but a call, or nobody knows from when."""
    body: dict[str, Any] = {"text": said, "from": address, **{kind: True for kind, is_one in kinds.items() if is_one}}
    if opt_out is not None:
        body["opt_out"] = opt_out
    if language:
        body["language"] = language
    return json.dumps(body, ensure_ascii=False).encode()


def keep_taps(
    service: Service, conn: Connection, key_id: UUID, taps: Sequence[Tap], now: datetime
) -> list[AcceptedTap | None]:
    """Keep taps within a transaction; what became of each, in order.

    1. The rows are written for all links that are alive, and what the pages say is read, before READ can see a row: a
       page must foresee from the same state whatever the words are.
    2. Of what was there already, the first answer is given again.
    3. What neither was written nor was there is of a link that is unknown, has ended or is locked: None.
    """
    names = [_named(service, tap) for tap in taps]
    given = dict(zip(names, taps, strict=True))
    bodies = [service.keys.seal(conn, key_id, b"inbox", body_of(tap.text, None)) for tap in given.values()]
    write = _write_at_once if conn.dialect.name == "postgresql" else _write_after_reading
    written = write(conn, list(given), bodies, now)
    repeats = [name for name, (is_new, _) in written.items() if not is_new]
    first = _received(conn, repeats) if repeats else {}
    open_plans(service, conn, [said.plan for _, said in written.values() if said.plan is not None])
    kept: dict[_Name, AcceptedTap] = {}
    for name, (is_new, said) in written.items():
        received = first.get(name, now)
        kept[name] = AcceptedTap(is_new, received, said.language, _foreseen(service, conn, said, received, now))
    return [kept.get(name) for name in names]


def _foreseen(service: Service, conn: Connection, said: Said, received: datetime, now: datetime) -> str:
    """The next time, or none for a plan that cannot be read here, because a newer version has written it or because it
    broke: what she says counts all the same."""
    try:
        return due_after(service, conn, said, received, now)
    except (SQLAlchemyError, StorageUnavailable):
        raise
    except Exception:
        log.exception("next_time_unknown", trip_id=str(said.trip_id))
        return ""


class _Name(NamedTuple):
    """What names a row of the inbox, and the link that it comes from."""

    kind: str
    provider_id: str
    digest: bytes


_Written = dict[_Name, tuple[bool, Said]]
"""The rows of those whose link is alive: whether each was new, and what its page is made of."""


def _named(service: Service, tap: Tap) -> _Name:
    digest = service.keys.token_hash(tap.token)
    return _Name(tap.kind, f"{digest.hex()[:16]}:{tap.nonce}:{text_name(service, tap.text)}", digest)


def _write_at_once(conn: Connection, names: Sequence[_Name], bodies: Sequence[bytes], now: datetime) -> _Written:
    values = {
        "digests": [name.digest for name in names],
        "kinds": [name.kind for name in names],
        "names": [name.provider_id for name in names],
        "sealed": bodies,
        "now": now,
        "most_wrong": MOST_WRONG,
    }
    rows = conn.exec_driver_sql(_keep_all(), values).all()
    return {names[place - 1]: (is_new, _as_said(*said)) for place, is_new, *said in rows}


def _as_said(traveler_id: UUID, trip_id: UUID, deadline: datetime | None, *of_trip: Any) -> Said:
    """A deadline comes in the zone of its connection; the core counts in UTC."""
    return Said(traveler_id, trip_id, deadline and deadline.astimezone(UTC), *of_trip)


def _write_after_reading(conn: Connection, names: Sequence[_Name], bodies: Sequence[bytes], now: datetime) -> _Written:
    values = {"digests": [name.digest for name in names], "now": now, "most_wrong": MOST_WRONG}
    links = {(row.kind, row.token_hash): row for row in conn.execute(_find_all(), values)}
    alive = {
        name: (links[name.kind, name.digest], body)
        for name, body in zip(names, bodies, strict=True)
        if (name.kind, name.digest) in links
    }
    rows = [_inbox_row(name, link, body, now) for name, (link, body) in alive.items()]
    all_new = insert_ignore(conn, INBOX, rows) == len(rows)
    # Those of this transaction are among them.
    there = {} if all_new else _received(conn, list(alive))
    return {name: (there.get(name, now) == now, Said(*link[4:])) for name, (link, _) in alive.items()}


def _inbox_row(name: _Name, link: Row[Any], sealed: bytes, now: datetime) -> dict[str, Any]:
    return {
        "source": name.kind,
        "provider_id": name.provider_id,
        "sender": name.digest,
        "traveler_id": link.traveler_id,
        "trip_id": link.trip_id,
        "contact_id": link.contact_id,
        "alarm_id": link.alarm_id,
        "sealed": sealed,
        "media": 0,
        "occurred_at": now,
        "received_at": now,
    }


def _received(conn: Connection, names: Sequence[_Name]) -> dict[_Name, datetime]:
    """When what is there was received. Asked after the write: what another process kept meanwhile is seen."""
    received = received_at(conn, [(name.kind, name.provider_id) for name in names])
    return {name: received[name[:2]] for name in names}


_ALIVE = """(links.expires_at IS NULL OR links.expires_at > :now)
            -- A page that too many wrong secrets have locked takes nothing; texts still do.
            AND links.used < :most_wrong"""

# Whatever a page says is read of check-in links alone; of the others the columns are empty.
_SAID = """link.traveler_id, link.trip_id, traveler_watch.deadline, traveler_watch.state, plans.sealed AS plan,
        travelers.language, trips.armed_at,
        EXISTS (SELECT 1 FROM changes WHERE changes.traveler_id = trips.traveler_id AND changes.trip_id = trips.trip_id
            AND changes.state = 'pending' AND changes.effective_at <= :now) AS waits"""

_OF_TRIP = """
    LEFT JOIN trips ON link.kind = 'check_in'
        AND trips.traveler_id = link.traveler_id AND trips.trip_id = link.trip_id
    LEFT JOIN travelers ON travelers.traveler_id = trips.traveler_id
    LEFT JOIN plans ON plans.traveler_id = trips.traveler_id AND plans.trip_id = trips.trip_id
    LEFT JOIN traveler_watch
        ON traveler_watch.traveler_id = trips.traveler_id AND traveler_watch.trip_id = trips.trip_id"""


@lru_cache(maxsize=1)
def _keep_all() -> str:
    """PostgreSQL: writes and reads in one statement, all parts of which see the state before it.

    The arrays are given by subqueries, which keep their lengths from the planner: it would plan anew for each, and that
    takes as long as the rest.
    """
    statement = f"""
    WITH link AS (
        SELECT given.place, given.kind, given.name, given.sealed,
            links.token_hash, links.traveler_id, links.trip_id, links.contact_id, links.alarm_id
        FROM unnest((SELECT %(digests)s::bytea[]), (SELECT %(kinds)s::text[]), (SELECT %(names)s::text[]),
                (SELECT %(sealed)s::bytea[]))
            WITH ORDINALITY AS given (token_hash, kind, name, sealed, place)
        JOIN links ON links.token_hash = given.token_hash AND links.kind = given.kind
        WHERE {_ALIVE}
    ), kept AS (
        INSERT INTO inbox (source, provider_id, sender, traveler_id, trip_id, contact_id, alarm_id, sealed, media,
            occurred_at, received_at)
        SELECT link.kind, link.name, link.token_hash, link.traveler_id, link.trip_id, link.contact_id, link.alarm_id,
            link.sealed, 0, :now, :now
        FROM link ORDER BY link.place
        ON CONFLICT DO NOTHING
        RETURNING source, provider_id
    )
    SELECT link.place, kept.source IS NOT NULL AS is_new, {_SAID}
    FROM link LEFT JOIN kept ON kept.source = link.kind AND kept.provider_id = link.name
    {_OF_TRIP}
    """  # noqa: S608 - of our own words  # nosec B608
    # In the driver's own words: SQLAlchemy would look at each value of each array, and at each row, a second time.
    return statement.replace(":now", "%(now)s::timestamptz").replace(":most_wrong", "%(most_wrong)s")


@lru_cache(maxsize=1)
def _find_all() -> TextualSelect:
    """SQLite: only reads. The write follows in a transaction that nobody else writes beside."""
    statement = f"""
    SELECT link.kind, link.token_hash, link.contact_id, link.alarm_id, {_SAID}
    FROM (SELECT * FROM links WHERE links.token_hash IN :digests AND {_ALIVE}) AS link
    {_OF_TRIP}
    """  # noqa: S608 - of our own words  # nosec B608
    return (
        text(statement)
        .bindparams(bindparam("digests", expanding=True, type_=LargeBinary()), bindparam("now", type_=UTCDateTime()))
        .columns(
            column("kind"),
            column("token_hash"),
            column("contact_id", Uuid()),
            column("alarm_id", Uuid()),
            column("traveler_id", Uuid()),
            column("trip_id", Uuid()),
            column("deadline", UTCDateTime()),
            column("state"),
            column("plan", LargeBinary()),
            column("language"),
            column("armed_at", UTCDateTime()),
            column("waits", Boolean()),
        )
    )
