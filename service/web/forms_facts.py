"""The sections of a trip as forms hold them: read from what was typed, and what is to be told later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from service.core.wording_later import LATER
from service.usecases.context import Service
from service.usecases.drafts import TripKey
from service.usecases.problems import Problems
from service.usecases.trip_facts import show_facts
from service.usecases.unknown_facts import open_fields
from service.web.compact_rows import row_count
from service.web.fields import Line
from service.web.forms import Typed, collect
from service.web.forms_numbers import number_of
from service.web.schemas_facts import AgencyIn, ConsulateIn, EmployerIn, FactsIn, InsuranceIn, VisaIn

FIELDS: Mapping[str, tuple[str, ...]] = {
    "employer": ("name", "phone", "address"),
    "agency": ("name", "phone", "licence"),
    "consulate": ("name", "phone", "address", "email"),
    "visa": ("kind", "number"),
    "insurance": ("company", "policy", "phone"),
}
COMPANION = ("name", "phone")


class _Employer(EmployerIn):
    name: Line = ""


class _Agency(AgencyIn):
    name: Line = ""


class _Consulate(ConsulateIn):
    name: Line = ""


class _Insurance(InsuranceIn):
    company: Line = ""


class _Visa(VisaIn):
    kind: Line = ""


class _Sections(FactsIn):
    """As in the API, but that somebody may be known by a number alone."""

    employer: _Employer | None = None
    agency: _Agency | None = None
    consulate: _Consulate | None = None
    insurance: _Insurance | None = None
    visa: _Visa | None = None


def read_sections(service: Service, typed: Typed, names: Iterable[str], problems: Problems) -> dict[str, Any]:
    """These sections, those without anything in them as None; `problems` says what of them cannot be used.

    Rows of companions must have been numbered without gaps.
    """
    values: dict[str, Any] = {}
    for name in names:
        if name in FIELDS:
            values[name] = _section(service, typed, f"{name}.", FIELDS[name], problems)
        elif name == "companions":
            rows = range(row_count(typed, name))
            found = (_section(service, typed, f"{name}[{row}].", COMPANION, problems) for row in rows)
            values[name] = [one or {} for one in found]
        else:
            values[name] = typed.text(name) or None
    return checked_sections(values, problems)


def checked_sections(values: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """Sections as a use case takes them: every one of `values` is in it."""
    taken = collect(problems, _Sections, {name: value for name, value in values.items() if value is not None})
    found = taken.model_dump(mode="json", exclude_none=True) if taken is not None else {}
    return {name: found.get(name) for name in values}


def later_of(typed: Typed, sections: Iterable[str]) -> list[str]:
    """The fields of these sections that she ticked to be asked for later, and left empty."""
    told = frozenset(sections)
    ticked = [field for field in LATER if field.partition(".")[0] in told and typed.says("later", field)]
    return [field for field in ticked if not typed.text(field) and not typed.indexes(field)]


def _section(
    service: Service, typed: Typed, path: str, fields: Iterable[str], problems: Problems
) -> dict[str, str] | None:
    found = {}
    for name in fields:
        text = number_of(service, typed, path + name, problems) if name == "phone" else typed.text(path + name)
        if text:
            found[name] = text
    return found or None


def person_of(typed: Typed, stored: Mapping[str, Any], names: Iterable[str]) -> dict[str, str] | None:
    """The facts about herself that a form asks for by these names, and those that she told elsewhere as `stored`."""
    told = {name: typed.text(f"person.{name}") for name in names}
    others = {name: text for name, text in (stored.get("person") or {}).items() if name not in told}
    return {**others, **{name: text for name, text in told.items() if text}} or None


def stored_facts(service: Service, key: TripKey, sections: Iterable[str]) -> dict[str, Any]:
    """Sections of her trip as they are stored, to be shown in a form, and what of it is to be told later."""
    details = show_facts(service, key)
    found = {name: details[name] for name in sections if details.get(name)}
    return {**found, "later": list(open_fields(details))}
