"""Which rows a worker may work on: inbox, watches, alarms and outbox. Any number of workers may ask at once.

There are two forms. SKIP_LOCKED locks what it returns until the transaction ends. COMPARE locks nothing and runs on any
SQL engine: who writes a row names the version that was read (`service.db.rows.update_all`, `finish_inbox`), and of two
who claimed the same row one gets a `Conflict`, whose whole transaction is then tried again. SQLite uses COMPARE.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    Table,
    Uuid,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate, Update

from service.db.errors import Conflict
from service.db.routing import Inbox, PhoneOwner
from service.db.stored import table_of
from service.db.tables import Alarm, Outbox, Rehearsal, Watch
from service.db.types import UTCDateTime

LEASE = timedelta(seconds=120)
"""How long a claimed outbox row is nobody else's; much longer than a provider is given to answer."""
HELD_FOR = timedelta(minutes=2)
"""How long an unread message holds a traveler's watches and alarms."""

Rows: TypeAlias = Sequence[Row[Any]]

INBOX = table_of(Inbox)
OWNERS = table_of(PhoneOwner)
WATCHES = table_of(Watch)
ALARMS = table_of(Alarm)
REHEARSALS = table_of(Rehearsal)
OUTBOX = table_of(Outbox)

_NOW = bindparam("now", type_=UTCDateTime())
# Written out, not bound: the planner takes a partial index only for a condition that it can see.
PENDING: ColumnElement[bool] = OUTBOX.c.state == literal_column("'pending'")
_SENDING: ColumnElement[bool] = OUTBOX.c.state == literal_column("'sending'")


FATE_OPEN = "lease_expired"
"""The error of a row of which nobody knows whether an earlier try left; kept until one is known to."""
MAY_HAVE_HEARD = ("no_key", "machine")
"""The errors of a call that was answered by nobody knows whom; they outlive what became of later ones."""


def given_up() -> ColumnElement[str]:
    """The state of a row that will not be sent any more: `cancelled`, or `unknown` when an earlier try may have left.
    Who may have been told must hear the end."""
    may_have_left = and_(OUTBOX.c.attempts > 0, OUTBOX.c.error == FATE_OPEN)
    return case((may_have_left, literal_column("'unknown'")), else_=literal_column("'cancelled'"))


class Form(StrEnum):
    """How two workers are kept from the same row."""

    SKIP_LOCKED = "skip_locked"
    COMPARE = "compare"


def form_of(conn: Connection) -> Form:
    """The form that suits the engine."""
    return Form.SKIP_LOCKED if conn.dialect.name == "postgresql" else Form.COMPARE


def claim_inbox(conn: Connection, now: datetime, limit: int = 100, form: Form | None = None) -> Rows:
    """Up to `limit` unread rows, the oldest first, none of which has an earlier unread row of the same sender.

    A sender's texts are so read one after the other, also by several workers. Whoever has read them calls
    `finish_inbox` in the same transaction. Rows received after `now` wait.
    """
    return conn.execute(_unread(form or form_of(conn)), {"now": now, "limit": limit}).all()


def finish_inbox(conn: Connection, now: datetime, changes: Sequence[Mapping[str, Any]]) -> None:
    """Mark rows as read; each change has `inbox_id`, `result` and, alike in all, any further columns to write.

    Raises:
        Conflict: another worker has read one of them.
    """
    if not changes:
        return
    columns = tuple(name for name in changes[0] if name != "inbox_id")
    rows = [{"id_": row["inbox_id"], "now": now, **{name: row[name] for name in columns}} for row in changes]
    written = conn.execute(_finish(columns), rows, execution_options={"preserve_rowcount": True}).rowcount
    if written != len(changes):
        raise Conflict(f"{len(changes) - written} of {len(changes)} inbox rows had been read")


def claim_watches(
    conn: Connection,
    now: datetime,
    limit: int = 100,
    only: tuple[UUID, UUID] | None = None,
    form: Form | None = None,
) -> Rows:
    """Up to `limit` watches whose `look_at` has come, the longest due first; only that of a (traveler, trip) if given.

    A traveler's watches are passed over while a message of hers or of her contacts lies unread, for `HELD_FOR` after
    the oldest of them came; then they are returned with `unreadable` true.
    """
    return _due(conn, WATCHES, now, limit, only, form)


