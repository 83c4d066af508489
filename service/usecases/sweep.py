"""SWEEP: what is due is decided and written. The only place where alarms open and ladders climb by the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Table, func, select

from service.core.alarm import AlarmKind, add_missed
from service.core.ladder import AlarmFacts, Notice, Page, Tell, step_alarm
from service.core.watch import Reminder, WatchFacts, step_watch
from service.core.wording import ContactNotice, PageReason
from service.db.claims import claim_alarms, claim_rehearsals, claim_watches, postpone
from service.db.rehearsals import REHEARSALS, kept
from service.db.state import get_state, lock_state, put_state
from service.db.stored import table_of
from service.db.tables import Alarm, Watch
from service.db.trips import AlarmState, TripKey, TripState
from service.edges import Act
from service.usecases import reminding, telling
from service.usecases.alarm_facts import case
from service.usecases.alarms import open_new, put_alarm
from service.usecases.context import Service
from service.usecases.problems import StorageUnavailable
from service.usecases.proof import Proof, read_proof
from service.usecases.step_rehearsals import step_rehearsals
from service.usecases.waiting import as_shown
from service.usecases.work import Work

WATCHES = table_of(Watch)
ALARMS = table_of(Alarm)
BATCH = 100
MOST_BATCHES = 10_000
"""A sweep ends, whatever becomes due while it runs."""
SET_ASIDE_FOR = timedelta(minutes=5)
BRAKE_FOR = timedelta(minutes=5)
BRAKE_WINDOW = timedelta(minutes=1)
BRAKE_NOT_AGAIN_FOR = timedelta(hours=1)
BRAKE_AT_LEAST = 20
BRAKE_SHARE = 0.05

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did. `waits_for_proof`: a due alarm waits until the sources have been read."""

    watches: int = 0
    alarms: int = 0
    rehearsals: int = 0
    waits_for_proof: bool = False


def sweep(service: Service) -> Swept:
    """Step every watch, alarm and rehearsal whose time has come, in batches of 100.

    1. Watches: reminders are written; missed deadlines open an alarm or are counted by the open one.
    2. Alarms: the next rung is told, holds end, people stand back, the operator is paged.
    3. Rehearsals: the next rung is told; after the alarms, so that none begins beside one that has just opened.
    4. The completed sweep is noted, which is what health and the outside heartbeat go by.
    One whose step raises is set aside alone for a while and the operator is paged; the others are stepped.

    Killed here: a batch is written whole or not at all, and is due again.
    """
    watches, waits = _until_none_is_due(service, _sweep_watches, WATCHES)
    alarms, _ = _until_none_is_due(service, _sweep_alarms, ALARMS)
    rehearsals, _ = _until_none_is_due(service, _sweep_rehearsals, REHEARSALS)
    service.run(lambda conn: put_state(conn, "sweep", {"watches": watches, "alarms": alarms}, service.clock()))
    if watches or alarms or rehearsals:
        service.wake.outbox.set()
    return Swept(watches, alarms, rehearsals, waits)


_Sweep = Callable[[Service, "_Claimed", int, Connection], tuple[int, bool]]


class _Claimed:
    """The keys (traveler, and what is stepped) of what the transaction that runs has claimed, the longest due first."""

    def __init__(self) -> None:
        self.keys: list[tuple[UUID, UUID]] = []


def _until_none_is_due(service: Service, sweep_batch: _Sweep, table: Table) -> tuple[int, bool]:
    """Step batches until one is not full; how many rows, and whether one waits for proof."""
    total, waits, limit = 0, False, BATCH
    for _ in range(MOST_BATCHES):
        claimed = _Claimed()
        try:
            count, waiting = service.run(partial(sweep_batch, service, claimed, limit), Act.SWEEP)
        except StorageUnavailable:
            raise
        except Exception:
            if not claimed.keys:
                raise
            log.exception("sweep_failed", table=table.name, rows=len(claimed.keys))
            if len(claimed.keys) == 1:
                service.run(partial(_set_aside, service, table, claimed.keys[0]))
            # One of them cannot be stepped: one by one, so that only that one is set aside.
            limit = 1
            continue
        total += count
        waits = waits or waiting
        if count < limit:
            break
    return total, waits


