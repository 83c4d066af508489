"""What stands in the fact sheet: the traveler's own facts and what the alarm adds, by the fields of `core.sheet`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from service.core.alarm import AlarmKind, Strength
from service.core.own_notes import on_the_sheet, read_own
from service.core.sheet import COPIES
from service.core.sheet_fields import SIGNS, TOLD, Copy
from service.core.wording_facts import OFFERED_BY, visa_said
from service.core.wording_text import N_, Translate
from service.db.stored import table_of
from service.db.tables import CheckIn
from service.db.trips import AlarmState, ContactState, TripKey, TripState
from service.texts import translator
from service.usecases.alarm_facts import consulate_now, facts_for, place
from service.usecases.alarm_notes import HeardNote
from service.usecases.checklist_sheet import list_on_the_sheet
from service.usecases.consulate import numbers_there, origin_said
from service.usecases.found_out import Found, newest
from service.usecases.found_out import Sign as Said
from service.usecases.places import country_name
from service.usecases.typed_numbers import shown_number
from service.usecases.unknown_facts import open_fields

CHECK_INS = table_of(CheckIn)

NEWEST = 5
"""So many of the last messages stand on the sheet."""
SIGNALS = {
    AlarmKind.UNPROVEN: N_("messages came, but nobody has heard the voice"),
    AlarmKind.MISSED: N_("an agreed time passed without an answer"),
    AlarmKind.SOS: N_("a call for help"),
    AlarmKind.DURESS: N_("a covert sign of danger"),
}
DO_NOT_CALL = N_("Covert sign: do NOT call or text {name}, and nobody near {name}.")
CALL = N_("This number may be called: {number}")
LANGUAGES = {"en": N_("English"), "ru": N_("Russian"), "kk": N_("Kazakh")}
HEARD = {
    "right": N_("the answer was right"),
    "wrong": N_("the answer was wrong"),
    "not_free": N_("the answer meant “I am not free”"),
    "odd": N_("something was odd"),
}
BY_PAGE = frozenset({"api", "check_in"})
AGREED = ("contacts", "police", "consulate", "ngo")
YES_OR_NO = {Said.YES: N_("yes"), Said.NO: N_("no")}


@dataclass(frozen=True, slots=True)
class Sign:
    """A message of hers: when it was sent (UTC), which way it came, and whether it proved that it was she."""

    at: datetime
    source: str
    proven: bool


@dataclass(frozen=True, slots=True)
class Occasion:
    """An alarm as one of her people looks at it now. `zone`: the reader's; `unclear`: texts that nobody understood.
    `notes`: what her people heard when they spoke with her; `found`: what they found out, the newest first."""

    trip: TripState
    alarm: AlarmState
    reader: ContactState
    now: datetime
    zone: str
    signs: tuple[Sign, ...] = ()
    unclear: tuple[str, ...] = ()
    notes: tuple[HeardNote, ...] = ()
    found: tuple[Found, ...] = ()


def last_signs(conn: Connection, key: TripKey) -> tuple[Sign, ...]:
    """Her last messages that counted, newest first, and the last that was proven."""
    query = (
        select(CHECK_INS.c.occurred_at, CHECK_INS.c.source, CHECK_INS.c.strength)
        .where(CHECK_INS.c.traveler_id == key.traveler_id, CHECK_INS.c.trip_id == key.trip_id)
        .order_by(CHECK_INS.c.occurred_at.desc())
    )
    verified = query.where(CHECK_INS.c.strength == Strength.VERIFIED.value)
    rows = [*conn.execute(query.limit(NEWEST)), *conn.execute(verified.limit(1))]
    signs = {Sign(row.occurred_at, row.source, row.strength == Strength.VERIFIED.value) for row in rows}
    return tuple(sorted(signs, key=lambda sign: sign.at, reverse=True))


def sheet_number(alarm: AlarmState) -> str:
    """What all copies of one alarm's sheet share, so that loose pages find together. It says nothing of anybody."""
    return f"{alarm.alarm_id.int % 10**6:06}"


def facts_of(case: Occasion, copy: Copy, language: str) -> dict[str, str]:
    """Texts by the names of the fields, in one language; what is not known is absent or empty.

    Days stand as 24.11.2026 in every language, so that a copy in two languages has to say them only once.
    """
    _ = translator(language)
    person = _person(case.trip)
    found = {name: "; ".join(texts) for name, texts in person.items()}
    return {
        **found,
        **_of_herself(case, found, language, _),
        **_of_the_trip(case.trip, case.now, language, _),
        **list_on_the_sheet(case.trip, found, _),
        **on_the_sheet(read_own(case.trip.details), _zone_there(case.trip), _),
        **_found_out(case, _),
        **_of_the_alarm(case, copy, _),
        **_of_her_people(case, _),
        **_of_consent(case.trip, _),
    }


