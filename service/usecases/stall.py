"""Notices that nobody sweeps any more, from outside of the engine that should, and pages the operator."""

from __future__ import annotations

from datetime import datetime, timedelta

from service.clock import monotonic
from service.core.wording import PageReason
from service.db.state import get_state_at
from service.usecases import telling
from service.usecases.context import Service
from service.usecases.work import Work

STALLED_AFTER = timedelta(minutes=5)
AGAIN_AFTER = timedelta(hours=1)


class StallWatch:
    """Looks at the last completed sweep of anybody, for as long as this process runs.

    Own downtime is no stall: it counts from the start of this process at the earliest. And what a process sees that
    was suspended, or whose clock was set, is past at its next look: so a page takes two looks.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._began = monotonic()
        self._looks = 0
        self._paged = ""

    def look(self) -> bool:
        """Whether the engine stands still; pages the operator when it does, once an hour whoever notices.

        1. Nobody has completed a sweep for 5 min, twice in a row.  2. The page is written; `send_pages` sends it when
        the engine's own senders do not.

        Killed here: another process notices, or the heartbeat to the outside stays away.

        Raises:
            StorageUnavailable: the database is away.
        """
        now = self._service.clock()
        swept_at = self._service.read(lambda conn: get_state_at(conn, "sweep"))
        up_since = now - timedelta(seconds=monotonic() - self._began)
        silent_since = max(swept_at, up_since) if swept_at is not None else up_since
        self._looks = self._looks + 1 if now - silent_since > STALLED_AFTER else 0
        if self._looks < 2:
            return False
        occasion = f"{swept_at or 'never'}:{int((now - (swept_at or silent_since)) / AGAIN_AFTER)}"
        if occasion != self._paged:
            self._service.run(lambda conn: _page(Work(self._service, conn, now), swept_at or silent_since, occasion))
            self._service.wake.outbox.set()
            self._paged = occasion
        return True


def _page(work: Work, since: datetime, occasion: str) -> None:
    telling.page_operator(work, PageReason.SWEEP_LATE, occasion, at=f"{since:%Y-%m-%d %H:%M UTC}")
    work.flush()
