"""Those whom she depends on: employer, agency, companions. Nobody whom she trusts may be one of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

FREE_TEXTS = ("recruiter", "boss")
"""Fields of the sheet in which she may name, in her own words, those whom a trusted contact must not be."""
OWN_DIGITS = 9
"""So many of a number's last digits are hardly another's."""
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\s().\-\u2010-\u2015/]+(?=\d)|[()]")


def other_sides(details: Mapping[str, Any]) -> frozenset[str]:
    """The numbers and addresses of those whom a trusted contact must not be: employer, agency, companions."""
    people = [details.get("employer") or {}, details.get("agency") or {}, *(details.get("companions") or ())]
    ways = (person.get(way) for person in people for way in ("phone", "email"))
    return frozenset(str(way).casefold() for way in ways if way)


def is_other_side(details: Mapping[str, Any], address: str) -> bool:
    """Whether a number (E.164) or an address belongs to those whom a trusted contact must not be: see `other_sides`; or
    stands in what she wrote of the recruiter and the boss, however she spaced it."""
    return address.casefold() in other_sides(details) or any(
        _stands_in(str((details.get("person") or {}).get(name) or ""), address) for name in FREE_TEXTS
    )


def _stands_in(text: str, address: str) -> bool:
    if not address.startswith("+"):
        return address.casefold() in text.casefold()
    # Within its country a number is written without its code, with another digit before it.
    own = address[1:][-OWN_DIGITS:]
    return len(own) == OWN_DIGITS and own in _BETWEEN_DIGITS.sub("", text)
