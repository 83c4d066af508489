"""SWEEP: what is due is decided and written. The only place where alarms open and ladders climb by the clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import Connection, Table

from service.core.alarm import AlarmKind, add_missed
from service.core.ladder import AlarmFacts, Notice, Page, Tell, step_alarm
from service.core.watch import Reminder, WatchDecision, WatchFacts, step_watch
from service.core.wording import ContactNotice, PageReason
from service.db.claims import claim_alarms, claim_rehearsals, claim_watches, postpone
from service.db.due_watches import DueWatch, read_due_watches
from service.db.look import SWEEP, look
from service.db.rehearsals import REHEARSALS, kept
from service.db.state import put_state
from service.db.stored import table_of
from service.db.tables import Alarm, Watch
from service.db.trips import AlarmState, TripKey, TripState
from service.edges import Act
from service.usecases import reminding, telling
from service.usecases.alarm_facts import case
from service.usecases.alarms import Opening, open_several, put_alarm
from service.usecases.context import Service
from service.usecases.mind_the_clock import mind_the_clock
from service.usecases.problems import StorageUnavailable
from service.usecases.proof import Proof, Proofs, own_proofs, read_proofs
from service.usecases.step_rehearsals import step_rehearsals
from service.usecases.storm_brake import StormBrake
from service.usecases.waiting import as_shown
from service.usecases.work import Work

WATCHES = table_of(Watch)
ALARMS = table_of(Alarm)
BATCH = 100
WATCHES_AT_ONCE = 500
ALARMS_AT_ONCE = 400
MOST_BATCHES = 10_000
"""A sweep ends, whatever becomes due while it runs."""
SET_ASIDE_FOR = timedelta(minutes=5)
NOTED_EVERY = timedelta(seconds=5)
"""How often a sweep that found nothing is noted; health asks for one in a minute."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did. `waits_for_proof`: a due alarm waits until the sources have been read; `is_whole`: nothing that
    was due was left, because the process is to end."""

    watches: int = 0
    alarms: int = 0
    rehearsals: int = 0
    waits_for_proof: bool = False
    is_whole: bool = True


def sweep(service: Service) -> Swept:
    """Step every watch, alarm and rehearsal whose time has come, in batches.

    1. One look says whether anything is due. On most ticks nothing is, and that is all.
    2. Watches: reminders are written; missed deadlines open an alarm or are counted by the open one.
    3. Alarms: the next rung is told, holds end, people stand back, the operator is paged. A batch of alarms follows
    each batch of watches, so that the first people are told before the last of many alarms is opened.
    4. Rehearsals: the next rung is told; after the alarms, so that none begins beside one that has just opened.
    5. The completed sweep is noted, which is what health and the outside heartbeat go by.
    One whose step raises is set aside alone for a while and the operator is paged; the others are stepped.
    When the process is to end, no further batch is begun: what is left is due for whoever sweeps next.

    Killed here: a batch is written whole or not at all, and is due again.
    """
    mind_the_clock(service)
    seen, now = service.read(look), service.clock()
    if not seen.is_due(now):
        if seen.noted is None or abs(now - seen.noted) >= NOTED_EVERY:
            _note(service, 0, 0)
        return Swept()
    watches, alarms = (
        Stepper(service, sweep_watches, WATCHES, WATCHES_AT_ONCE),
        Stepper(service, sweep_alarms, ALARMS, BATCH, ALARMS_AT_ONCE),
    )
    rehearsals = Stepper(service, _sweep_rehearsals, REHEARSALS, BATCH)
    # Not `or`: after each batch of watches the alarms that it opened are due.
    is_whole = _step_all(service, lambda: watches.batch() | alarms.batch()) and _step_all(service, rehearsals.batch)
    if is_whole:
        _note(service, watches.count, alarms.count)
    return Swept(watches.count, alarms.count, rehearsals.count, watches.waits, is_whole)


def _step_all(service: Service, step_batch: Callable[[], bool]) -> bool:
    """Batch after batch; False when the process is to end and there may be more."""
    for _ in range(MOST_BATCHES):
        if service.wake.stopping.is_set():
            return False
        if not step_batch():
            break
    return True


def _note(service: Service, watches: int, alarms: int) -> None:
    value = {"watches": watches, "alarms": alarms}
    service.run(lambda conn: put_state(conn, SWEEP, value, service.clock()), Act.NOTE)


_Sweep = Callable[[Service, "Claimed", int, Connection], tuple[int, bool]]


class Claimed:
    """The keys (traveler, and what is stepped) of what the transaction that runs has claimed, the longest due first."""

    def __init__(self) -> None:
        self.keys: list[tuple[UUID, UUID]] = []


class Stepper:
    """Steps the due rows of one table. `count`: how many so far; `waits`: whether one of them waits for proof.

    The first batch takes `limit` rows, so that it is done soon; while there are more, each takes twice as many, up to
    `most`.
    """

    def __init__(self, service: Service, sweep_batch: _Sweep, table: Table, limit: int, most: int = 0) -> None:
        self.count = 0
        self.waits = False
        self._service = service
        self._sweep_batch = sweep_batch
        self._table = table
        self._limit = limit
        self._most = max(limit, most)

    def batch(self) -> bool:
        """Step one batch; whether there may be more."""
        claimed = Claimed()
        try:
            work = partial(self._sweep_batch, self._service, claimed, self._limit)
            count, waits = self._service.run(work, Act.SWEEP)
        except StorageUnavailable:
            raise
        except Exception:
            if not claimed.keys:
                raise
            one = _name_of(self._table, claimed.keys[0]) if len(claimed.keys) == 1 else {}
            log.exception("sweep_failed", table=self._table.name, rows=len(claimed.keys), **one)
            if len(claimed.keys) == 1:
                self._service.run(partial(_set_aside, self._service, self._table, claimed.keys[0]), Act.SET_ASIDE)
            # One of them cannot be stepped: one by one, so that only that one is set aside.
            self._limit = self._most = 1
            return True
        self.count += count
        self.waits = self.waits or waits
        if count:
            self._service.wake.outbox.set()
        is_full = count == self._limit
        self._limit = min(2 * self._limit, self._most)
        return is_full


def _set_aside(service: Service, table: Table, key: tuple[UUID, UUID], conn: Connection) -> None:
    """Look at it again in a while. What broke it may be mended meanwhile, so it is never given up."""
    now = service.clock()
    postpone(conn, table, key, now + SET_ASIDE_FOR)
    work = Work(service, conn, now)
    detail = " ".join(f"({name} {which})" for name, which in _name_of(table, key).items())
    telling.page_operator(work, PageReason.SET_ASIDE_TRIP, f"{table.name}:{key[1]}:{now:%Y-%m-%dT%H}", detail=detail)
    work.flush()


def _name_of(table: Table, key: tuple[UUID, UUID]) -> dict[str, str]:
    """What a line of the log calls it by: the id of the trip, the alarm or the rehearsal."""
    _, second = table.primary_key.columns
    return {second.name: str(key[1])}


def sweep_watches(service: Service, claimed: Claimed, limit: int, conn: Connection) -> tuple[int, bool]:
    now = service.clock()
    rows = claim_watches(conn, now, limit)
    claimed.keys = [(row.traveler_id, row.trip_id) for row in rows]
    if not rows:
        return 0, False
    due = read_due_watches(conn, service.keys, rows)
    work = Work(service, conn, now)
    brake = StormBrake(conn, service, now)
    stepped = _step_each(conn, service, due, read_proofs(conn, service, now), brake)
    # Only who is told something, or whose alarm is open already, needs more of her trip than the step did.
    trips = service.trips(conn, [one.key for one, decision, _ in stepped if _takes_trip(one, decision)], now)
    openings = []
    for one, decision, proof in stepped:
        trip = trips.get(one.key) if trips else None
        if trip is not None:
            _act_on(work, trip, decision, brake)
        if not one.has_alarm and decision.missed:
            due_at = min(decision.missed) + one.plan.grace
            opening = Opening(one.key, AlarmKind.MISSED, decision.missed, proof.blind_since, one.unreadable, due_at)
            openings.append(opening)
        elif not one.has_alarm and decision.unproven:
            openings.append(Opening(one.key, AlarmKind.UNPROVEN))
        work.put_watch(one.key, one.version, decision.watch, decision.look_again_at)
    open_several(work, openings)
    brake.save(work)
    work.flush()
    return len(rows), any(decision.unread for _, decision, _ in stepped)


def _step_each(
    conn: Connection, service: Service, due: Sequence[DueWatch], proofs: Proofs, brake: StormBrake
) -> list[tuple[DueWatch, WatchDecision, Proof]]:
    """The decision on each watch, and the proof by which it was made.

    All sources together decide most. Only when one that not everybody uses lags or is silent, it is asked whose alarm
    that holds up or is told of, because it costs as much as ten steps.
    """
    now, all_read, least = proofs.now, proofs.over(), proofs.over(frozenset())
    stepped = [(one, _decide(one, all_read, brake, now), all_read) for one in due]
    if all_read == least:
        return stepped
    unsure = [one.key for one, decision, _ in stepped if _depends(one, decision, all_read, least, now)]
    own = own_proofs(conn, service, proofs, unsure)
    return [
        (one, _decide(one, own[one.key], brake, now) if decision.unread else decision, own[one.key])
        if one.key in own
        else (one, decision, proof)
        for one, decision, proof in stepped
    ]


def _depends(one: DueWatch, decision: WatchDecision, all_read: Proof, least: Proof, now: datetime) -> bool:
    """Whether it matters by which ways the traveler can check in."""
    if decision.unread:
        return not step_watch(one.watch, one.plan, WatchFacts(read_until=least.read_until), now).unread
    return bool(decision.missed) and not one.has_alarm and all_read.blind_since != least.blind_since


def _decide(one: DueWatch, proof: Proof, brake: StormBrake, now: datetime) -> WatchDecision:
    facts = WatchFacts(
        has_words=one.has_words,
        alarm_open=one.has_alarm,
        read_until=proof.read_until,
        brake_until=brake.until,
        home_asked_from=one.ends_at,
    )
    decision = step_watch(one.watch, one.plan, facts, now)
    if decision.missed and not one.has_alarm and brake.holds(facts):
        decision = step_watch(one.watch, one.plan, replace(facts, brake_until=brake.until), now)
    return decision


def _takes_trip(one: DueWatch, decision: WatchDecision) -> bool:
    return bool(decision.reminders or decision.braked or (decision.missed and one.has_alarm))


def _act_on(work: Work, trip: TripState, decision: WatchDecision, brake: StormBrake) -> None:
    for reminder in _shown(work, trip, decision.reminders):
        reminding.remind(work, trip, reminder)
    if decision.braked:
        reminding.remind_again(work, trip, brake.until)
    if decision.missed and trip.alarm is not None:
        put_alarm(work, replace(trip, watch=decision.watch), add_missed(trip.alarm.view, decision.missed, work.now))


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


def sweep_alarms(service: Service, claimed: Claimed, limit: int, conn: Connection) -> tuple[int, bool]:
    now = service.clock()
    rows = claim_alarms(conn, now, limit)
    claimed.keys = [(row.traveler_id, row.alarm_id) for row in rows]
    if not rows:
        return 0, False
    keys = {row.alarm_id: TripKey(row.traveler_id, row.trip_id) for row in rows}
    closed = {row.alarm_id for row in rows if row.closed_at is not None}
    trips = service.trips(conn, list(keys.values()), now)
    work = Work(service, conn, now)
    for alarm_id, key in sorted(keys.items(), key=lambda item: item[1]):
        if key not in trips and alarm_id in closed:
            # Its trip has been erased, and only the case is left.
            work.forget_alarm(key.traveler_id, alarm_id)
        else:
            _step_alarm(work, trips[key], alarm_id)
    work.flush()
    return len(rows), False


def _sweep_rehearsals(service: Service, claimed: Claimed, limit: int, conn: Connection) -> tuple[int, bool]:
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
