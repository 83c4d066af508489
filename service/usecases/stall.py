"""Notices that nobody sweeps any more, from outside of the engine that should, and pages the operator."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import isfinite
from uuid import NAMESPACE_URL, uuid5

import structlog

from notifiers.base import Accepted, Message, SendResult, Unavailable
from service.clock import monotonic
from service.core import wording
from service.core.wording import PageReason
from service.db.state import get_state_at
from service.edges import Act
from service.texts import translator
from service.usecases import telling
from service.usecases.context import WEBHOOK, Service
from service.usecases.page_clock import set_right
from service.usecases.problems import StorageUnavailable
from service.usecases.work import Work

STALLED_AFTER = timedelta(minutes=5)
AGAIN_AFTER = timedelta(hours=1)

log = structlog.get_logger()


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
        self._away_since: float | None = None
        self._next_direct = 0.0

    def look(self) -> bool:
        """Whether the engine stands still; pages the operator when it does, once an hour whoever notices.

        1. Nobody has completed a sweep for 5 min, twice in a row.  2. The page is written; `send_pages` sends it when
        the engine's own senders do not.  3. While the database is away nothing can be written: after 5 min of that each
        process that used to sweep hands the page to the channels directly, once an hour; while none of them takes it,
        every 5 min: what keeps the database away may keep them away too.

        Killed here: another process notices, or the heartbeat to the outside stays away.

        Raises:
            StorageUnavailable: the database is away.
        """
        try:
            is_stalled = self._look()
        except StorageUnavailable:
            self._notice_absence()
            raise
        self._away_since = None
        return is_stalled

    def _look(self) -> bool:
        service = set_right(self._service)
        now = service.clock()
        swept_at = service.read(lambda conn: get_state_at(conn, "sweep"))
        up_since = now - timedelta(seconds=monotonic() - self._began)
        silent_since = max(swept_at, up_since) if swept_at is not None else up_since
        self._looks = self._looks + 1 if now - silent_since > STALLED_AFTER else 0
        if self._looks < 2:
            return False
        occasion = f"{swept_at or 'never'}:{int((now - (swept_at or silent_since)) / AGAIN_AFTER)}"
        if occasion != self._paged:
            service.run(lambda conn: _page(Work(service, conn, now), swept_at or silent_since, occasion), Act.PAGE)
            service.wake.outbox.set()
            self._paged = occasion
        return True

    def _notice_absence(self) -> None:
        now = monotonic()
        self._away_since = now if self._away_since is None else self._away_since
        # Of a web alone nobody can say that it is the engine whose database is away.
        has_swept = isfinite(self._service.pulse.age)
        if has_swept and now - self._away_since > STALLED_AFTER.total_seconds() and now >= self._next_direct:
            since = self._service.clock() - timedelta(seconds=now - self._away_since)
            again = AGAIN_AFTER if page_directly(self._service, since) else STALLED_AFTER
            self._next_direct = now + again.total_seconds()


def page_directly(service: Service, since: datetime) -> bool:
    """The one message that no row stands behind: that there is nowhere to write rows. Whether a channel took it."""
    taken = False
    occasion, _ = f"{PageReason.STORAGE_AWAY}:{since:%Y-%m-%dT%H}", translator("en")
    body = wording.operator(PageReason.STORAGE_AWAY, _, at=_said(since))
    for way in service.operator_ways:
        webhook = way.channel == WEBHOOK
        page = Message(
            outbox_id=str(uuid5(NAMESPACE_URL, f"{occasion}:{way.address}")),
            to=way.address,
            body=body,
            kind="operator",
            ref_code=None,
            callback_url=None,
            valid_for=AGAIN_AFTER,
            subject=PageReason.STORAGE_AWAY.value if webhook else wording.operator_subject(_),
        )
        result = _send(service, way.channel, page)
        taken = taken or isinstance(result, Accepted)
        log.error("operator_paged_directly", occasion=occasion, channel=way.channel, result=type(result).__name__)
    return taken


def _send(service: Service, channel: str, page: Message) -> SendResult:
    try:
        return service.notifiers[channel].send(page)
    except Exception:
        # A notifier must not raise; one that does must not keep the page from the other ways.
        log.exception("notifier_raised", channel=channel)
        return Unavailable("the notifier failed", maybe_accepted=True)


def _page(work: Work, since: datetime, occasion: str) -> None:
    telling.page_operator(work, PageReason.SWEEP_LATE, occasion, at=_said(since))
    work.flush()


def _said(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M UTC}"
