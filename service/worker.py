"""The metronome: a few fixed jobs that let the engine read, sweep, send, recover and reconcile.

APScheduler is not a store. Everything that must last lies in the database; any number of workers may run, and claims
arbitrate between them. A wall clock that is stepped back stops APScheduler until it has caught up, so a monotonic
watchdog notices missing ticks and sets it going again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from service.clock import monotonic, utc_now
from service.edges import Act
from service.memory import give_back
from service.usecases.alarm_counts import count_alarms
from service.usecases.apply_changes import apply_due
from service.usecases.context import Service
from service.usecases.dispatch import Dispatcher
from service.usecases.follow_up import chase, poll
from service.usecases.footing import CLOCK_SKEW, MustNotClaim
from service.usecases.housekeeping import keep_house
from service.usecases.listen import Listener, queues
from service.usecases.page_clock import page_clock
from service.usecases.problems import StorageUnavailable
from service.usecases.read_inbox import read_inbox
from service.usecases.reconcile_inbound import reconcile_inbound
from service.usecases.recover import recover
from service.usecases.sweep import sweep

ASKERS = 8
TICK_SECONDS = 1.0
RECOVER_SECONDS = 5.0
RECONCILE_SECONDS = 60.0
FOLLOW_SECONDS = 10.0
HOUSE_SECONDS = 600.0
HOUSE_AFTER_SECONDS = 5.0
STALLED_AFTER_SECONDS = 10.0
LOOK_SECONDS = 5.0
"""How often the clock and the schema are compared with the database's."""
PAGE_SECONDS = 3600.0
FIRST_READING_SECONDS = 60.0
"""How long the first sweep waits for the first reading of the sources."""

log = structlog.get_logger()


class _Job:
    """Runs one thing at a time; asked for while it runs, it runs once more."""

    def __init__(self, name: str, action: Callable[[], object]) -> None:
        self.name = name
        self.done = threading.Event()
        """It has run once, well or not."""
        self._action = action
        self._busy = threading.Lock()
        self._again = False

    def run(self) -> None:
        self._again = True
        while self._again:
            if not self._busy.acquire(blocking=False):
                return
            try:
                self._again = False
                self._action()
            except MustNotClaim:
                # Why is said once by the footing, not by every tick.
                continue
            except StorageUnavailable as error:
                log.warning("storage_unavailable", job=self.name, reason=str(error))
            except Exception:
                # The next tick tries again; what was decided is in the database or was never decided.
                log.exception("job_failed", job=self.name)
            finally:
                self._busy.release()
                self.done.set()


