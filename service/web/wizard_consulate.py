"""`/trip/consulate`: who helps her there, who may read what she tells, and what helps to find a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from service.core.wording_facts import PERSON, PERSON_LABELS
from service.directory import Emergency, emergency
from service.texts import translator
from service.usecases.context import Service
from service.usecases.countries import said_source
from service.usecases.drafts import TripKey
from service.usecases.offer_consulate import Offer, is_of_another_country, offer_consulate
from service.usecases.places import country_name
from service.usecases.problems import Invalid, Problems
from service.usecases.profile import show_profile
from service.usecases.sessions import Session
from service.usecases.times import whole_day
from service.usecases.trip_facts import set_facts
from service.web.forms import Typed
from service.web.forms_facts import checked_sections, later_of, person_of, read_sections, stored_facts
from service.web.forms_numbers import number_countries
from service.web.guard import filled_in, signed_in
from service.web.pages import language_of
from service.web.wizard import draft_of, go_on, step_page

SECTIONS = ("consulate", "consent", "person")
READERS = ("contacts", "police", "consulate", "ngo")

PERSON_FIELDS = tuple(PERSON_LABELS)


@dataclass(frozen=True, slots=True)
class Help:
    """The emergency numbers of a country where she will be; None when nobody has told us with a source and a date."""

    code: str
    country: str
    numbers: Emergency | None
    checked: str
    source: str


def router(service: Service) -> APIRouter:
    """The step "consulate"."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    def shown(request: Request, session: Session, key: TripKey, form: Typed) -> Response:
        fields = {f"person.{name}" for name in PERSON_FIELDS}
        return step_page(
            service,
            request,
            "consulate",
            "wizard_consulate.html",
            form,
            countries=number_countries(request),
            offer=_offer(service, session, key, language_of(request)),
            citizen=show_profile(service, session.traveler_id).told.citizenship,
            helps=_helps(stored_facts(service, key, ("destination", "legs")), language_of(request)),
            person=PERSON,
            unfolded=any(form.text(name) for name in fields) or bool(fields.intersection(form.mistakes())),
        )

    @routes.get("/trip/consulate")
    def show(request: Request, session: Session = whose) -> Response:
        key = draft_of(service, session)
        # Not asked yet: that her own people may read it is what she is here for; she can take the tick away.
        stored = stored_facts(service, key, SECTIONS)
        asked = {"consent": {"contacts": True}, **stored}
        offer, written = _offer(service, session, key, language_of(request)), stored.get("consulate") or {}
        # Filled in for her to look at, once: what she took out or wants to tell later does not come back.
        if offer and ("consent" not in stored or is_of_another_country(written, offer)):
            asked["consulate"] = offer.fields if not written or is_of_another_country(written, offer) else written
        return shown(request, session, key, Typed.of(asked))

    @routes.post("/trip/consulate")
    def save(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        key = draft_of(service, session)
        problems, later = Problems(), later_of(typed, SECTIONS)
        stored = stored_facts(service, key, SECTIONS)
        try:
            sections = {
                **read_sections(service, typed, ("consulate",), problems),
                **checked_sections(
                    {"consent": _consent(typed), "person": person_of(typed, stored, PERSON_FIELDS)}, problems
                ),
            }
            problems.refuse()
            set_facts(service, key, sections, later)
        except Invalid as refused:
            return shown(request, session, key, typed.refused(refused.problems))
        return go_on("consulate")

    return routes


def _offer(service: Service, session: Session, key: TripKey, language: str) -> Offer | None:
    """What our list has for her passport and her destination."""
    where = stored_facts(service, key, ("destination",)).get("destination") or {}
    return offer_consulate(service, session.traveler_id, where, language)


def _consent(typed: Typed) -> dict[str, bool]:
    return {reader: typed.says(f"consent.{reader}") for reader in READERS}


def _helps(trip: Mapping[str, Any], language: str) -> list[Help]:
    places = [trip["destination"], *(trip.get("legs") or ())]
    return [_help(country, language) for country in dict.fromkeys(place["country"] for place in places)]


def _help(country: str, language: str) -> Help:
    numbers = emergency(country)
    checked = whole_day(numbers.checked, language) if numbers else ""
    source = said_source(numbers.source, translator(language)) if numbers else ""
    return Help(country, country_name(country, language), numbers, checked, source)
