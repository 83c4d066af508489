"""Sources without a list: how far they say that they have handed over what came in.

Their word takes the place of a list's reading: while it is not given, alarms wait as they wait for a list, for 15 min.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from notifiers.base import TellsHowFar
from service.db.state import get_state, get_state_at, lock_state, put_state
from service.edges import Act
from service.usecases.accept import CLOCK_TRUSTED_WITHIN
from service.usecases.context import Service
from service.usecases.proof import Watermark

TOLD = "caught_up:{source}"
ASKED = "asked_again:{source}"
ASK_EVERY = timedelta(minutes=10)
"""How often one that can look again is asked to: it reads the whole span anew."""
SILENT_AFTER = 3
"""So often may a source's word be missing before it counts as silent."""
TRIED_AGAIN_WITHIN = timedelta(seconds=30)
"""What a source that hands over at once could not hand over, for a moment or two, comes again within this."""


def note_caught_up(service: Service, source: str, at: datetime, said_at: datetime) -> None:
    """Note that everything sent before `at` is here. `said_at` is when that was said, by the same clock: one that
    is ahead must not vouch for what is still to come.

    Raises:
        StorageUnavailable: nothing was kept.
    """
    now = service.clock()
    until = min(min(at, said_at) - max(said_at - now, timedelta(0)), now)

    def note(conn: Connection) -> None:
        name = TOLD.format(source=source)
        told = lock_state(conn, name, now)
        if _is_old(told, said_at, now):
            return
        known = _instant(told, "until")
        # One that lies ahead was noted by a clock that was wrong.
        kept = until if known is None or known > now else max(known, until)
        put_state(conn, name, {"until": kept.isoformat(), "said": said_at.isoformat()}, now)

    service.run(note, Act.WATERMARK)


def note_alive(service: Service, source: TellsHowFar, name: str, said_at: datetime) -> None:
    """Note a sign of life of a source that hands over at once, and again what it could not, the later the longer it
    could not: after a silence only as long a time without one shows that nothing is left. `said_at`: its own clock.

    Raises:
        StorageUnavailable: nothing was kept.
    """
    now = service.clock()

    def note(conn: Connection) -> None:
        key = TOLD.format(source=name)
        known = lock_state(conn, key, now)
        if _is_old(known, said_at, now):
            return
        last, clear_at, until = (_instant(known, field) for field in ("last", "clear_at", "until"))
        last = min(last, now) if last else None
        if last is not None and now - last > SILENT_AFTER * source.tells_every:
            clear_at = now + (now - last)
        if clear_at is None or now >= clear_at or clear_at - now > LONGEST_DOUBT:
            clear_at, until = None, now - TRIED_AGAIN_WITHIN
        value = {"last": now, "clear_at": clear_at, "until": until, "said": said_at}
        put_state(conn, key, {field: at.isoformat() for field, at in value.items() if at is not None}, now)

    service.run(note, Act.WATERMARK)


def _is_old(known: Mapping[str, Any], said_at: datetime, now: datetime) -> bool:
    """Whether this was said before, or before what is known: whoever sends it again would else make a word of a while
    ago, by a clock that is ahead, or a sign of life of one that is dead."""
    said = _instant(known, "said")
    return said is not None and said_at <= said <= now + CLOCK_TRUSTED_WITHIN


LONGEST_DOUBT = timedelta(days=2)
"""As long as a source keeps trying; beyond it, a clock was wrong."""


def take_word(conn: Connection, source: TellsHowFar, mark: Watermark, now: datetime) -> Watermark:
    """The watermark by the source's last word. It counts as silent until the word is about now: one that has something
    left which it cannot hand over would hold every alarm for ever."""
    told = _instant(get_state(conn, TOLD.format(source=mark.source)) or {}, "until")
    if told is None or told > now:
        return mark
    silent = mark.failing_since if now - told > SILENT_AFTER * source.tells_every else None
    return replace(mark, read_until=max(told, mark.read_until or told), failing_since=silent)


def is_to_be_asked(conn: Connection, source: str, now: datetime) -> bool:
    """Whether it is time to ask a source to look again, and notes that it is being asked."""
    name = ASKED.format(source=source)
    at = get_state_at(conn, name)
    if at is not None and at <= now < at + ASK_EVERY:
        return False
    put_state(conn, name, {}, now)
    return True


def _instant(value: Mapping[str, Any], field: str) -> datetime | None:
    text = value.get(field)
    return datetime.fromisoformat(text) if text else None