def _set_aside(service: Service, table: Table, key: tuple[UUID, UUID], conn: Connection) -> None:
    """Look at it again in a while. What broke it may be mended meanwhile, so it is never given up."""
    now = service.clock()
    postpone(conn, table, key, now + SET_ASIDE_FOR)
    work = Work(service, conn, now)
    telling.page_operator(work, PageReason.SET_ASIDE, f"{table.name}:{key[1]}:{now:%Y-%m-%dT%H}")
    work.flush()


def _sweep_watches(service: Service, claimed: _Claimed, limit: int, conn: Connection) -> tuple[int, bool]:
    now = service.clock()
    rows = claim_watches(conn, now, limit)
    claimed.keys = [(row.traveler_id, row.trip_id) for row in rows]
    if not rows:
        return 0, False
    unreadable = {TripKey(row.traveler_id, row.trip_id): bool(row.unreadable) for row in rows}
    trips = service.trips(conn, list(unreadable), now, lock=True)
    work = Work(service, conn, now)
    proof = read_proof(conn, service, now)
    brake = _Brake(conn, service, now)
    waits = False
    for key in sorted(unreadable):
        waits = _step_watch(work, trips[key], proof, brake, unreadable=unreadable[key]) or waits
    brake.save(work)
    work.flush()
    return len(rows), waits


def _step_watch(work: Work, trip: TripState, proof: Proof, brake: _Brake, *, unreadable: bool) -> bool:
    if trip.watch is None or trip.plan is None:
        raise ValueError("a watch without a plan cannot be stepped")
    facts = WatchFacts(
        has_words=trip.has_words,
        alarm_open=trip.alarm is not None,
        read_until=proof.read_until,
        brake_until=brake.until,
        home_asked_from=trip.ends_at,
    )
    decision = step_watch(trip.watch, trip.plan, facts, work.now)
    if decision.missed and trip.alarm is None and brake.holds(facts):
        facts = replace(facts, brake_until=brake.until)
        decision = step_watch(trip.watch, trip.plan, facts, work.now)
    for reminder in _shown(work, trip, decision.reminders):
        reminding.remind(work, trip, reminder)
    if decision.braked:
        reminding.remind_again(work, trip, brake.until)
    after = replace(trip, watch=decision.watch)
    if decision.missed:
        after = _missed(work, after, decision.missed, proof, unreadable=unreadable)
    elif decision.unproven and after.alarm is None:
        after = open_new(work, after, AlarmKind.UNPROVEN)
    work.save_watch(trip, decision.watch, decision.look_again_at)
    return decision.unread


def _shown(work: Work, trip: TripState, reminders: tuple[Reminder, ...]) -> list[Reminder]:
    """Only reminders of what she is shown: an end or a pause that waits for an alarm's close must not be given away."""
    if not reminders or trip.alarm is None or trip.plan is None or trip.watch is None:
        return list(reminders)
    _, shown = as_shown(
        work.conn,
        work.service.keys,
        trip.key,
        work.now,
        armed_at=trip.watch.armed_at,
        plan=trip.plan,
        deadline=reminders[-1].deadline,
    )
    return [reminder for reminder in reminders if shown is not None and reminder.deadline >= shown]


def _missed(work: Work, trip: TripState, missed: tuple[datetime, ...], proof: Proof, *, unreadable: bool) -> TripState:
    if trip.alarm is not None:
        return put_alarm(work, trip, add_missed(trip.alarm.view, missed, work.now))
    return open_new(work, trip, AlarmKind.MISSED, missed, proof.blind_since, unreadable)


def _sweep_alarms(service: Service, claimed: _Claimed, limit: int, conn: Connection) -> tuple[int, bool]:
    now = service.clock()
    rows = claim_alarms(conn, now, limit)
    claimed.keys = [(row.traveler_id, row.alarm_id) for row in rows]
    if not rows:
        return 0, False
    keys = {row.alarm_id: TripKey(row.traveler_id, row.trip_id) for row in rows}
    trips = service.trips(conn, list(keys.values()), now)
    work = Work(service, conn, now)
    for alarm_id, key in sorted(keys.items(), key=lambda item: item[1]):
        _step_alarm(work, trips[key], alarm_id)
    work.flush()
    return len(rows), False