class Worker:
    """The engine of one process."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._dispatcher = Dispatcher(service)
        self._askers = ThreadPoolExecutor(ASKERS, thread_name_prefix="ask")
        self._stop = threading.Event()
        self._last_tick = self._started = monotonic()
        self._threads: list[threading.Thread] = []
        self._paged_at: float | None = None
        self._reconcile = self._job("reconcile", lambda: reconcile_inbound(service))
        self._change = self._job("change", lambda: apply_due(service, service.clock()))
        self._sweep = self._job("sweep", self._sweep_once_read)
        self._read = self._job("read", lambda: read_inbox(service))
        self._prove = self._job("prove", self._read_sources)
        self._unproven = threading.Event()
        self._dispatch = self._job("dispatch", self._dispatcher.run)
        self._recover = self._job("recover", lambda: recover(service, self._askers))
        # Two, because a provider that does not answer must keep nobody from being told by another.
        self._poll = self._job("poll", lambda: poll(service, self._askers))
        self._chase = self._job("chase", lambda: chase(service))
        self._house = self._job("house", self._keep_house)
        self.scheduler = BackgroundScheduler(timezone="UTC")

    def start(self) -> None:
        """Start ticking. The first sweep waits until what the sources received meanwhile has been asked for.

        Nothing is done before the clock and the schema have been found right.
        """
        self._look()
        jobs = (
            (self._reconcile, RECONCILE_SECONDS),
            (self._read, TICK_SECONDS),
            (self._change, TICK_SECONDS),
            (self._sweep, TICK_SECONDS),
            (self._dispatch, TICK_SECONDS),
            (self._recover, RECOVER_SECONDS),
            (self._poll, FOLLOW_SECONDS),
            (self._chase, FOLLOW_SECONDS),
            (self._house, HOUSE_SECONDS),
        )
        for job, seconds in jobs:
            self.scheduler.add_job(
                self._tick,
                IntervalTrigger(seconds=seconds),
                args=(job,),
                name=job.name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
                # Nobody waits for housekeeping: after a start the others come first.
                next_run_time=utc_now() + timedelta(seconds=HOUSE_AFTER_SECONDS if job is self._house else 0),
            )
        self._dispatcher.start()
        self.scheduler.start()
        wake = self._service.wake
        self._thread("wake-read", lambda: self._on(wake.inbox, self._read))
        self._thread("wake-send", lambda: self._on(wake.outbox, self._dispatch))
        self._thread("wake-sweep", lambda: self._on(wake.sweep, self._sweep))
        self._thread("wake-prove", lambda: self._on(self._unproven, self._prove))
        for name, queue in queues(self._service).items():
            listener = Listener(self._service, name, queue)
            self._thread(f"listen-{name}", partial(listener.run, self._stop))
        self._thread("watchdog", self._watch_ticks)
        self._thread("footing", self._keep_footing)

    def stop(self) -> None:
        """Finish what is being done and stop; what is not begun stays where it is. No thread is left."""
        self._stop.set()
        wake = self._service.wake
        wake.stopping.set()
        for bell in wake.bells.values():
            bell.ring_here()
        self._unproven.set()
        if self.scheduler.running:
            self.scheduler.shutdown(wait=True)
        for thread in self._threads:
            thread.join()
        self._dispatcher.close()
        self._askers.shutdown(wait=True)

    def watch(self) -> None:
        """Set the scheduler going again when its ticks have been missing for a while."""
        silent = monotonic() - self._last_tick
        if silent < STALLED_AFTER_SECONDS:
            return
        log.error("ticks_missing", seconds=round(silent))
        self._last_tick = monotonic()
        for job in self.scheduler.get_jobs():
            job.modify(next_run_time=utc_now() + timedelta(milliseconds=10))

    def _job(self, name: str, action: Callable[[], object]) -> _Job:
        service = self._service

        def act() -> None:
            # What is claimed in its course asks again; but not everything that a job does is a claim.
            service.footing.must_stand(Act.SWEEP, service.db, service.clock)
            action()

        return _Job(name, act)

    def _keep_house(self) -> None:
        keep_house(self._service)
        count_alarms(self._service)
        give_back()

    def _tick(self, job: _Job) -> None:
        # Only the scheduler's own calls count: a flood of texts must not hide that nothing is swept by the clock.
        self._last_tick = monotonic()
        is_first = not job.done.is_set()
        job.run()
        if job is self._reconcile and is_first:
            # The first sweep has waited for this; the next tick is a second away.
            self._service.wake.sweep.ring_here()

    def _sweep_once_read(self) -> None:
        if not self._reconcile.done.is_set() and monotonic() < self._started + FIRST_READING_SECONDS:
            return
        swept = sweep(self._service)
        if swept.is_whole:
            self._service.pulse.beat()
        if swept.waits_for_proof:
            # In a thread of its own: a source that is slow to answer must not keep other alarms waiting.
            self._unproven.set()

    def _read_sources(self) -> None:
        self._reconcile.run()
        self._read.run()

    def _thread(self, name: str, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _on(self, event: threading.Event, job: _Job) -> None:
        while not self._stop.is_set():
            event.wait()
            event.clear()
            if not self._stop.is_set():
                job.run()

    def _keep_footing(self) -> None:
        bell, footing = self._service.wake.schema, self._service.footing
        while not self._stop.is_set():
            bell.wait(LOOK_SECONDS if footing.ground else TICK_SECONDS)
            bell.clear()
            if not self._stop.is_set():
                self._look()

    def _look(self) -> None:
        service = self._service
        try:
            service.footing.guard(service.db, service.clock)
            now = monotonic()
            if service.footing.lost == CLOCK_SKEW and (self._paged_at is None or now > self._paged_at + PAGE_SECONDS):
                page_clock(service)
                self._paged_at = now
        except StorageUnavailable as error:
            log.warning("storage_unavailable", job="footing", reason=str(error))
        except Exception:
            log.exception("job_failed", job="footing")

    def _watch_ticks(self) -> None:
        while not self._stop.wait(TICK_SECONDS):
            self.watch()
