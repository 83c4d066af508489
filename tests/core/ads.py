"""The ads of `tests/data`, each read once however many tests ask for it."""

from __future__ import annotations

from functools import cache

from service.core.offer import Check, check


@cache
def checked(text: str) -> Check:
    """What the offer check finds in an ad."""
    return check(text)
