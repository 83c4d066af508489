"""Takes trips, cases and people out of the database: first the keys that sealed what they told us, then the rows.

What a key sealed cannot be read any more once its row is gone, wherever a copy of the value may still lie: in a free
page of a file, in the log of a database. A backup that was made before has the key, until the backup itself is deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Table, delete, literal_column, select, update

from service.db.routing import NIL, AckCode, Inbox, Link, PhoneOwner
from service.db.rows import ids, is_one_of, is_pair, pairs
from service.db.sealed import Keyring
from service.db.stored import Stored, table_of
from service.db.tables import Alarm, Answer, AuditLine, Contact, Outbox, Traveler, Trip
from service.db.trip_state import TripKey

ALARMS = table_of(Alarm)
ANSWERS = table_of(Answer)
AUDIT = table_of(AuditLine)
CODES = table_of(AckCode)
CONTACTS = table_of(Contact)
INBOX = table_of(Inbox)
LINKS = table_of(Link)
OUTBOX = table_of(Outbox)
OWNERS = table_of(PhoneOwner)
TRAVELERS = table_of(Traveler)
TRIPS = table_of(Trip)

OF_A_CASE = (ALARMS, OUTBOX)
"""What an alarm's case still needs when its trip is erased."""


def erase_trips(conn: Connection, keys: Keyring, wanted: Sequence[TripKey]) -> None:
    """Erase all that is kept of these trips but for their cases: of an alarm it stays that there was one, what was
    answered, and to which of its people (by id) a message left.

    Her numbers stay hers; those of the trip's people are nobody's any more. A table that names a trip is found by its
    columns, so that none is forgotten which a later version adds.
    """
    if not wanted:
        return
    dialect, several = conn.dialect.name, len(wanted) > 1
    given = pairs(dialect, wanted)
    _erase_keys(conn, keys, conn.execute(select(TRIPS.c.key_id).where(_of(TRIPS, dialect, several)), given).scalars())
    people = conn.execute(select(CONTACTS.c.contact_id).where(_of(CONTACTS, dialect, several)), given).scalars().all()
    if people:
        conn.execute(delete(CODES).where(is_one_of(dialect, CODES.c.contact_id)), ids(dialect, people))
    hers = OWNERS.c.contact_id == NIL
    conn.execute(update(OWNERS).where(_of(OWNERS, dialect, several), hers).values(trip_id=None, armed=False), given)
    about_an_alarm = _of(OUTBOX, dialect, several), OUTBOX.c.alarm_id.is_not(None)
    conn.execute(update(OUTBOX).where(*about_an_alarm).values(sealed=b"", address_hash=b"", ref_code=None), given)
    conn.execute(delete(OUTBOX).where(_of(OUTBOX, dialect, several)).where(OUTBOX.c.alarm_id.is_(None)), given)
    # Of what came in, only texts that nobody understood are left by now; written out for the index that holds them.
    unclear = INBOX.c.result == literal_column("'ambiguous'")
    conn.execute(delete(INBOX).where(_of(INBOX, dialect, several), unclear), given)
    # Nothing looks at a case again; a provider's late word about one of its messages must not ask for it.
    conn.execute(update(ALARMS).where(_of(ALARMS, dialect, several)).values(look_at=None), given)
    for table in _with_columns("traveler_id", "trip_id"):
        if table not in OF_A_CASE:
            conn.execute(delete(table).where(_of(table, dialect, several)), given)


def erase_cases(conn: Connection, cases: Sequence[tuple[UUID, UUID]]) -> None:
    """Erase all that is kept of alarms, each given by its traveler's id and its own."""
    if not cases:
        return
    dialect, several = conn.dialect.name, len(cases) > 1
    given = pairs(dialect, cases)
    for table in _with_columns("traveler_id", "alarm_id"):
        of_case = is_pair(dialect, table.c.traveler_id, table.c.alarm_id, several=several)
        if table is not INBOX:
            conn.execute(delete(table).where(of_case), given)


