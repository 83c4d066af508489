"""What a traveler tells of herself: her name, how her passport spells it, and how we write to her."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, select, update

from service.core.wording_text import N_
from service.db.stored import table_of
from service.db.tables import Traveler, Trip
from service.db.trips import TripKey, phones_of
from service.usecases import numbers
from service.usecases.context import Service
from service.usecases.problems import (
    NEEDED,
    NOT_AN_EMAIL,
    UNKNOWN_COUNTRY,
    UNKNOWN_LANGUAGE,
    Elsewhere,
    NotFound,
    Problems,
)
from service.usecases.waiting import ends_by_now, phones_shown
from service.usecases.work import Work

TRAVELERS = table_of(Traveler)
TRIPS = table_of(Trip)

NOT_LATIN = N_("Write it in Latin letters, as in the passport.")
NOT_BORN_YET = N_("This day lies in the future.")
BORN_TOO_EARLY = N_("Please look at the year again.")
FIRST_YEAR = 1900


@dataclass(frozen=True, slots=True)
class ProfileForm:
    """`language`: BCP 47, of our messages to her; `email`: the way that reminders take when an SMS fails."""

    name: str
    language: str
    latin_name: str = ""
    birth_date: date | None = None
    citizenship: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """`phone`: the number that she signs in with, in E.164."""

    phone: str
    told: ProfileForm


def show_profile(service: Service, traveler_id: UUID) -> Profile:
    """What is known of her. Its name is empty until she has told it.

    Raises:
        NotFound: no such traveler.
    """
    now = service.clock()
    return service.read(lambda conn: _read(service, conn, traveler_id, now))


def set_profile(service: Service, traveler_id: UUID, form: ProfileForm) -> None:
    """Put this in the place of what is known of her; what it leaves empty is unknown from now on.

    Raises:
        Invalid: a field cannot be used.
        Elsewhere: a trip of hers with words has begun: from then on it stays as it is.
        NotFound: no such traveler.
    """
    now = service.clock()
    form = _checked(form, now.date())

    def keep(conn: Connection) -> None:
        of_her = TRAVELERS.c.traveler_id == traveler_id
        row = conn.execute(select(TRAVELERS.c.key_id, TRAVELERS.c.sealed).where(of_her).with_for_update()).first()
        if row is None:
            raise NotFound
        if has_secret_trip(conn, traveler_id, now):
            raise Elsewhere("/home")
        value = {
            **json.loads(service.keys.open(conn, b"traveler", row.sealed)),
            "name": form.name,
            "latin_name": form.latin_name or None,
            "birth_date": form.birth_date.isoformat() if form.birth_date else None,
            "citizenship": form.citizenship or None,
            "email": form.email or None,
        }
        sealed = service.keys.seal(conn, row.key_id, b"traveler", json.dumps(value, ensure_ascii=False).encode())
        conn.execute(update(TRAVELERS).where(of_her).values(language=form.language, sealed=sealed))
        work = Work(service, conn, now)
        work.audit.add(traveler_id, "traveler", "profile_set")
        work.flush()

    service.run(keep)


def _read(service: Service, conn: Connection, traveler_id: UUID, now: datetime) -> Profile:
    query = select(TRAVELERS.c.language, TRAVELERS.c.sealed).where(TRAVELERS.c.traveler_id == traveler_id)
    row = conn.execute(query).first()
    if row is None:
        raise NotFound
    said = json.loads(service.keys.open(conn, b"traveler", row.sealed))
    born = said.get("birth_date")
    told = ProfileForm(
        name=said.get("name") or "",
        language=row.language,
        latin_name=said.get("latin_name") or "",
        birth_date=date.fromisoformat(born) if born else None,
        citizenship=said.get("citizenship") or "",
        email=said.get("email") or "",
    )
    return Profile(phones_shown(conn, service.keys, traveler_id, phones_of(said), now)[0], told)


def has_secret_trip(conn: Connection, traveler_id: UUID, now: datetime) -> bool:
    """Whether a trip of hers with words is under way. One that only waits for an alarm's close is over."""
    of_her = (TRIPS.c.traveler_id == traveler_id) & (TRIPS.c.status == "armed") & TRIPS.c.has_words
    trips = conn.execute(select(TRIPS.c.trip_id).where(of_her)).scalars().all()
    return any(not ends_by_now(conn, TripKey(traveler_id, trip_id), now) for trip_id in trips)


def _checked(form: ProfileForm, today: date) -> ProfileForm:
    problems = Problems()
    language = numbers.parse_language(form.language)
    if not form.name:
        problems.add("name", NEEDED)
    if not _is_latin(form.latin_name):
        problems.add("latin_name", NOT_LATIN)
    if form.birth_date is not None and form.birth_date > today:
        problems.add("birth_date", NOT_BORN_YET)
    elif form.birth_date is not None and form.birth_date.year < FIRST_YEAR:
        problems.add("birth_date", BORN_TOO_EARLY)
    if language is None:
        problems.add("language", UNKNOWN_LANGUAGE)
    if form.citizenship and not numbers.is_country(form.citizenship):
        problems.add("citizenship", UNKNOWN_COUNTRY)
    if form.email and not numbers.is_email(form.email):
        problems.add("email", NOT_AN_EMAIL)
    problems.refuse()
    return ProfileForm(
        form.name, language or form.language, form.latin_name, form.birth_date, form.citizenship, form.email
    )


def _is_latin(text: str) -> bool:
    """Whether it could stand in a passport's machine-readable part (ICAO 9303), accents still on."""
    return all(c in " -'’." or (c.isalpha() and unicodedata.name(c, "").startswith("LATIN")) for c in text)