def claim_alarms(
    conn: Connection,
    now: datetime,
    limit: int = 100,
    only: tuple[UUID, UUID] | None = None,
    form: Form | None = None,
) -> Rows:
    """Up to `limit` alarms whose `look_at` has come; `only`: a (traveler, alarm). As `claim_watches` otherwise."""
    return _due(conn, ALARMS, now, limit, only, form)


def claim_rehearsals(
    conn: Connection,
    now: datetime,
    limit: int = 100,
    only: tuple[UUID, UUID] | None = None,
    form: Form | None = None,
) -> Rows:
    """Up to `limit` rehearsals whose `look_at` has come; `only`: a (traveler, rehearsal). As `claim_watches`."""
    return _due(conn, REHEARSALS, now, limit, only, form)


def postpone(conn: Connection, table: Table, key: tuple[UUID, UUID], until: datetime) -> None:
    """Look at a watch (traveler, trip), an alarm or a rehearsal (traveler, its id) no sooner than `until`."""
    first, second = table.primary_key.columns
    values = {"look_at": until, "version": table.c.version + 1}
    conn.execute(update(table).where(first == key[0], second == key[1]).values(**values))


def claim_outbox(
    conn: Connection,
    now: datetime,
    limit: int,
    token: UUID,
    channels: Sequence[str] | None = None,
    lease: timedelta = LEASE,
    form: Form | None = None,
    *,
    others_since: timedelta | None = None,
) -> Rows:
    """Make up to `limit` pending rows `sending`, and return them, the most urgent first; fewer when there are no more.

    1. Only rows that are available, on one of `channels` when given; with `others_since` on none of them, and
       available for as long.
    2. A row waits while an earlier one of the same alarm, person and address is pending or sending: what fails on
       her first number must not hold back her second.
    3. An all-clear waits while any alert to that person is pending or sending, and is cancelled when none of them
       left (is sent or of unknown fate) or the alarm is open again.
    4. An alert of a closed alarm, a text of a rehearsal that does not run any more, and a row whose time has passed,
       are cancelled; of unknown fate when an earlier try of theirs may have left.

    A claimed row bears `token`, a lease of `lease` from `now`, and one more attempt.
    Killed here: nothing is claimed. Killed after the commit: `expired_leases` finds the rows.
    """
    due = now - others_since if others_since is not None else now
    values: dict[str, Any] = {"now": now, "due": due, "token": token, "lease": now + lease}
    statement = _claim(form or form_of(conn), channels is not None, others_since is not None)
    if channels is not None:
        values["channels"] = list(channels)
    claimed: list[Row[Any]] = []
    is_over = False
    while not is_over:
        touched = conn.execute(statement, {**values, "limit": limit - len(claimed)}).all()
        going = [row for row in touched if row.state == "sending"]
        claimed += going
        # What was only cancelled takes nobody's place, and may have been what others waited for.
        is_over = len(going) == len(touched) or len(claimed) == limit
    return sorted(claimed, key=lambda row: (row.priority, row.available_at))


def expired_leases(
    conn: Connection,
    now: datetime,
    limit: int,
    token: UUID,
    lease: timedelta = LEASE,
    form: Form | None = None,
) -> Rows:
    """Take over up to `limit` rows whose sender has not settled them in time, under a new token and lease.

    Whether they left nobody knows: ask the provider before sending again. The old token settles nothing any more.
    """
    values = {"now": now, "limit": limit, "token": token, "lease": now + lease}
    return conn.execute(_take_over(form or form_of(conn)), values).all()


def _locked(query: Select[Any], table: FromClause, form: Form) -> Select[Any]:
    return query.with_for_update(skip_locked=True, of=table) if form is Form.SKIP_LOCKED else query


