"""What a traveler does not know yet: the fields of her trip that she wants to be asked for later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from service.core.wording_later import LATER
from service.core.wording_text import N_
from service.usecases.problems import Problems

NOT_LATER = N_("This cannot be told later.")


def open_fields(details: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields (keys of `LATER`, in its order) that are still to be told."""
    said = frozenset(details.get("later") or ())
    return tuple(field for field in LATER if field in said and not is_known(details, field))


def is_known(details: Mapping[str, Any], field: str) -> bool:
    """Whether the details hold a value there. The end of a trip is stored beside them: unknown while it is listed."""
    section, _dot, name = field.partition(".")
    value = details.get(section)
    return bool(value.get(name) if name and isinstance(value, Mapping) else value)


def check_later(problems: Problems, details: Mapping[str, Any]) -> None:
    """Whether all that she wants to tell later may be told later."""
    for index, field in enumerate(details.get("later") or ()):
        if field not in LATER:
            problems.add(f"later[{index}]", NOT_LATER)


def with_later(details: Mapping[str, Any], sections: Iterable[str], said: Iterable[str]) -> dict[str, Any]:
    """The details after some of their sections were told anew: of these, `said` are to be told later. What is known
    by now leaves the list."""
    told = frozenset(sections)
    kept = [field for field in details.get("later") or () if field.partition(".")[0] not in told]
    changed = {**details, "later": [*kept, *said]}
    return {**changed, "later": list(open_fields(changed))}