def _person(trip: TripState) -> dict[str, list[str]]:
    """What she told of herself by the sheet's fields; under a name that none has, with that name before it."""
    found: dict[str, list[str]] = {}
    for name, value in (trip.details.get("person") or {}).items():
        text = str(value).strip()
        if not text:
            continue
        field = TOLD.get(name, "more")
        found.setdefault(field, []).append(text if field != "more" else f"{_as_label(name)}: {text}")
    return found


def _as_label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _of_herself(case: Occasion, told: Mapping[str, str], language: str, _: Translate) -> dict[str, str]:
    her = case.trip.traveler
    country = country_name(her.citizenship, language) if her.citizenship else ""
    return {
        "name": her.name,
        "latin_name": her.latin_name or told.get("latin_name", ""),
        "birth_date": _day_text(her.birth_date) or told.get("birth_date", ""),
        "citizenship": _listed((country, told.get("citizenship", "")), "; "),
        "phones": ", ".join(shown_number(phone) for phone in her.phones),
        "email": _listed((her.email, told.get("email", "")), "; "),
    }


def _of_the_trip(trip: TripState, now: datetime, language: str, _: Translate) -> dict[str, str]:
    details = trip.details
    employer, agency = details.get("employer") or {}, details.get("agency") or {}
    consulate, insurer = consulate_now(trip, now, language), details.get("insurance") or {}
    visa, where = details.get("visa") or {}, details.get("destination") or {}
    offered = dict(OFFERED_BY).get(details.get("offered_by") or "")
    companions = (_listed((one.get("name"), _number(one))) for one in details.get("companions") or ())
    return {
        "visa": _listed((visa_said(str(visa["kind"]), _) if visa.get("kind") else "", visa.get("number"))),
        "consulate": consulate.name,
        "consulate_phone": shown_number(consulate.phone) if consulate.phone else "",
        "consulate_address": _listed((consulate.address, consulate.email, consulate.hers)),
        "consulate_from": origin_said(consulate, language, _),
        "emergency": numbers_there(trip, now, language, _),
        "departs": _day(trip.starts_at, _zone_there(trip)),
        "stops": "; ".join(_stops(trip, language)),
        "returns": "" if "ends_at" in open_fields(details) else _day(trip.ends_at, _zone_there(trip)),
        "employer": employer.get("name") or "",
        "employer_address": employer.get("address") or "",
        "employer_phone": _number(employer),
        "agency": agency.get("name") or "",
        "agency_phone": _number(agency),
        "licence": agency.get("licence") or "",
        "offered_by": _(offered) if offered else "",
        "notes": str(details.get("notes") or ""),
        "place": place(trip, now, language) or _city(where, language),
        "address": where.get("address") or "",
        "companions": "; ".join(companions),
        "insurer": insurer.get("company") or "",
        "policy": insurer.get("policy") or "",
        "insurer_phone": _number(insurer),
    }


def _of_the_alarm(case: Occasion, copy: Copy, _: Translate) -> dict[str, str]:
    view, name = case.alarm.view, case.trip.traveler.name
    quiet = view.kind is AlarmKind.DURESS
    calls = _(DO_NOT_CALL if quiet else CALL).format(name=name, number=shown_number(case.trip.traveler.phone))
    return {
        "number": sheet_number(case.alarm),
        "made": _both(case.now, case.zone),
        "made_by": case.reader.name,
        "made_for": _(COPIES[copy]),
        "signal": _(SIGNALS[view.kind]),
        "first_missed": _both(min(view.missed), case.zone) if view.missed else "",
        "calls": calls,
        "doubts": " ".join(_doubts(case, _)) or _("nothing that we know of"),
        **_course(case, quiet, _),
    }


def _course(case: Occasion, quiet: bool, _: Translate) -> dict[str, str]:
    """Her last signs. A covert sign looks like one that is proven, so that in such an alarm none is said to be."""
    newest = case.signs[:NEWEST]
    return {
        "proven": "" if quiet else _proven(case, _),
        "signs": "; ".join(f"{_both(sign.at, case.zone)}, {_way(sign, _)}" for sign in newest),
        "unclear": "; ".join(case.unclear),
        "last_talk": _listed((*_talks(case, _), *_found_of("last_talk", case, _)), "; "),
    }


def _found_out(case: Occasion, _: Translate) -> dict[str, str]:
    """What her people found out: each with who wrote it, and when."""
    return {name: "; ".join(_found_of(name, case, _)) for name in newest(case.found)}


def _found_of(name: str, case: Occasion, _: Translate) -> list[str]:
    return [_found(one, case, _) for one in newest(case.found).get(name, ())]