@lru_cache
def _unread(form: Form) -> Select[Any]:
    earlier = INBOX.alias("earlier")
    has_earlier = exists().where(
        earlier.c.sender == INBOX.c.sender,
        earlier.c.handled_at.is_(None),
        earlier.c.inbox_id < INBOX.c.inbox_id,
    )
    query = (
        select(INBOX)
        .where(INBOX.c.handled_at.is_(None), INBOX.c.received_at <= _NOW, ~has_earlier)
        .order_by(INBOX.c.received_at, INBOX.c.inbox_id)
        .limit(bindparam("limit"))
    )
    return _locked(query, INBOX, form)


@lru_cache
def _finish(columns: tuple[str, ...]) -> Update:
    values: dict[str, Any] = {name: bindparam(name) for name in columns}
    condition = and_(INBOX.c.inbox_id == bindparam("id_"), INBOX.c.handled_at.is_(None))
    return update(INBOX).where(condition).values(handled_at=_NOW, **values)


def _due(
    conn: Connection, table: Table, now: datetime, limit: int, only: tuple[UUID, UUID] | None, form: Form | None
) -> Rows:
    values: dict[str, Any] = {"now": now, "held_from": now - HELD_FOR, "limit": limit}
    if only is not None:
        values |= {"traveler": only[0], "second": only[1]}
    return conn.execute(_due_query(table, only is not None, form or form_of(conn)), values).all()


@lru_cache
def _due_query(table: Table, only: bool, form: Form) -> Select[Any]:
    unread = union_all(
        select(INBOX.c.traveler_id, INBOX.c.received_at).where(
            INBOX.c.handled_at.is_(None), INBOX.c.traveler_id.is_not(None)
        ),
        # Numbers of strangers have no owner, so what they send holds nothing.
        select(OWNERS.c.traveler_id, INBOX.c.received_at)
        .join_from(INBOX, OWNERS, OWNERS.c.phone_hash == INBOX.c.sender)
        .where(INBOX.c.handled_at.is_(None)),
    ).subquery("unread")
    # The oldest counts: a stream of new messages must not hold an alarm for ever.
    held = (
        select(unread.c.traveler_id, func.min(unread.c.received_at).label("since"))
        .group_by(unread.c.traveler_id)
        .subquery("held_by_inbox")
    )
    free = or_(held.c.since.is_(None), held.c.since <= bindparam("held_from", type_=UTCDateTime()))
    query = (
        select(table, held.c.since.is_not(None).label("unreadable"))
        .join_from(table, held, held.c.traveler_id == table.c.traveler_id, isouter=True)
        .where(table.c.look_at <= _NOW, free)
        .order_by(table.c.look_at)
        .limit(bindparam("limit"))
    )
    if only:
        first, second = table.primary_key.columns
        query = query.where(first == bindparam("traveler", type_=Uuid()), second == bindparam("second", type_=Uuid()))
    return _locked(query, table, form)


def _same_person(other: FromClause) -> ColumnElement[bool]:
    return and_(
        other.c.traveler_id == OUTBOX.c.traveler_id,
        other.c.alarm_id == OUTBOX.c.alarm_id,
        other.c.contact_id == OUTBOX.c.contact_id,
    )


def alarm_is(closed: bool) -> ColumnElement[bool]:
    """Whether the alarm of an outbox row is closed, or is open; false for a row without an alarm."""
    condition = ALARMS.c.closed_at.is_not(None) if closed else ALARMS.c.closed_at.is_(None)
    return _is_there(
        ALARMS, ALARMS.c.traveler_id == OUTBOX.c.traveler_id, ALARMS.c.alarm_id == OUTBOX.c.alarm_id, condition
    )


