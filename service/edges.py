"""The edges of each transaction and of each send, where a process may die.

Nothing happens at an edge. The crash suite stands at every one of them and kills the process there; a point that it
never reached fails the suite, so a new transaction of the engine names its act here.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Act(StrEnum):
    """What a transaction of the engine does. Its edges are just before and just after its commit."""

    ACCEPT = "accept"
    READ = "read"
    SWEEP = "sweep"
    CLAIM = "claim"
    SETTLE = "settle"
    TAKE_OVER = "take_over"
    RECOVER = "recover"
    RECONCILE = "reconcile"
    WATERMARK = "watermark"
    CHANGE = "change"
    REPORT = "report"
    POLL = "poll"
    """It is counted that a provider is asked how far a message got."""
    CHASE = "chase"
    """Whoever shows no sign of a message is told by her next address."""
    INVITE = "invite"
    ARM = "arm"
    REHEARSE = "rehearse"
    HOUSE = "house"
    NOTE = "note"
    """A completed sweep is noted."""
    COUNT = "count"
    """What was sent today is counted."""
    SET_ASIDE = "set_aside"
    """A watch, an alarm or a rehearsal that cannot be stepped is left for a while."""
    SET_TEXT_ASIDE = "set_text_aside"
    CLOCK = "clock"
    """The clock was set, and what waits by it is set right."""
    PAGE = "page"
    """Whoever runs this is paged, and nothing else is written."""

    @property
    def before(self) -> str:
        """Everything is written, nothing is committed."""
        return f"{self}.before"

    @property
    def after(self) -> str:
        """It is committed, and nobody has been told."""
        return f"{self}.after"


SENDING = "send.begun"
"""A message is about to be handed to its provider."""
ACCEPTED = "send.accepted"
"""The provider has it, and we have not written that down."""
LISTED = "list.message"
"""In the middle of a provider's list."""
ASKED = "recover.asked"
"""The provider has said what became of a message, and we have not written that down."""

POINTS: tuple[str, ...] = (
    *(point for act in Act for point in (act.before, act.after)),
    SENDING,
    ACCEPTED,
    LISTED,
    ASKED,
)
"""All edges there are."""

_watcher: Callable[[str], None] | None = None


def reach(point: str) -> None:
    """This process is at an edge."""
    if _watcher is not None:
        _watcher(point)


def watch(watcher: Callable[[str], None] | None) -> None:
    """Let `watcher` be called at each edge, from whichever thread reaches it; None ends it."""
    global _watcher
    _watcher = watcher
