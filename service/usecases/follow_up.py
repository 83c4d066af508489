"""What becomes of messages that were sent and of which nothing final was heard.

A provider's report may be lost, or may never come: where no public address leads to us there is none. So we ask. And
what shows no sign of arriving is told by another way as well, because a person who sleeps beside a silent phone was not
told at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import Connection, select

from notifiers.base import ReadsStatus, StatusResult, Unavailable
from service.core.ladder import audience
from service.db.follow import claim_polls, claim_silent, open_alarms, unsure_beside_alarms, unsure_of_alarms
from service.db.stored import table_of
from service.db.tables import Outbox
from service.db.trips import AlarmState, ContactState, TripKey, TripState
from service.edges import Act
from service.usecases.answered import has_answered
from service.usecases.context import Service
from service.usecases.delivery import Report, report_delivery
from service.usecases.failover import tell_beside
from service.usecases.work import Work

OUTBOX = table_of(Outbox)

POLL_AFTER = (timedelta(minutes=2), timedelta(minutes=15))
"""How long after it was sent a message of which nothing final is known is asked about: once, and once more."""
POLL_WITHIN = timedelta(hours=1)
"""What was sent longer ago is not asked about any more: it was told anew meanwhile, or is past."""
POLLS_AT_ONCE = 8
POLLS_IN_A_RUN = 400
SIGN_WITHIN: Mapping[str, timedelta] = {
    "sms": timedelta(minutes=3),
    # The end of a call is reported at once; only a lost report leaves one open.
    "voice": timedelta(minutes=3),
    # Nobody ever says whether these were seen; only an answer does.
    "telegram": timedelta(minutes=10),
    "email": timedelta(minutes=10),
}
"""How long an alarm's message may show no sign of having arrived until the person's next address is used beside it."""
SIGN_WITHIN_OTHERWISE = timedelta(minutes=5)
CHASE_WITHIN = timedelta(hours=6)
"""What was sent longer ago has been told anew by the ladder."""
ALARMS_AT_ONCE = 500
TELLINGS_AT_ONCE = 100
ARRIVED = frozenset({"delivered", "read"})

T = TypeVar("T")

log = structlog.get_logger()


def poll(service: Service, pool: Executor | None = None) -> int:
    """Ask the providers how far messages got of which nothing final was heard, 2 and 15 min after they were sent.

    1. Count the question, which is what makes it ours.  2. Ask outside of any transaction, on `pool` when it is given.
    3. What is new goes the way of a report. When nobody answers, the rest is left for the next run.

    Killed here: a question that was counted is not asked; the next one is, and a report may come.
    Returns how many were asked about.
    """
    providers = {one.name: one for one in service.providers if isinstance(one, ReadsStatus)}
    if not providers:
        return 0
    now, total = service.clock(), 0
    unsure = service.read(lambda conn: _to_poll(conn, list(providers), now))
    for polls in range(len(POLL_AFTER)):
        for rows in _batches((row for row in unsure if row.polls == polls), POLLS_AT_ONCE):
            if service.wake.stopping.is_set():
                return total
            keys = [(row.traveler_id, row.outbox_id) for row in rows]
            ours = service.run(partial(claim_polls, wanted=keys, polls=polls), Act.POLL)
            total += len(ours)
            if ours and not _report_answers(service, providers, ours, pool):
                return total
    return total


def _to_poll(conn: Connection, providers: Sequence[str], now: datetime) -> list[Any]:
    """The most urgent first: what was sent for alarms comes before the rest."""
    found: list[Any] = []
    for alarms in _batches(open_alarms(conn), ALARMS_AT_ONCE):
        unsure = unsure_of_alarms(conn, alarms, now - POLL_WITHIN, now - POLL_AFTER[0])
        found += [row for row in unsure if row.provider in providers and _is_due(row, now)]
    for polls, after in enumerate(POLL_AFTER):
        found += unsure_beside_alarms(conn, polls, now - POLL_WITHIN, now - after, providers, POLLS_IN_A_RUN)
    return found[:POLLS_IN_A_RUN]


def _is_due(row: Any, now: datetime) -> bool:
    return row.polls < len(POLL_AFTER) and bool(row.settled_at <= now - POLL_AFTER[row.polls])


def _report_answers(
    service: Service, providers: Mapping[str, ReadsStatus], rows: Sequence[Any], pool: Executor | None
) -> bool:
    """Ask about these rows and note what is new; False when nobody answered."""
    ask = partial(_ask, providers)
    answers: Iterable[StatusResult] = pool.map(ask, rows) if pool else map(ask, rows)
    is_answered = False
    for row, answer in zip(rows, answers, strict=True):
        if isinstance(answer, Unavailable):
            continue
        is_answered = True
        state, rejected = answer
        if state.value != row.delivery:
            report_delivery(service, Report(row.outbox_id, row.provider_id, state, rejected, row.provider))
    return is_answered


def _ask(providers: Mapping[str, ReadsStatus], row: Any) -> StatusResult:
    try:
        return providers[row.provider].fetch_status(row.provider_id)
    except Exception:
        # A notifier must not raise; one that does has told us nothing, and the others must be asked about.
        log.exception("notifier_raised", outbox_id=str(row.outbox_id), channel=row.channel)
        return Unavailable("the notifier failed", maybe_accepted=True)


def chase(service: Service) -> int:
    """Tell by the next address who was told of an open alarm and shows no sign of it; returns how many tellings.

    A telling shows one when a part of it arrived. It goes on to the person's next usable address, beside the first,
    once; not when she has answered, somebody has the case in hand, or the ladder has told her anew.

    Killed here: a batch is told whole or not at all, and is due again.
    """
    now, total = service.clock(), 0
    for alarms in _batches(service.read(open_alarms), ALARMS_AT_ONCE):
        silent = service.read(partial(_silent, alarms=alarms, now=now))
        for keys in _batches(silent, TELLINGS_AT_ONCE):
            if service.wake.stopping.is_set():
                return total
            told = service.run(partial(_chase, service, silent=keys), Act.CHASE)
            total += told
            if told:
                service.wake.outbox.set()
    return total


def _silent(conn: Connection, alarms: Sequence[tuple[UUID, UUID]], now: datetime) -> list[Any]:
    soonest = min(SIGN_WITHIN_OTHERWISE, *SIGN_WITHIN.values())
    unsure = unsure_of_alarms(conn, alarms, now - CHASE_WITHIN, now - soonest)
    return [
        row
        for row in unsure
        if row.kind == "alert"
        and not row.chased
        and row.settled_at <= now - SIGN_WITHIN.get(row.channel, SIGN_WITHIN_OTHERWISE)
    ]


def _chase(service: Service, conn: Connection, silent: Sequence[Any]) -> int:
    now, told = service.clock(), 0
    work = Work(service, conn, now)
    # Locked, and before the messages: a word of duress that is read meanwhile must find what this writes.
    trips = service.trips(conn, [TripKey(row.traveler_id, row.trip_id) for row in silent], now, lock=True)
    rows = claim_silent(conn, [(row.traveler_id, row.outbox_id) for row in silent])
    tellings = {(row.traveler_id, row.alarm_id, row.contact_id, row.step, row.channel_index): row for row in rows}
    for row in tellings.values():
        trip = trips.get(TripKey(row.traveler_id, row.trip_id))
        contact = trip.contact(row.contact_id) if trip else None
        if trip is None or contact is None or not _is_awaited(conn, trip, contact, row, now):
            continue
        parts = _parts(conn, row)
        if not any(part.delivery in ARRIVED for part in parts) and tell_beside(work, trip, contact, parts):
            work.audit.add(trip.key.traveler_id, "engine", f"told_beside:{row.channel}")
            told += 1
    work.flush()
    return told


def _is_awaited(conn: Connection, trip: TripState, contact: ContactState, row: Any, now: datetime) -> bool:
    """Whether this telling is the alarm's present one, and something is still to come from this person."""
    state = trip.alarm
    if state is None or state.alarm_id != row.alarm_id or not _tells_still(state, row, now):
        return False
    view = state.view
    if contact.id in view.cannot or contact.id not in audience(view.kind, trip.people):
        return False
    return not has_answered(conn, row)


def _tells_still(state: AlarmState, row: Any, now: datetime) -> bool:
    # What was written before it rose may say what must not be said any more.
    view = state.view
    is_held = view.hold_until is not None and now < view.hold_until
    return view.is_open and not is_held and view.told_at is not None and bool(row.step == view.step)


def _parts(conn: Connection, row: Any) -> Sequence[Any]:
    """All texts of a telling, in their order."""
    query = select(OUTBOX).where(
        OUTBOX.c.traveler_id == row.traveler_id,
        OUTBOX.c.alarm_id == row.alarm_id,
        OUTBOX.c.contact_id == row.contact_id,
        OUTBOX.c.kind == row.kind,
        OUTBOX.c.step == row.step,
        OUTBOX.c.channel_index == row.channel_index,
        OUTBOX.c.state != "cancelled",
    )
    return conn.execute(query.order_by(OUTBOX.c.created_at, OUTBOX.c.outbox_id)).all()


def _batches(found: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(found)
    while batch := list(islice(rest, size)):
        yield batch
