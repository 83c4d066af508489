"""What a process stands on: its clock, compared with the database's, and a schema that it knows.

Everything that the engine does is decided by time: a worker whose clock is wrong would alarm too early, prove too much
read, take over what others are sending, or look at an SOS a day late. And a worker of an older version would decide on
rows that its successor writes otherwise. Such a worker claims nothing until it stands right again; the others go on.
What it had begun it finishes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Connection, func, select

from service.clock import monotonic
from service.db import tx
from service.db.engine import Database
from service.db.errors import StorageUnavailable
from service.db.schema import HEAD, VERSIONS, Fit, fit_of
from service.edges import Act

Clock = Callable[[], datetime]

OFF_AT_MOST = timedelta(seconds=5)
"""How far an engine's clock may be from the database's. Two engines are then less than 10 s apart, and a lease of 60 s
with half of it to begin in and 20 s to send in is still nobody else's."""
WEB_OFF_AT_MOST = timedelta(seconds=60)
"""How far the clock that stamps check-ins may be. An unread message holds its alarms for two minutes, and a grace has
five at least, so up to here nobody is judged wrongly. To refuse check-ins would be worse than to stamp them 6 s off."""
JUMP_SECONDS = 1.0
"""A wall clock that has moved so much against the monotonic one since the last look was set, or the machine slept."""
SAY_AGAIN_SECONDS = 600.0
CLAIMS = frozenset(
    {
        Act.READ,
        Act.SWEEP,
        Act.CLAIM,
        Act.TAKE_OVER,
        Act.RECONCILE,
        Act.CHANGE,
        Act.POLL,
        Act.CHASE,
        Act.HOUSE,
        Act.CLOCK,
        Act.NOTE,
    }
)
"""Acts that begin something, or tell others the time. The others finish what was begun, or keep what came in, and are
always allowed."""

CLOCK_SKEW = "clock_skew"
NEWER_SCHEMA = "newer_schema"
NOT_LOOKED_YET = "not_looked_yet"

log = structlog.get_logger()


class MustNotClaim(StorageUnavailable):
    """This process has no footing: nothing was claimed, and somebody else or a later time will."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What one look found: the schema's revision and the time.

    `ahead`: our clock before the database's, negative when it is behind it. `doubt`: how exactly that is known, which
    depends on how long the answer took.
    """

    revision: str
    ahead: timedelta = timedelta(0)
    doubt: timedelta = timedelta(0)

    @property
    def fit(self) -> Fit:
        return fit_of(self.revision)

    def clock_is_off(self, at_most: timedelta) -> bool:
        return abs(self.ahead) - self.doubt > at_most


def look(db: Database, clock: Clock) -> Ground:
    """Ask the database for its time and its schema. A file has no clock of its own.

    Raises:
        StorageUnavailable: it is away.
    """
    return tx.read(db, lambda conn: _look(conn, clock))


def _look(conn: Connection, clock: Clock) -> Ground:
    revision = select(VERSIONS.c.version_num)
    if conn.dialect.name != "postgresql":
        return Ground(conn.execute(revision).scalar_one())
    asked, began = clock(), monotonic()
    theirs, found = conn.execute(select(func.clock_timestamp(), revision.scalar_subquery())).one()
    half = timedelta(seconds=monotonic() - began) / 2
    return Ground(found, asked + half - theirs, half)


class Footing:
    """Keeps the engine of this process from claiming while its clock or its version is not right.

    Until an engine guards it, it keeps nobody from anything.
    """

    def __init__(self) -> None:
        self.ground: Ground | None = None
        """What the last look found."""
        self.lost: str | None = None
        """Why the engine may claim nothing: CLOCK_SKEW, NEWER_SCHEMA or NOT_LOOKED_YET; None while it may."""
        self._is_guarded = False
        self._wall_before_monotonic = 0.0
        self._said: str | None = None
        self._said_at = 0.0
        self._lock = threading.Lock()

    @property
    def ahead_seconds(self) -> float:
        """How far our clock was ahead of the database's at the last look."""
        return self.ground.ahead.total_seconds() if self.ground else 0.0

    def guard(self, db: Database, clock: Clock) -> None:
        """From now on claim nothing without a right clock and schema, and look whether they are.

        Raises:
            StorageUnavailable: the database is away; nothing is claimed before a look has succeeded.
        """
        if not self._is_guarded:
            self._is_guarded = True
            self.lost = NOT_LOOKED_YET
        self.look_again(db, clock)

    def look_again(self, db: Database, clock: Clock) -> Ground:
        """Look, and say in the log when the footing is lost or regained.

        Raises:
            StorageUnavailable: the database is away; what was true before stays.
        """
        ground = look(db, clock)
        with self._lock:
            self.ground = ground
            if db.connect_alone:
                self._wall_before_monotonic = _before_monotonic(clock)
            trouble = _trouble(ground, OFF_AT_MOST if self._is_guarded else WEB_OFF_AT_MOST)
            if self._is_guarded:
                self.lost = trouble
            self._say(trouble, ground)
        return ground

    def must_stand(self, act: Act, db: Database, clock: Clock) -> None:
        """Raise when `act` would claim something and this process may not; looks again when the clock has jumped.

        Raises:
            MustNotClaim: see there.
        """
        if not self._is_guarded or act not in CLAIMS:
            return
        if db.connect_alone and abs(_before_monotonic(clock) - self._wall_before_monotonic) > JUMP_SECONDS:
            self.look_again(db, clock)
        if self.lost is not None:
            raise MustNotClaim(self.lost)

    def _say(self, trouble: str | None, ground: Ground) -> None:
        before, self._said = self._said, trouble
        if trouble is None:
            if before is not None:
                log.info("footing_regained", was=before)
        elif trouble != before or monotonic() > self._said_at + SAY_AGAIN_SECONDS:
            self._said_at = monotonic()
            seconds = round(ground.ahead.total_seconds(), 1)
            log.error(trouble, ahead_seconds=seconds, schema=ground.revision, known=HEAD, engine=self._is_guarded)


def _trouble(ground: Ground, off_at_most: timedelta) -> str | None:
    if ground.fit is not Fit.OURS:
        return NEWER_SCHEMA
    return CLOCK_SKEW if ground.clock_is_off(off_at_most) else None


def _before_monotonic(clock: Clock) -> float:
    """Seconds; stays the same as long as nobody sets the wall clock."""
    return (clock() - _EPOCH).total_seconds() - monotonic()


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
