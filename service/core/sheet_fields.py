"""The fields of the fact sheet, section by section: what helps to find a person, in the order in which it is read.

The sections and their order are those of forms for persons missing abroad. Labels speak of the traveler to somebody
else, and accuse nobody: whoever gave her work is "named as employer".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from service.core.wording_text import N_


class Copy(StrEnum):
    """For whom a copy of the sheet is made."""

    FAMILY = "family"
    POLICE = "police"
    CONSULATE = "consulate"
    NGO = "ngo"


EVERY_COPY = frozenset(Copy)
POLICE_ONLY = frozenset({Copy.POLICE})
OFFICIAL = frozenset({Copy.POLICE, Copy.CONSULATE})
HELPERS = frozenset({Copy.POLICE, Copy.NGO})


@dataclass(frozen=True, slots=True)
class Field:
    """One line of the sheet.

    Attributes:
        label: an English text.
        told: the names under which the traveler may have told it about herself (`person` in the JSON API).
        added: not a fact that she wrote down for an alarm: it comes with one, or says what may be done with her facts.
        texted: her people's texts carry it too, so that those whose texts bring only a link may read it here.
        copies: the copies that may carry it.
        sealed: only a caseworker may hand it over; her relatives' copies say that it is kept.
        dial: the value is a number that may be called.
    """

    name: str
    label: str
    told: tuple[str, ...] = ()
    added: bool = False
    texted: bool = False
    copies: frozenset[Copy] = EVERY_COPY
    sealed: bool = False
    dial: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the sheet: its number, its title in English, its fields in their order. `added`: it was not there
    before the alarm."""

    number: int
    title: str
    fields: tuple[Field, ...]
    added: bool = False


def _added(name: str, label: str) -> Field:
    return Field(name, label, added=True)


def _hers(name: str, label: str, *others: str) -> Field:
    """A fact that she tells about herself, under its own name or under others."""
    return Field(name, label, (name, *others))


