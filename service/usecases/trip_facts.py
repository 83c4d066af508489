"""What her people will need: who employs her, who arranged it, her consulate and whatever else she tells of a trip."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from service.core.wording_text import N_
from service.db.trips import TripKey, TripState
from service.usecases.ask_later import ask_for_the_rest
from service.usecases.checklist_asking import ask_before_leaving
from service.usecases.contact_addresses import addresses_of_contacts
from service.usecases.context import Service
from service.usecases.drafts import ENDED, NOT_ARMED, load_draft, set_columns, write_details
from service.usecases.plan_trip import FREE_TEXTS, check_days, check_facts, is_other_side, people_of
from service.usecases.problems import Conflict409, NotFound, Problems
from service.usecases.show_trip import read_whole
from service.usecases.unknown_facts import is_known, open_fields, with_later
from service.usecases.waiting import looks_ended
from service.usecases.work import Work

TRUSTED = N_("This belongs to somebody whom you want to be told. Those people must not depend on the employer.")
KNOWN_ALREADY = N_("This is known already, and stays as it is during the trip.")
ENDS_AT = "ends_at"


def show_facts(service: Service, key: TripKey) -> Mapping[str, Any]:
    """The sections of a trip as she gave them. Whether her browser may see them, the caller knows.

    Raises:
        NotFound: no such trip of hers.
    """
    now = service.clock()
    return service.read(lambda conn: read_whole(service, conn, key, now)).details


def set_facts(service: Service, key: TripKey, sections: Mapping[str, Any], later: Iterable[str] = ()) -> None:
    """Put sections of a draft in the place of what it has; None takes one out, the others stay.

    Args:
        later: the fields of these sections that she wants to tell later.

    Raises:
        Invalid, NotFound, Conflict409: see `load_draft`.
    """
    now = service.clock()
    told = {name: value for name, value in sections.items() if value is not None}

    def keep(conn: Connection) -> None:
        trip = load_draft(service, conn, key, now)
        problems = Problems()
        facts = check_facts(service, problems, {**told, "later": list(later)})
        refuse_trusted(service, conn, trip, problems, facts)
        problems.refuse()
        said = facts.pop("later")
        stays = {name: value for name, value in trip.details.items() if name not in sections}
        details = with_later({**stays, **facts}, sections, said)
        write_details(service, conn, trip, details)
        work = Work(service, conn, now)
        ask_before_leaving(work, replace(trip, details=details))
        work.audit.add(key.traveler_id, "traveler", "facts_set", trip.key_id, {"sections": sorted(sections)})
        work.flush()

    service.run(keep)


def fill_in(service: Service, key: TripKey, sections: Mapping[str, Any]) -> tuple[str, ...]:
    """Tell, in a running trip, what she wanted to tell later; the fields that are still open.

    It takes effect at once, and only what is unknown can be told: whoever holds her phone can take nothing back.

    Args:
        sections: as in `set_facts`, holding only what is told now; `ends_at` is an instant in RFC 3339.

    Raises:
        Invalid: a field cannot be used, or is known already.
        NotFound: no such trip of hers.
        Conflict409: it is not armed.
    """
    now = service.clock()

    def keep(conn: Connection) -> tuple[str, ...]:
        # Changes that come due write the details too, under the same lock.
        trip = service.trip(conn, key, now, lock=True)
        if trip is None:
            raise NotFound
        if looks_ended(conn, trip, now):
            raise Conflict409(ENDED, ("ended",))
        if trip.status != "armed":
            raise Conflict409(NOT_ARMED)
        told = _leaves(sections)
        details, ends_at = _filled_in(service, conn, trip, told, now)
        left = open_fields(details)
        if left == open_fields(trip.details):
            return left
        write_details(service, conn, trip, details)
        if ends_at != trip.ends_at:
            set_columns(conn, key, ends_at=ends_at)
        work = Work(service, conn, now)
        ask_for_the_rest(work, trip, left)
        ask_before_leaving(work, replace(trip, details=details))
        work.audit.add(key.traveler_id, "traveler", "facts_filled_in", trip.key_id, {"fields": sorted(told)})
        work.flush()
        return left

    return service.run(keep)


def refuse_trusted(
    service: Service, conn: Connection, trip: TripState, problems: Problems, facts: Mapping[str, Any]
) -> None:
    """Whoever employs her, arranged it or travels with her must not be one of the people who are told (T13)."""
    trusted = addresses_of_contacts(service, conn, trip)
    for path, fact in people_of(facts):
        if path in ("consulate", "insurance"):
            continue
        for way in ("phone", "email"):
            if str(fact.get(way) or "").casefold() in trusted:
                problems.add(f"{path}.{way}", TRUSTED)
    for name in FREE_TEXTS:
        told = {"person": {name: (facts.get("person") or {}).get(name)}}
        if any(is_other_side(told, address) for address in trusted):
            problems.add(f"person.{name}", TRUSTED)


def _filled_in(
    service: Service, conn: Connection, trip: TripState, told: Mapping[str, Any], now: datetime
) -> tuple[dict[str, Any], datetime]:
    """The details with what was told, and the trip's end; what was told in the same words before changes nothing."""
    problems = Problems()
    before: dict[str, Any] = json.loads(json.dumps(dict(trip.details)))
    asked = open_fields(before)
    changed: dict[str, Any] = {}
    for field, value in told.items():
        section, _dot, name = field.partition(".")
        if field not in asked:
            if not _is_the_same(before, field, value):
                problems.add(field, KNOWN_ALREADY)
        elif name:
            changed.setdefault(section, dict(before.get(section) or {}))[name] = value
        else:
            changed[section] = value
    facts = check_facts(service, problems, changed)
    refuse_trusted(service, conn, trip, problems, facts)
    ends_at = datetime.fromisoformat(facts.pop(ENDS_AT)) if ENDS_AT in facts else trip.ends_at
    if ends_at != trip.ends_at:
        check_days(problems, trip.starts_at, ends_at, now)
    problems.refuse()
    details = {**before, **facts, "later": [field for field in asked if field not in told]}
    return details, ends_at


def _leaves(sections: Mapping[str, Any]) -> dict[str, Any]:
    """What was told, by the paths of its fields; empty texts tell nothing."""
    leaves: dict[str, Any] = {}
    for section, value in sections.items():
        if isinstance(value, Mapping):
            leaves |= {f"{section}.{name}": one for name, one in value.items() if one}
        elif value:
            leaves[section] = value
    return leaves


def _is_the_same(details: Mapping[str, Any], field: str, value: Any) -> bool:
    section, _dot, name = field.partition(".")
    if section == ENDS_AT:
        # It was told when it left the list; its own column holds it.
        return True
    stored = details.get(section)
    return is_known(details, field) and value == (stored[name] if name and isinstance(stored, Mapping) else stored)