def _is_there(table: FromClause, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    # Looked up by index for each row. PostgreSQL may turn an EXISTS under OR or CASE into a hash over the whole table,
    # which grows for ever; and it must not think the answer rare, or it sorts all pending rows to claim a hundred.
    found: Select[Any] = select(true()).select_from(table).where(*conditions).limit(literal_column("1"))
    return found.correlate(OUTBOX).scalar_subquery().is_(true())


def must_wait() -> ColumnElement[bool]:
    earlier, alert = OUTBOX.alias("earlier"), OUTBOX.alias("alert")
    has_earlier = _is_there(
        earlier,
        _same_person(earlier),
        earlier.c.channel == OUTBOX.c.channel,
        earlier.c.channel_index == OUTBOX.c.channel_index,
        earlier.c.state.in_(("pending", "sending")),
        tuple_(earlier.c.created_at, earlier.c.step, earlier.c.outbox_id)
        < tuple_(OUTBOX.c.created_at, OUTBOX.c.step, OUTBOX.c.outbox_id),
    )
    # Pending ones count too: another worker may be claiming one just now.
    has_alert = _is_there(
        alert, _same_person(alert), alert.c.kind == "alert", alert.c.state.in_(("pending", "sending"))
    )
    return or_(has_earlier, and_(OUTBOX.c.kind == "all_clear", has_alert))


def _verdict() -> ColumnElement[str]:
    told = OUTBOX.alias("told")
    may_know = or_(told.c.state.in_(("sent", "unknown")), told.c.error.in_(MAY_HAVE_HEARD))
    was_told = _is_there(told, _same_person(told), told.c.kind == "alert", may_know)
    pointless = or_(
        OUTBOX.c.valid_until <= _NOW,
        and_(OUTBOX.c.kind == "alert", alarm_is(closed=True)),
        and_(OUTBOX.c.kind == "rehearsal", ~_is_rehearsed()),
        and_(OUTBOX.c.kind == "all_clear", or_(~was_told, alarm_is(closed=False))),
    )
    return case((pointless, given_up()), else_="sending")


def _is_rehearsed() -> ColumnElement[bool]:
    """Whether a rehearsal of the row's trip runs; one that an open alarm has silenced does not."""
    return _is_there(
        REHEARSALS,
        REHEARSALS.c.traveler_id == OUTBOX.c.traveler_id,
        REHEARSALS.c.trip_id == OUTBOX.c.trip_id,
        REHEARSALS.c.ended_at.is_(None),
        REHEARSALS.c.state == literal_column("'running'"),
    )


@lru_cache
def _claim(form: Form, some_channels: bool, others: bool) -> ReturningUpdate[Any]:
    query = (
        select(OUTBOX.c.traveler_id, OUTBOX.c.outbox_id, _verdict().label("verdict"))
        .where(PENDING, OUTBOX.c.available_at <= bindparam("due", type_=UTCDateTime()), ~must_wait())
        .order_by(OUTBOX.c.priority, OUTBOX.c.available_at)
        .limit(bindparam("limit"))
    )
    if some_channels:
        named = OUTBOX.c.channel.in_(bindparam("channels", expanding=True))
        query = query.where(~named if others else named)
    picked = _locked(query, OUTBOX, form).cte("picked")
    goes = picked.c.verdict == "sending"
    return (
        update(OUTBOX)
        # Whoever waited for another worker's lock must see that the row is no longer pending.
        .where(_is_picked(picked), PENDING)
        .values(
            state=picked.c.verdict,
            claim_token=case((goes, bindparam("token", type_=Uuid())), else_=null()),
            lease_until=case((goes, bindparam("lease", type_=UTCDateTime())), else_=null()),
            attempts=OUTBOX.c.attempts + case((goes, 1), else_=0),
            settled_at=case((goes, null()), else_=_NOW),
        )
        .returning(*OUTBOX.c)
    )


@lru_cache
def _take_over(form: Form) -> ReturningUpdate[Any]:
    query = (
        select(OUTBOX.c.traveler_id, OUTBOX.c.outbox_id)
        .where(_SENDING, OUTBOX.c.lease_until <= _NOW)
        .order_by(OUTBOX.c.lease_until)
        .limit(bindparam("limit"))
    )
    picked = _locked(query, OUTBOX, form).cte("picked")
    return (
        update(OUTBOX)
        .where(_is_picked(picked), _SENDING, OUTBOX.c.lease_until <= _NOW)
        .values(
            claim_token=bindparam("token", type_=Uuid()),
            lease_until=bindparam("lease", type_=UTCDateTime()),
        )
        .returning(*OUTBOX.c)
    )


def _is_picked(picked: FromClause) -> ColumnElement[bool]:
    return and_(OUTBOX.c.traveler_id == picked.c.traveler_id, OUTBOX.c.outbox_id == picked.c.outbox_id)