PARTS = (
    Part(
        1,
        N_("Signal"),
        (
            _added("number", N_("Sheet number")),
            _added("made", N_("Made at")),
            _added("made_by", N_("Made by")),
            _added("made_for", N_("Copy for")),
            _added("signal", N_("Kind of signal")),
            _added("first_missed", N_("First time missed")),
            _added("calls", N_("Calls")),
            _added("doubts", N_("What we are not sure of")),
        ),
        added=True,
    ),
    Part(
        2,
        N_("Person"),
        (
            Field("name", N_("First and last name"), texted=True),
            Field("latin_name", N_("Names as in the passport"), ("latin_name", "names")),
            _hers("other_names", N_("Earlier names and nicknames")),
            _hers("birth_date", N_("Date of birth"), "born"),
            _hers("birth_place", N_("Place of birth")),
            _hers("sex", N_("Sex")),
            _hers("citizenship", N_("Citizenship")),
            Field("iin", N_("Personal identification number"), ("iin",), copies=OFFICIAL),
            _hers("languages", N_("Languages")),
            _hers("family", N_("Marital state, children")),
            Field("more", N_("Other facts")),
        ),
    ),
    Part(
        3,
        N_("Papers"),
        (
            _hers("passport", N_("Passport"), "passport_number"),
            Field("visa", N_("Visa")),
            _hers("permit", N_("Residence or work permit")),
            _hers("copies", N_("Where the copies are")),
            Field("passport_with", N_("Who has the passport, as the traveler said")),
            _hers("consular_register", N_("Registered with the consulate")),
            Field("consulate", N_("Consulate"), texted=True),
            Field("consulate_phone", N_("The consulate’s phone"), texted=True, dial=True),
            Field("consulate_address", N_("The consulate’s address")),
            _added("consulate_from", N_("Where the consulate is from")),
            _added("emergency", N_("Emergency numbers there")),
        ),
    ),
    Part(
        4,
        N_("Looks"),
        (
            _hers("photo", N_("Who has a photo")),
            _hers("height", N_("Height and build"), "build"),
            _hers("hair_eyes", N_("Hair and eyes"), "hair", "eyes"),
            _hers("marks", N_("Scars, tattoos, teeth, glasses")),
            _hers("clothes", N_("Clothes last known")),
            _hers("phone_model", N_("Phone: maker, model, color")),
        ),
    ),
    Part(
        5,
        N_("Health"),
        (
            _hers("health", N_("Illness, pregnancy, allergy"), "illness", "allergy"),
            _hers("medicine", N_("Medicine")),
            _hers("blood_group", N_("Blood group")),
            _hers("strain", N_("What weighs on the mind")),
            _hers("doctor", N_("Doctor, dentist")),
            Field("traces", N_("Where fingerprints or DNA could be found"), ("traces",), copies=POLICE_ONLY),
        ),
    ),
    Part(
        6,
        N_("Phones and accounts"),
        (
            Field("phones", N_("Phone numbers")),
            _hers("other_numbers", N_("Other numbers and SIM cards")),
            _hers("imei", N_("The phone’s IMEI")),
            _hers("email", N_("E-mail")),
            _hers("accounts", N_("Messengers and social networks"), "messengers"),
            _hers("cloud", N_("Account that can find the phone")),
            _hers("bank", N_("Bank")),
        ),
    ),
    Part(
        7,
        N_("Journey"),
        (
            Field("departs", N_("Began")),
            _hers("journey", N_("Flight, train or bus"), "flight"),
            _hers("booking", N_("Booking code")),
            Field("stops", N_("Where, from when")),
            _hers("border", N_("Border crossing, car and its plate")),
            Field("returns", N_("Planned end")),
            _hers("paid_by", N_("Who paid for the way")),
        ),
    ),
    Part(
        8,
        N_("Work"),
        (
            Field("employer", N_("Named as employer"), texted=True),
            _hers("employer_register", N_("The employer’s register number")),
            Field("employer_address", N_("Place of work")),
            Field("employer_phone", N_("The employer’s phone"), texted=True, dial=True),
            _hers("boss", N_("Boss or foreman")),
            Field("agency", N_("Named as the one who arranged it")),
            Field("agency_phone", N_("Their phone"), dial=True),
            Field("licence", N_("License, as they said")),
            _hers("recruiter", N_("Recruiter: names, numbers, profiles")),
            Field("offered_by", N_("Who told of the job")),
            _hers("advert", N_("The ad, and where it was")),
            _hers("promised", N_("Pay, duties and hours promised")),
            _hers("debt", N_("Debt")),
            _hers("contract", N_("Where a copy of the contract is")),
            _hers("offer_signs", N_("What the check of the offer found")),
            Field("open_before", N_("What was still open before leaving")),
            Field("notes", N_("In the traveler’s own words")),
        ),
    ),
    Part(
        9,
        N_("Stay"),
        (
            Field("place", N_("City and country"), texted=True),
            Field("address", N_("Address"), texted=True),
            _hers("landlord", N_("Whose house it is")),
            _hers("room_mates", N_("Room mates")),
            Field("companions", N_("Travels with"), texted=True),
        ),
    ),
    Part(
        10,
        N_("Course"),
        (
            _added("proven", N_("Last sign that was proven")),
            _added("signs", N_("Last messages")),
            _added("unclear", N_("What this phone wrote")),
            _added("last_talk", N_("Last talk: with whom, words, mood")),
            _added("online", N_("Last seen online")),
            _added("last_use", N_("Last use of the phone or the bank")),
            _added("odd_numbers", N_("Unusual numbers, another country code")),
        ),
        added=True,
    ),
    Part(
        11,
        N_("Circumstances"),
        (
            _added("papers_held", N_("Somebody holds the passport")),
            _added("debt_bondage", N_("A debt must be worked off")),
            _added("threats", N_("Threats")),
            _added("violence", N_("Violence")),
            _added("movement", N_("May not go out alone")),
            _added("isolation", N_("Cut off from others")),
            _added("deception", N_("The work is not what was promised")),
            _added("vulnerability", N_("Somebody uses a hardship")),
            _added("wages", N_("Pay is held back")),
            _added("conditions", N_("Bad conditions of work and housing")),
            _added("overtime", N_("Far too long hours")),
            _added("ransom", N_("Money is demanded")),
            Field("own_signs", N_("What the traveler saw of these")),
            Field("own_notes", N_("What seemed odd to the traveler")),
        ),
        added=True,
    ),
    Part(
        12,
        N_("Family and friends"),
        (
            _hers("kin", N_("Next of kin")),
            _added("people", N_("Chosen to be told")),
            _added("reporting", N_("Who hands this over")),
            Field("not_to_tell", N_("Not to be informed"), ("not_to_tell",), copies=HELPERS, sealed=True),
        ),
    ),
    Part(
        13,
        N_("Insurance"),
        (
            Field("insurer", N_("Company")),
            Field("policy", N_("Policy")),
            Field("insurer_phone", N_("The insurer’s phone"), dial=True),
        ),
    ),
    Part(
        14,
        N_("Actions"),
        (_added("officer", N_("Report number, officer’s name, what was asked")),),
        added=True,
    ),
    Part(
        15,
        N_("Consent"),
        (
            _added("agreed", N_("May be given to")),
            _added("not_agreed", N_("Not to be given to")),
            _added("agreed_on", N_("Said on")),
            _added("ground", N_("Ground in law")),
        ),
    ),
)
"""The fifteen sections."""

FOUND_OUT = ("last_talk", "online", "last_use", "odd_numbers", "officer")
"""What her people write down in words while they look for her."""
SIGNS = tuple(one.name for part in PARTS if part.number == 11 for one in part.fields if one.added)
"""What they say yes or no to: the ILO's eleven indicators of forced labour, and a demand for money."""

FIELDS: Mapping[str, Field] = MappingProxyType({field.name: field for part in PARTS for field in part.fields})
TOLD: Mapping[str, str] = MappingProxyType({name: field.name for field in FIELDS.values() for name in field.told})
"""The field of the sheet that each name belongs to under which she may tell a fact about herself."""
