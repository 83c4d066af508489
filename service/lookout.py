"""Looks at the engine from beside it: pages the operator when nobody sweeps, counts what is sent, and tells the outside
that all is well.

One thread of its own in every process, so that nothing here can delay a sweep, and no sweep that hangs can keep this
from noticing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from notifiers.plain_http import Answer, NoAnswer, request
from service.clock import monotonic
from service.usecases.context import Service
from service.usecases.keeping_up import HEARTBEATS, behind
from service.usecases.problems import StorageUnavailable
from service.usecases.send_pages import send_pages
from service.usecases.spending import note_sends
from service.usecases.stall import StallWatch

TICK_SECONDS = 5.0
STALL_SECONDS = 30.0
HEARTBEAT_SECONDS = 60.0
HEARTBEAT_TIMEOUT_SECONDS = 10.0
STOP_SECONDS = 5.0
"""How long a process that is to end waits for what looks at it."""

log = structlog.get_logger()


class Lookout:
    """Of one process; started after it has been built and stopped before its database is closed."""

    def __init__(self, service: Service, tick_seconds: float = TICK_SECONDS) -> None:
        self._service = service
        self._tick_seconds = tick_seconds
        self._stalls = StallWatch(service)
        self._heartbeat = Heartbeat(service)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lookout", daemon=True)
        self._next_stall = monotonic() + STALL_SECONDS

    def start(self) -> None:
        """Look from now on."""
        self._thread.start()

    def stop(self, within_seconds: float = STOP_SECONDS) -> None:
        """End, and begin no other page. What was sent until now is counted.

        Whoever is being called then, and however long the network or the database keeps silent, it takes no longer than
        `within_seconds`: the thread is left to the end of the process, as if it were killed.
        """
        self._stop.set()
        self._service.wake.stopping.set()
        last = threading.Thread(target=self._end, args=(within_seconds / 2,), name="lookout-end", daemon=True)
        last.start()
        last.join(within_seconds)

    def look(self) -> None:
        """Everything that is due now."""
        self._count()
        if not self._stop.is_set() and monotonic() >= self._next_stall:
            self._next_stall = monotonic() + STALL_SECONDS
            self._guarded("stall", self._look_for_a_stall)
        if not self._stop.is_set():
            self._guarded("heartbeat", self._heartbeat.beat_if_due)

    def _end(self, seconds: float) -> None:
        if self._thread.ident is not None:
            self._thread.join(seconds)
        self._count()

    def _count(self) -> None:
        self._guarded("count_sends", lambda: note_sends(self._service))

    def _look_for_a_stall(self) -> None:
        if self._stalls.look():
            send_pages(self._service)

    def _run(self) -> None:
        while not self._stop.wait(self._tick_seconds):
            self.look()

    def _guarded(self, job: str, action: Callable[[], object]) -> None:
        try:
            action()
        except StorageUnavailable as error:
            log.warning("storage_unavailable", job=job, reason=str(error))
        except Exception:
            log.exception("job_failed", job=job)


class Heartbeat:
    """Calls AMANBA_HEARTBEAT_URL while all is well, so that somebody outside notices when it is not.

    A GET once a minute, in a process that sweeps: when it has completed a sweep since the last call, and the engine
    keeps up (see `service.usecases.keeping_up`). It carries nothing. Failures are logged once, until it works again.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._called_at = float("-inf")
        self._trouble = ""

    def beat_if_due(self) -> None:
        """Call if a minute has passed and all is well.

        Raises:
            StorageUnavailable: the database is away, so that nobody can know.
        """
        is_due = monotonic() - self._called_at >= HEARTBEAT_SECONDS
        if not (self._service.heartbeat_url and is_due and self._service.pulse.is_fresh):
            return
        self._called_at = monotonic()
        late = behind(self._service)
        if late is not None:
            HEARTBEATS.labels(result="held").inc()
            self._say("heartbeat_held", f"behind with {late}")
            return
        answer = request(self._service.heartbeat_url, HEARTBEAT_TIMEOUT_SECONDS)
        if isinstance(answer, Answer) and 200 <= answer.status < 300:
            HEARTBEATS.labels(result="sent").inc()
            if self._trouble:
                log.info("heartbeat_works")
            self._trouble = ""
        else:
            HEARTBEATS.labels(result="failed").inc()
            self._say("heartbeat_failed", _reason(answer))

    def _say(self, what: str, reason: str) -> None:
        if self._trouble != what:
            log.warning(what, reason=reason)
        self._trouble = what


def _reason(answer: Answer | NoAnswer) -> str:
    return answer.reason if isinstance(answer, NoAnswer) else f"HTTP {answer.status}"
