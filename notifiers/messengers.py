"""What not every provider can: hold a queue of what came in, show buttons, be written to by a link, explain itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from notifiers.base import InboundMessage


@runtime_checkable
class HandsOver(Protocol):
    """Holds what came in until we have it, and then forgets it: a queue. Its list is read only as far as nothing of it
    has to be forgotten."""

    @property
    def is_posted_to(self) -> bool:
        """Whether the provider posts to us what comes in, so that nobody has to wait for it there."""

    def attach(self, hook_url: str) -> None:
        """Settle with the provider how we come by it: posted to `hook_url`, or fetched. Said again, it changes nothing.

        Raises `SourceUnreadable` when that is not so now.
        """

    def hand_over(self, keep: Callable[[list[InboundMessage]], int], wait: timedelta = timedelta(0)) -> int:
        """Give all that waits to `keep`, page by page, and let a page go only when `keep` has returned; the sum of what
        it returned. With `wait`, that long for the first one to come.

        Raises `SourceUnreadable` unless all of it was read; what `keep` has taken stays taken.
        """


@runtime_checkable
class WrittenToFirst(Protocol):
    """Reaches only those who have written to it, which a link makes easy; their address is known then, not before."""

    def link_for(self, token: str) -> str | None:
        """The address that lets a person write `token` (64 letters and digits at most) to us by one press; None while
        the provider does not tell under which name it knows us."""


@runtime_checkable
class HasButtons(Protocol):
    """Shows buttons below a message."""

    @property
    def most_button_bytes(self) -> int:
        """How many bytes of UTF-8 a pressed button may send back."""


@runtime_checkable
class ExplainsCodes(Protocol):
    """Knows what its provider's codes mean."""

    def explain(self, code: str) -> str:
        """The meaning in an English sentence that names nobody; "" for a code that it does not know."""
