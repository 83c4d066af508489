"""What a provider can say of where it posts what people send: whether that is us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from notifiers.base import Rejected, Unavailable


@dataclass(frozen=True, slots=True)
class HookNews:
    """One thing that was looked at: a sentence for the operator, and what to do unless it `is_right`. `is_lost`: what
    people send does not reach us by it, or costs them; otherwise it comes later, or by another way."""

    said: str
    do: str = ""
    is_lost: bool = False

    @property
    def is_right(self) -> bool:
        return not self.do


@runtime_checkable
class KnowsItsHooks(Protocol):
    """Can ask its provider where it posts to."""

    def look_at_hooks(self, public_url: str) -> tuple[HookNews, ...] | Rejected | Unavailable:
        """Compare it with `public_url`, where others reach us. Changes nothing; total."""


def path_of(url: str) -> str:
    """An address without its fragment, in which Twilio takes settings of the connection."""
    return url.partition("#")[0]