def _sweep_rehearsals(service: Service, claimed: _Claimed, limit: int, conn: Connection) -> tuple[int, bool]:
    now = service.clock()
    rows = claim_rehearsals(conn, now, limit)
    claimed.keys = [(row.traveler_id, row.rehearsal_id) for row in rows]
    if rows:
        step_rehearsals(Work(service, conn, now), [kept(row) for row in rows])
    return len(rows), False


def _step_alarm(work: Work, trip: TripState, alarm_id: UUID) -> None:
    state = trip.alarm
    if state is None or state.alarm_id != alarm_id:
        closed = trip.recent
        if closed is not None and closed.alarm_id == alarm_id:
            work.save_alarm(trip, closed, None)
        else:
            work.forget_alarm(trip.key.traveler_id, alarm_id)
        return
    told = state.told | state.addressed
    decision = step_alarm(state.view, trip.ladder, AlarmFacts(trip.people, told), work.now)
    stepped = replace(state, view=decision.alarm)
    trip = replace(trip, alarm=stepped)
    _tell(work, trip, stepped, decision.tells)
    for page in decision.pages:
        _page(work, trip, stepped, page)
    work.save_alarm(trip, stepped, decision.look_again_at)


def _tell(work: Work, trip: TripState, alarm: AlarmState, tells: tuple[Tell, ...]) -> None:
    for tell in tells:
        contact = trip.contact(tell.person)
        if contact is None:
            continue
        if tell.notice is Notice.ALERT:
            telling.alert(work, trip, alarm, contact)
        else:
            telling.notice(work, trip, alarm, contact, ContactNotice.STAND_BACK)
    if tells:
        steps = ",".join(sorted({tell.notice.value for tell in tells}))
        work.audit.add(trip.key.traveler_id, "engine", f"told:{steps}:{alarm.view.step}")


def _page(work: Work, trip: TripState, alarm: AlarmState, page: Page) -> None:
    reason = PageReason.EXHAUSTED if page is Page.EXHAUSTED else PageReason.NOBODY_LEFT
    telling.page_operator(work, reason, f"{alarm.alarm_id}:{alarm.view.step}", trip=trip, detail=case(trip, work.now))


class _Brake:
    """Holds new missed alarms for 5 min when far more of them would open within a minute than people oversleep.

    Then it is likelier that we broke. It ends hard: what waits opens, and it does not hold again for an hour.
    """

    def __init__(self, conn: Connection, service: Service, now: datetime) -> None:
        self._conn = conn
        self._now = now
        self._on = service.limits.storm_brake
        self._changed = False
        self._engaged = False
        self._read(get_state(conn, "storm_brake") if self._on else None)

    def _read(self, kept: Any) -> None:
        state: Mapping[str, Any] = kept or {}
        self._since = _instant(state.get("since"))
        self._count = int(state.get("count", 0))
        until = _instant(state.get("until"))
        self._last = until
        self.until = until if until is not None and self._now < until else None
        if self._since is None or self._now >= self._since + BRAKE_WINDOW:
            self._since, self._count = self._now, 0

    def holds(self, facts: WatchFacts) -> bool:
        """Count one more alarm that would open, and say whether it has to wait."""
        if not self._on or facts.brake_until is not None:
            return self.until is not None
        if not self._changed:
            # From here to the commit nobody else counts: two workers that count alone would each see half a storm.
            self._read(lock_state(self._conn, "storm_brake", self._now))
            self._changed = True
        self._count += 1
        if self.until is not None:
            return True
        if self._last is not None and self._now < self._last + BRAKE_NOT_AGAIN_FOR:
            return False
        if self._count > self._threshold():
            self.until = self._last = self._now + BRAKE_FOR
            self._engaged = True
        return self.until is not None

    def save(self, work: Work) -> None:
        """Keep the count, and page the operator when the brake took hold."""
        if not self._changed:
            return
        value = {"since": _text(self._since), "count": self._count, "until": _text(self._last)}
        put_state(self._conn, "storm_brake", value, self._now)
        if self._engaged:
            telling.page_operator(work, PageReason.STORM_BRAKE, _text(self._last) or "", number=str(self._count))

    def _threshold(self) -> float:
        query = select(func.count()).select_from(WATCHES).where(WATCHES.c.look_at.is_not(None))
        active = self._conn.execute(query).scalar_one()
        return max(BRAKE_AT_LEAST, BRAKE_SHARE * active)


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
