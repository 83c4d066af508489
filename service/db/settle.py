"""What came of the messages that were sent, written by whoever still holds their claim."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Update, and_, bindparam, case, exists, func, literal_column, or_, select, update

from service.db.claims import ALARMS, OUTBOX, alarm_is, given_up


@dataclass(frozen=True, slots=True)
class Settlement:
    """What came of one claimed row: `state` sent, failed, unknown or cancelled; or pending, to try again at
    `available_at`. What is None is left as it stands, but for `error`. `wakes`: its alarm is looked at now although the
    row is tried again."""

    traveler_id: UUID
    outbox_id: UUID
    token: UUID
    state: str
    alarm_id: UUID | None = None
    available_at: datetime | None = None
    provider: str | None = None
    provider_id: str | None = None
    delivery: str | None = None
    error: str | None = None
    wakes: bool = False


def settle(conn: Connection, now: datetime, settlement: Settlement) -> bool:
    """Settle one row; false when another worker has taken it over meanwhile."""
    return settlement.outbox_id in settle_many(conn, now, [settlement])


def settle_many(conn: Connection, now: datetime, settlements: Sequence[Settlement]) -> set[UUID]:
    """Settle rows in batches; returns the ids of those that were ours to settle.

    1. The alarms of rows that did not go are to be looked at now: their ladder may go on by that. What was sent, or
       will be tried again, only lets it wait longer, which it sees when it looks next. They come first because locks
       are taken in the order alarm, outbox, and their version rises so that a sweep which read them before this cannot
       put its own `look_at` over ours.
    2. Rows whose claim token is still the settlement's are written.
    3. An alert that would be tried again is cancelled if its alarm was closed meanwhile, or the same person is being
       told anew by the same address: she would get both at once.

    Killed here: nothing is settled, and the leases run out.
    """
    if not settlements:
        return set()
    ended = (s for s in settlements if s.wakes or s.state not in ("sent", "pending"))
    alarms = sorted({(s.traveler_id, s.alarm_id) for s in ended if s.alarm_id is not None})
    if alarms:
        conn.execute(_LOOK_AT_ALARM, [{"traveler": t, "alarm": a, "now": now} for t, a in alarms])
    ordered = sorted(settlements, key=lambda s: (s.traveler_id, s.outbox_id))
    values = [_values(settlement, now) for settlement in ordered]
    written = conn.execute(_SETTLE, values, execution_options={"preserve_rowcount": True}).rowcount
    tried_again = [s.outbox_id for s in ordered if s.state == "pending"]
    if tried_again:
        travelers = list({s.traveler_id for s in ordered})
        conn.execute(_CANCEL_IF_POINTLESS, {"travelers": travelers, "outbox_ids": tried_again, "now": now})
    if written == len(ordered):
        return {s.outbox_id for s in ordered}
    return _ours(conn, ordered)


def ask_later(
    conn: Connection,
    rows: Sequence[tuple[UUID, UUID, UUID]],
    until: datetime,
    why: str,
    since: datetime | None = None,
) -> None:
    """Let rows (traveler, outbox, token) whose fate is open be asked about at `until`, not when their lease ends.

    `why` is what is known of them, kept as their error. `since`: with when this began, kept as `available_at`, which
    means nothing else while a row is being sent; it stays what it was when `why` was known already.
    """
    if rows:
        noted = {"until": until, "why": why, "since": since}
        values = [{"traveler": t, "outbox": o, "token": k, **noted} for t, o, k in rows]
        conn.execute(_ASK_LATER, values)


def cancel_alerts(
    conn: Connection, traveler_id: UUID, alarm_id: UUID, contact_id: UUID, channel_index: int, now: datetime
) -> None:
    """Cancel what still waits to be told of an alarm to one person by one address: she is being told anew."""
    waiting = and_(
        OUTBOX.c.traveler_id == traveler_id,
        OUTBOX.c.alarm_id == alarm_id,
        OUTBOX.c.contact_id == contact_id,
        OUTBOX.c.channel_index == channel_index,
        OUTBOX.c.kind == "alert",
        OUTBOX.c.state == "pending",
    )
    conn.execute(update(OUTBOX).where(waiting).values(state=given_up(), settled_at=now))


def _ours(conn: Connection, settlements: Sequence[Settlement]) -> set[UUID]:
    tokens = {s.outbox_id: s.token for s in settlements}
    rows = conn.execute(_TOKENS, {"travelers": list({s.traveler_id for s in settlements}), "outbox_ids": list(tokens)})
    return {row.outbox_id for row in rows if row.claim_token == tokens[row.outbox_id] and row.state != "sending"}


def _values(settlement: Settlement, now: datetime) -> dict[str, Any]:
    return {
        "traveler": settlement.traveler_id,
        "outbox": settlement.outbox_id,
        "token": settlement.token,
        "new_state": settlement.state,
        "new_available_at": settlement.available_at,
        "new_provider": settlement.provider,
        "new_provider_id": settlement.provider_id,
        "new_delivery": settlement.delivery,
        "new_error": settlement.error,
        "new_settled_at": None if settlement.state == "pending" else now,
    }


_LOOK_AT_ALARM: Update = (
    update(ALARMS)
    .where(ALARMS.c.traveler_id == bindparam("traveler"), ALARMS.c.alarm_id == bindparam("alarm"))
    .values(look_at=bindparam("now"), version=ALARMS.c.version + 1)
)
_KNOWN_ERROR = func.coalesce(bindparam("new_error", type_=OUTBOX.c.error.type), OUTBOX.c.error)
_SETTLE: Update = (
    update(OUTBOX)
    .where(
        and_(OUTBOX.c.traveler_id == bindparam("traveler"), OUTBOX.c.outbox_id == bindparam("outbox")),
        OUTBOX.c.state == "sending",
        OUTBOX.c.claim_token == bindparam("token"),
    )
    .values(
        state=bindparam("new_state"),
        lease_until=None,
        available_at=func.coalesce(
            bindparam("new_available_at", type_=OUTBOX.c.available_at.type), OUTBOX.c.available_at
        ),
        provider=func.coalesce(bindparam("new_provider", type_=OUTBOX.c.provider.type), OUTBOX.c.provider),
        provider_id=func.coalesce(bindparam("new_provider_id", type_=OUTBOX.c.provider_id.type), OUTBOX.c.provider_id),
        delivery=func.coalesce(bindparam("new_delivery", type_=OUTBOX.c.delivery.type), OUTBOX.c.delivery),
        # Why it was given back before is what its next failure is compared with.
        error=case(
            (and_(bindparam("new_state") == "sent", OUTBOX.c.failures > 0), _KNOWN_ERROR), else_=bindparam("new_error")
        ),
        settled_at=bindparam("new_settled_at"),
    )
)
_ASK_LATER: Update = (
    update(OUTBOX)
    .where(
        and_(OUTBOX.c.traveler_id == bindparam("traveler"), OUTBOX.c.outbox_id == bindparam("outbox")),
        OUTBOX.c.state == "sending",
        OUTBOX.c.claim_token == bindparam("token"),
    )
    .values(
        lease_until=bindparam("until"),
        available_at=case(
            (OUTBOX.c.error == bindparam("why"), OUTBOX.c.available_at),
            else_=func.coalesce(bindparam("since", type_=OUTBOX.c.available_at.type), OUTBOX.c.available_at),
        ),
        error=bindparam("why"),
    )
)
_NEWER = OUTBOX.alias("newer")
_CANCEL_IF_POINTLESS: Update = (
    update(OUTBOX)
    .where(
        OUTBOX.c.traveler_id.in_(bindparam("travelers", expanding=True)),
        OUTBOX.c.outbox_id.in_(bindparam("outbox_ids", expanding=True)),
        OUTBOX.c.state == literal_column("'pending'"),
        OUTBOX.c.kind == "alert",
        or_(
            alarm_is(closed=True),
            exists().where(
                _NEWER.c.traveler_id == OUTBOX.c.traveler_id,
                _NEWER.c.alarm_id == OUTBOX.c.alarm_id,
                _NEWER.c.contact_id == OUTBOX.c.contact_id,
                _NEWER.c.channel_index == OUTBOX.c.channel_index,
                _NEWER.c.kind == "alert",
                _NEWER.c.step > OUTBOX.c.step,
                _NEWER.c.state == "pending",
            ),
        ),
    )
    .values(state=given_up(), settled_at=bindparam("now"))
)
_TOKENS = select(OUTBOX.c.outbox_id, OUTBOX.c.claim_token, OUTBOX.c.state).where(
    OUTBOX.c.traveler_id.in_(bindparam("travelers", expanding=True)),
    OUTBOX.c.outbox_id.in_(bindparam("outbox_ids", expanding=True)),
)
