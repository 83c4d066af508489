"""Waits at a queue for what comes in, so that it is read at once: some providers post it to us, from others it is
fetched."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from sqlalchemy import Connection

from notifiers.base import HandsOver, SourceUnreadable
from service.db.state import lock_state, put_state
from service.edges import Act
from service.usecases.context import Service
from service.usecases.footing import MustNotClaim
from service.usecases.problems import StorageUnavailable
from service.usecases.reconcile_inbound import keep_inbound

WAIT = timedelta(seconds=5)
"""How long the provider keeps a call open for something to come; a process that is to end waits as long."""
LEASE = timedelta(seconds=60)
"""How long nobody else waits after the last word of the one who did: of two calls the provider ends the first."""
LOOK_AGAIN_SECONDS = 15.0
"""How often another process looks whether the one that waits is still there."""
ATTACH_AGAIN_SECONDS = 600.0
"""How often a provider that posts to us is told so again: it may have been told otherwise."""
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0

log = structlog.get_logger()


def hook_url(service: Service, name: str) -> str:
    """Where a provider may post what comes in."""
    return f"{service.public_url}/hooks/{name}"


def queues(service: Service) -> dict[str, HandsOver]:
    """The configured sources that hold what came in until we have it, by name."""
    return {one.name: one for one in service.providers if isinstance(one, HandsOver)}


class Listener:
    """Waits at one queue for as long as the process runs.

    1. Settle with the provider how we come by what people write, at the beginning and after each trouble. One that
    posts it to us needs no more than that.
    2. Of all processes one waits: it holds a lease in the database.
    3. What comes is committed before the provider lets go of it. It is listed before an alarm by `reconcile_inbound` as
    well, whose call ends ours for a moment, and counts once.
    4. On trouble pause, longer each time.

    Killed here: what was not committed waits at the provider's, and the lease runs out within a minute.
    """

    def __init__(self, service: Service, name: str, queue: HandsOver) -> None:
        self._service = service
        self._name = name
        self._queue = queue
        self._token = uuid4().hex
        self._held_until: datetime | None = None
        self._is_attached = False

    def run(self, stop: threading.Event) -> None:
        """Wait until `stop` is set, and a call's time longer at most."""
        pause, trouble = 0.0, 0.0
        while not stop.wait(pause):
            try:
                pause, trouble = self.listen_once(), 0.0
            except Exception as error:
                self._is_attached = False
                pause = trouble = min(max(FIRST_PAUSE_SECONDS, trouble * 2), LONGEST_PAUSE_SECONDS)
                self._note(error)

    def listen_once(self) -> float:
        """Wait for what comes and keep it, if this process is the one that waits; the seconds to pause then.

        Raises:
            SourceUnreadable: the provider cannot be asked now.
            StorageUnavailable: the database is away.
        """
        if not self._is_mine():
            return LOOK_AGAIN_SECONDS
        if not self._is_attached:
            self._queue.attach(hook_url(self._service, self._name))
            self._is_attached = True
        if self._queue.is_posted_to:
            self._is_attached = False
            return ATTACH_AGAIN_SECONDS
        self._queue.hand_over(lambda page: keep_inbound(self._service, self._name, page), WAIT)
        return 0.0

    def _is_mine(self) -> bool:
        """Whether this process is the one that waits; if nobody is, it is from now on."""
        now = self._service.clock()
        if self._held_until is not None and now < self._held_until - LEASE / 2 <= now + LEASE:
            return True

        def take(conn: Connection) -> datetime | None:
            name = f"listener:{self._name}"
            held = lock_state(conn, name, now) or {}
            until = datetime.fromisoformat(held["until"]) if held.get("until") else now
            # One that lies further ahead than a lease can was taken by a clock that was wrong.
            if held.get("token") != self._token and now < until <= now + LEASE:
                return None
            put_state(conn, name, {"token": self._token, "until": (now + LEASE).isoformat()}, now)
            return now + LEASE

        self._held_until = self._service.run(take, Act.RECONCILE)
        return self._held_until is not None

    def _note(self, error: Exception) -> None:
        if isinstance(error, SourceUnreadable):
            # Also when `reconcile_inbound` has asked meanwhile; then it is our turn again in a moment.
            log.info("listening_interrupted", source=self._name, reason=str(error))
        elif isinstance(error, (StorageUnavailable, MustNotClaim)):
            log.warning("listening_interrupted", source=self._name, reason=type(error).__name__)
        else:
            log.error("listening_failed", source=self._name, exc_info=error)
