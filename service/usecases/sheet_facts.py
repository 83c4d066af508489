"""The rest of what the traveler wrote down for an alarm: what her people's texts do not carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.core.alarm import AlarmKind, AlarmView
from service.core.wording_facts import PERSON_LABELS, visa_said
from service.core.wording_text import N_
from service.db.trips import ContactState, TripState
from service.texts import translator
from service.usecases.places import country_name
from service.usecases.times import whole_day
from service.usecases.unknown_facts import open_fields

SECTIONS = {
    "employer": N_("Employer"),
    "agency": N_("Agency or recruiter"),
    "consulate": N_("Consulate"),
    "companions": N_("Travels with"),
    "visa": N_("Visa"),
    "insurance": N_("Insurance"),
    "person": N_("About the person"),
}
LABELS = {
    "name": N_("Name"),
    "phone": N_("Phone"),
    "address": N_("Address"),
    "email": N_("E-mail"),
    "licence": N_("License"),
    "kind": N_("Kind"),
    "number": N_("Number"),
    "company": N_("Company"),
    "policy": N_("Policy"),
    "contact": N_("Contact person"),
    "citizenship": N_("Citizenship"),
    "birth_date": N_("Date of birth"),
    "born": N_("Date of birth"),
    "birth_place": N_("Place of birth"),
    "sex": N_("Sex"),
    "names": N_("Names as in the passport"),
    "passport": N_("Passport"),
    "passport_number": N_("Passport"),
    "copies": N_("Where the copies are"),
    "height": N_("Height"),
    "build": N_("Build"),
    "hair": N_("Hair"),
    "eyes": N_("Eyes"),
    "marks": N_("Marks"),
    "photo": N_("Who has a photo"),
    "illness": N_("Illness"),
    "medicine": N_("Medicine"),
    "allergy": N_("Allergy"),
    "blood_group": N_("Blood group"),
    "flight": N_("Flight or bus"),
    "bank": N_("Bank"),
    "messengers": N_("Messengers and profiles"),
}
ADDRESS, CITIZENSHIP = LABELS["address"], LABELS["citizenship"]
TRIP, STARTS, ENDS, NOTES = N_("Trip"), N_("Begins"), N_("Ends"), N_("Notes")
TEXTED = {"employer": ("name", "phone"), "consulate": ("name", "phone"), "companions": ("name", "phone")}
"""What the texts to a person with full disclosure carry already."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """`is_phone`: the value is a number that may be called."""

    label: str
    value: str
    is_phone: bool = False


@dataclass(frozen=True, slots=True)
class SheetSection:
    title: str
    rows: tuple[SheetRow, ...]


def has_agreed(trip: TripState) -> bool:
    """Whether contacts may read it: unless the traveler was asked and said no."""
    consent = trip.details.get("consent")
    return consent is None or bool(consent.get("contacts"))


def sheet_of(trip: TripState, contact: ContactState, view: AlarmView, language: str) -> tuple[SheetSection, ...]:
    """The sections in the reader's language, without what is not known.

    Who gets facts by text gets the rest here; who gets the link only gets here what the others get by text, and no
    more. In a duress alarm nobody near her is to be called: their numbers are shown, for the police, not offered.
    """
    if not has_agreed(trip):
        return ()
    quiet = view.kind is AlarmKind.DURESS
    return tuple(section for section in _sections(trip, contact, language, quiet) if section.rows)


def _sections(trip: TripState, contact: ContactState, language: str, quiet: bool) -> Iterator[SheetSection]:
    _ = translator(language)
    details = _details(trip, contact, quiet)
    yield SheetSection(_(TRIP), tuple(_journey(trip, contact, language)))
    for name, title in SECTIONS.items():
        value = details.get(name) or {}
        entries = value if isinstance(value, list) else [value]
        rows = tuple(row for entry in entries for row in _rows(entry, language, quiet and name != "consulate"))
        if name == "person" and trip.traveler.citizenship and contact.disclosure == "full":
            citizenship = country_name(trip.traveler.citizenship, language)
            rows = (SheetRow(_(CITIZENSHIP), citizenship), *rows)
        yield SheetSection(_(title), rows)
    if details.get("notes"):
        yield SheetSection(_(NOTES), (SheetRow("", str(details["notes"])),))


def _details(trip: TripState, contact: ContactState, quiet: bool) -> dict[str, Any]:
    """The facts that this contact may read here and has not been texted."""
    if contact.disclosure != "full":
        return {name: _only(trip.details.get(name), kept) for name, kept in TEXTED.items() if trip.details.get(name)}
    found = {name: trip.details.get(name) for name in (*SECTIONS, "notes") if trip.details.get(name)}
    texted = {name: kept for name, kept in TEXTED.items() if not (quiet and name == "companions")}
    return {name: _without(value, texted.get(name, ())) for name, value in found.items()}


def _only(value: Any, kept: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_only(entry, kept) for entry in value]
    return {name: one for name, one in value.items() if name in kept}


def _without(value: Any, left_out: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_without(entry, left_out) for entry in value]
    if not isinstance(value, Mapping):
        return value
    return {name: one for name, one in value.items() if name not in left_out}


def _journey(trip: TripState, contact: ContactState, language: str) -> Iterator[SheetRow]:
    _ = translator(language)
    if contact.disclosure != "full":
        place = trip.details.get("destination") or {}
        parts = (place.get("city"), place.get("address"), country_name(place.get("country") or "", language))
        yield SheetRow(_(ADDRESS), ", ".join(str(part) for part in parts if part))
        return
    yield SheetRow(_(STARTS), whole_day(trip.starts_at, language))
    for leg in trip.details.get("legs") or ():
        begins = datetime.fromisoformat(leg["from"])
        place = ", ".join(part for part in (leg.get("city"), country_name(leg["country"], language)) if part)
        yield SheetRow(whole_day(begins, language), place)
    if "ends_at" not in open_fields(trip.details):
        yield SheetRow(_(ENDS), whole_day(trip.ends_at, language))


def _rows(entry: Any, language: str, quiet: bool) -> Iterator[SheetRow]:
    _ = translator(language)
    if not isinstance(entry, Mapping):
        return
    for name, value in entry.items():
        if value not in (None, "", False) and not isinstance(value, (list, Mapping)):
            known = LABELS.get(name) or PERSON_LABELS.get(name)
            text = visa_said(str(value), _) if name == "kind" else str(value)
            yield SheetRow(
                _(known) if known else name.replace("_", " ").capitalize(), text, name == "phone" and not quiet
            )