def _found(one: Found, case: Occasion, _: Translate) -> str:
    who = case.trip.contact(one.contact_id)
    text = _(YES_OR_NO[Said(one.text)]) if one.name in SIGNS else one.text
    return f"{text} ({_listed((who.name if who else '', _both(one.at, case.zone)))})"


def _talks(case: Occasion, _: Translate) -> Iterator[str]:
    """What her people heard on the phone and wrote down, the newest first."""
    for note in reversed(case.notes):
        who = case.trip.contact(note.contact_id)
        said = HEARD.get(note.answer)
        yield _listed((_both(note.at, case.zone), who.name if who else "", _(said) if said else "", note.note))


def _proven(case: Occasion, _: Translate) -> str:
    """When she last proved that it was she: by a word of her own, or to somebody who heard her voice."""
    watch = case.trip.watch
    at = watch.last_verified_at if watch is not None else None
    if at is None:
        return ""
    sign = next((sign for sign in case.signs if sign.proven and sign.at == at), None)
    return f"{_both(at, case.zone)}, {_way(sign, _) if sign else _('somebody heard the voice')}"


def _doubts(case: Occasion, _: Translate) -> Iterator[str]:
    facts = facts_for(case.trip, case.alarm, case.reader, case.now)
    if facts.blind_since:
        yield _("We could not read replies since {time}.").format(time=facts.blind_since)
    if facts.unreadable:
        yield _("A message came that could not be read.")
    if facts.stopped:
        yield _("This phone has said STOP to our reminders.")
    if facts.untold:
        yield _("We cannot reach: {names}.").format(names=", ".join(facts.untold))


def _of_her_people(case: Occasion, _: Translate) -> dict[str, str]:
    """Who was chosen, without numbers: no contact learns another's. Who hands the sheet over gives her own."""
    reader = case.reader
    own = next((shown_number(a.address) for a in reader.addresses if a.address.startswith("+")), "")
    own = own or next((a.address for a in reader.addresses), "")
    spoken = LANGUAGES.get(reader.language)
    people = (_listed((one.name, one.relation)) for one in case.trip.contacts if one.accepted)
    return {
        "people": "; ".join(people),
        "reporting": _listed((reader.name, reader.relation, own, _(spoken) if spoken else reader.language)),
    }


def _of_consent(trip: TripState, _: Translate) -> dict[str, str]:
    consent = trip.details.get("consent")
    if consent is None:
        return {}
    named = {copy: bool(consent.get(name)) for copy, name in zip(Copy, AGREED, strict=True)}
    given = ", ".join(_(COPIES[copy]) for copy, said in named.items() if said)
    return {
        "agreed": given or _("nobody"),
        "not_agreed": ", ".join(_(COPIES[copy]) for copy, said in named.items() if not said) or _("nobody"),
        "agreed_on": _("{day} at the latest").format(day=_day(trip.armed_at, "UTC")) if trip.armed_at else "",
        "ground": _("consent given before the trip, for the case that no answer comes") if given else "",
    }


def _stops(trip: TripState, language: str) -> Iterator[str]:
    where = trip.details.get("destination") or {}
    if where:
        yield f"{_city(where, language)} ({_day(trip.starts_at, where.get('zone') or 'UTC')})"
    for leg in trip.details.get("legs") or ():
        begins = datetime.fromisoformat(leg["from"])
        yield f"{_city(leg, language)} ({_day(begins, leg.get('zone') or 'UTC')})"


def _zone_there(trip: TripState) -> str:
    return str((trip.details.get("destination") or {}).get("zone") or "UTC")


def _city(where: Mapping[str, Any], language: str) -> str:
    return _listed((where.get("city"), country_name(where.get("country") or "", language)))


def _way(sign: Sign, _: Translate) -> str:
    return _("by a page") if sign.source in BY_PAGE else _("by text")


def _number(fact: Mapping[str, Any]) -> str:
    return shown_number(str(fact["phone"])) if fact.get("phone") else ""


def _both(instant: datetime, zone: str) -> str:
    """24.11.2026 20:00 (17:00 UTC)."""
    local, there = instant.astimezone(ZoneInfo(zone)), instant.astimezone(ZoneInfo("UTC"))
    utc = f"{there:%H:%M}" if there.date() == local.date() else f"{there:%d.%m. %H:%M}"
    return f"{local:%d.%m.%Y %H:%M} ({utc} UTC)"


def _day(instant: datetime, zone: str) -> str:
    return f"{instant.astimezone(ZoneInfo(zone)):%d.%m.%Y}"


def _day_text(day: str) -> str:
    return f"{date.fromisoformat(day):%d.%m.%Y}" if day else ""


def _listed(parts: Iterable[str | None], between: str = ", ") -> str:
    return between.join(part for part in parts if part)