def erase_travelers(conn: Connection, keys: Keyring, wanted: Sequence[UUID]) -> None:
    """Erase all that is kept of these people: account, trips, cases. Of the audit trail the lines stay, which name
    nobody, and whose details cannot be read any more."""
    if not wanted:
        return
    dialect = conn.dialect.name
    given = ids(dialect, wanted)
    # First her row: whoever writes to her audit trail has it locked, and finds nobody afterwards.
    hers = select(TRAVELERS.c.key_id).where(is_one_of(dialect, TRAVELERS.c.traveler_id))
    # In the order of all who lock several of them.
    hers = hers.order_by(TRAVELERS.c.traveler_id).with_for_update()
    _erase_keys(conn, keys, conn.execute(hers, given).scalars())
    of_trips = select(TRIPS.c.key_id).where(is_one_of(dialect, TRIPS.c.traveler_id))
    _erase_keys(conn, keys, conn.execute(of_trips, given).scalars())
    own = select(OWNERS.c.phone_hash).where(is_one_of(dialect, OWNERS.c.traveler_id), OWNERS.c.contact_id == NIL)
    senders = conn.execute(own, given).scalars().all()
    if senders:
        theirs = ids(dialect, senders)
        conn.execute(delete(INBOX).where(is_one_of(dialect, INBOX.c.sender), INBOX.c.handled_at.is_not(None)), theirs)
        codes = OUTBOX.c.traveler_id == NIL, OUTBOX.c.settled_at.is_not(None)
        conn.execute(delete(OUTBOX).where(is_one_of(dialect, OUTBOX.c.address_hash), *codes), theirs)
    _erase_pages(conn, given, dialect)
    for table in _with_columns("traveler_id"):
        if table is not AUDIT:
            conn.execute(delete(table).where(is_one_of(dialect, table.c.traveler_id)), given)


def close_doors(conn: Connection, wanted: Sequence[UUID]) -> int:
    """End the sessions of these travelers, the tokens of their programs, their pages for an OK and their calendars; how
    many."""
    if not wanted:
        return 0
    dialect = conn.dialect.name
    of_them = is_one_of(dialect, LINKS.c.traveler_id), LINKS.c.kind.in_(("session", "api", "check_in", "calendar"))
    return conn.execute(delete(LINKS).where(*of_them), ids(dialect, wanted)).rowcount


def _erase_pages(conn: Connection, given: Mapping[str, Any], dialect: str) -> None:
    """What the operator was told of them: a page names its trip or its alarm in its occasion alone."""
    about = set()
    for column in (TRIPS.c.trip_id, ALARMS.c.alarm_id):
        hers = select(column).where(is_one_of(dialect, column.table.c.traveler_id))
        about |= {str(one) for one in conn.execute(hers, given).scalars()}
    pages = select(OUTBOX.c.outbox_id, OUTBOX.c.dedupe_key).where(
        OUTBOX.c.traveler_id == NIL, OUTBOX.c.kind == "operator"
    )
    gone = [row.outbox_id for row in conn.execute(pages) if about.intersection(row.dedupe_key.split(":"))]
    conn.execute(delete(OUTBOX).where(OUTBOX.c.traveler_id == NIL, OUTBOX.c.outbox_id.in_(gone)))


def _of(table: Table, dialect: str, several: bool) -> ColumnElement[bool]:
    return is_pair(dialect, table.c.traveler_id, table.c.trip_id, several=several)


def _with_columns(*names: str) -> list[Table]:
    tables = [table for table in Stored.metadata.sorted_tables if all(name in table.c for name in names)]
    # Its rows have no index by whose they are, and go by themselves soon after they were read.
    return [table for table in tables if table is not INBOX or names == ("traveler_id",)]


def _erase_keys(conn: Connection, keys: Keyring, key_ids: Iterable[UUID]) -> None:
    for key_id in list(key_ids):
        keys.erase(conn, key_id)
