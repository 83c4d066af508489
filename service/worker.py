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

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from service.clock import monotonic, utc_now
from service.usecases.apply_changes import apply_due
from service.usecases.context import Service
from service.usecases.dispatch import dispatch
from service.usecases.housekeeping import keep_house
from service.usecases.problems import StorageUnavailable
from service.usecases.read_inbox import read_inbox
from service.usecases.reconcile_inbound import reconcile_inbound
from service.usecases.recover import recover
from service.usecases.simulated import simulated_phones
from service.usecases.sweep import sweep
from service.usecases.type_on_phone import answer_reminders

SENDERS = 16
TICK_SECONDS = 1.0
RECOVER_SECONDS = 5.0
RECONCILE_SECONDS = 60.0
HOUSE_SECONDS = 600.0
STALLED_AFTER_SECONDS = 10.0

log = structlog.get_logger()


class _Job:
    """Runs one thing at a time; asked for while it runs, it runs once more."""

    def __init__(self, name: str, action: Callable[[], object], ticked: Callable[[], None]) -> None:
        self._name = name
        self._action = action
        self._ticked = ticked
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
            except StorageUnavailable as error:
                log.warning("storage_unavailable", job=self._name, reason=str(error))
            except Exception:
                # The next tick tries again; what was decided is in the database or was never decided.
                log.exception("job_failed", job=self._name)
            finally:
                self._busy.release()
                self._ticked()


class Worker:
    """The engine of one process."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._pool = ThreadPoolExecutor(SENDERS, thread_name_prefix="send")
        self._stop = threading.Event()
        self._last_tick = monotonic()
        self._threads: list[threading.Thread] = []
        self._reconcile = self._job("reconcile", lambda: reconcile_inbound(service))
        self._sweep = self._job("sweep", self._sweep_with_proof)
        self._read = self._job("read", lambda: read_inbox(service))
        self._dispatch = self._job("dispatch", lambda: dispatch(service, self._pool))
        self._recover = self._job("recover", lambda: recover(service))
        self._house = self._job("house", lambda: keep_house(service))
        self._scheduler = BackgroundScheduler(timezone="UTC")

    def start(self) -> None:
        """First read what the sources received while nobody was here, then start ticking."""
        jobs = (
            (self._reconcile, RECONCILE_SECONDS),
            (self._read, TICK_SECONDS),
            (self._sweep, TICK_SECONDS),
            (self._dispatch, TICK_SECONDS),
            (self._recover, RECOVER_SECONDS),
            (self._house, HOUSE_SECONDS),
        )
        for job, seconds in jobs:
            self._scheduler.add_job(
                job.run,
                IntervalTrigger(seconds=seconds),
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
                next_run_time=utc_now(),
            )
        self._scheduler.start()
        wake = self._service.wake
        self._thread("wake-read", lambda: self._on(wake.inbox, self._read))
        self._thread("wake-send", lambda: self._on(wake.outbox, self._dispatch))
        self._thread("wake-sweep", lambda: self._on(wake.sweep, self._sweep))
        self._thread("watchdog", self._watch_ticks)

    def stop(self) -> None:
        """Finish what is being done and stop; what is not begun stays where it is."""
        self._stop.set()
        wake = self._service.wake
        for event in (wake.inbox, wake.outbox, wake.sweep):
            event.set()
        self._scheduler.shutdown(wait=True)
        for thread in self._threads:
            thread.join()
        self._pool.shutdown(wait=True)

    def _job(self, name: str, action: Callable[[], object]) -> _Job:
        return _Job(name, action, self._tick)

    def _tick(self) -> None:
        self._last_tick = monotonic()

    def _sweep_with_proof(self) -> None:
        phones = simulated_phones(self._service)
        if phones is not None:
            answer_reminders(self._service, phones)
        apply_due(self._service, self._service.clock())
        swept = sweep(self._service)
        if swept.waits_for_proof:
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

    def _watch_ticks(self) -> None:
        while not self._stop.wait(TICK_SECONDS):
            silent = monotonic() - self._last_tick
            if silent < STALLED_AFTER_SECONDS:
                continue
            log.error("ticks_missing", seconds=round(silent))
            self._tick()
            for job in self._scheduler.get_jobs():
                job.modify(next_run_time=utc_now() + timedelta(milliseconds=10))
