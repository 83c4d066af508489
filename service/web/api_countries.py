"""`GET /countries/{country}`: what the page of a country shows, for programs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from service.directory import Country, Helper, Mission, Phone, country
from service.usecases.context import Service
from service.usecases.countries import DEFAULT_CITIZEN, mission_name
from service.usecases.places import is_country
from service.usecases.problems import UNKNOWN_COUNTRY, Invalid, NotFound
from service.web.api_caller import Headers
from service.web.problems import documented


class PhoneOut(BaseModel):
    """`e164` is null for a number that can be dialed only within the country."""

    printed: str
    e164: str | None
    callable_from_abroad: bool


class EmergencyOut(BaseModel):
    """Numbers to dial within the country; null where no source with a date names one."""

    general: str | None
    police: str | None
    ambulance: str | None
    fire: str | None
    source: str
    checked: str
    old: bool


class HelpOut(BaseModel):
    """Somebody to turn to. `checked`: when the source was read, a day, a month or a year; `old`: more than twelve
    months ago; such a number has to be checked first."""

    name: str
    kind: str
    country: str
    city: str | None = None
    address: str | None = None
    phones: list[PhoneOut]
    email: str | None = None
    website: str | None = None
    hours: str | None = None
    languages: list[str] = Field(default_factory=list)
    helps: list[str] = Field(default_factory=list)
    source: str
    checked: str | None
    old: bool
    confidence: str


class CountryOut(BaseModel):
    """`missions_are`: `here`, in the country; `accredited`, elsewhere and responsible for it; `nearest`, where we know
    of neither; or `none`. `ask_first`: its missions in the passport's country. `unknown` names what we do not know."""

    country: str
    citizen: str
    emergency: EmergencyOut | None
    missions_are: str
    missions: list[HelpOut]
    hotlines: list[HelpOut]
    iom: list[HelpOut]
    at_home: list[HelpOut]
    ask_first: list[HelpOut]
    languages: list[str]
    zones: list[str]
    unknown: list[str]


def router(service: Service) -> APIRouter:
    """GET /countries/{country}."""
    api = APIRouter(tags=["countries"], responses=documented(404), route_class=Headers)

    @api.get("/countries/{country}")
    def get_country(
        country: str,
        citizen: Annotated[str, Query(description="Whose passport she has (ISO 3166-1 alpha-2).")] = DEFAULT_CITIZEN,
    ) -> CountryOut:
        """Emergency numbers, missions of the passport's country, help lines and offices of the IOM, each with its
        source and its date. It needs no token, and stores nothing."""
        if not is_country(country):
            raise NotFound
        if not is_country(citizen):
            raise Invalid.of("citizen", UNKNOWN_COUNTRY)
        return _out(service, country, citizen)

    return api


def _out(service: Service, code: str, citizen: str) -> CountryOut:
    facts = country(code, citizen)
    return CountryOut(
        country=code,
        citizen=citizen,
        emergency=_emergency(service, facts),
        missions_are=facts.reach,
        missions=[_mission(service, one) for one in facts.missions],
        hotlines=[_helper(service, one) for one in facts.hotlines],
        iom=[_helper(service, one) for one in facts.iom],
        at_home=[_helper(service, one) for one in facts.home],
        ask_first=[_mission(service, one) for one in facts.asked],
        languages=list(facts.languages),
        zones=list(facts.zones),
        unknown=sorted(facts.unknown),
    )


def _emergency(service: Service, facts: Country) -> EmergencyOut | None:
    found = facts.emergency
    if found is None:
        return None
    return EmergencyOut(
        general=found.general or None,
        police=found.police or None,
        ambulance=found.ambulance or None,
        fire=found.fire or None,
        source=found.source,
        checked=found.checked.isoformat(),
        old=found.as_of.is_old(service.clock().date()),
    )


def _mission(service: Service, one: Mission) -> HelpOut:
    return HelpOut(
        name=mission_name(one, "en"),
        kind=one.kind,
        country=one.host,
        city=one.city or None,
        address=one.address or None,
        phones=_phones(one.phones),
        email=one.email or None,
        website=one.website or None,
        source=one.source,
        checked=one.checked.text if one.checked else None,
        old=one.checked is not None and one.checked.is_old(service.clock().date()),
        confidence=one.confidence,
    )


def _helper(service: Service, one: Helper) -> HelpOut:
    return HelpOut(
        name=one.name,
        kind=one.sort,
        country=one.country,
        phones=_phones(one.phones),
        website=one.website or None,
        hours=one.hours or None,
        languages=list(one.languages),
        helps=[str(help) for help in one.helps],
        source=one.source,
        checked=one.checked.text if one.checked else None,
        old=one.checked is not None and one.checked.is_old(service.clock().date()),
        confidence=one.confidence,
    )


def _phones(found: tuple[Phone, ...]) -> list[PhoneOut]:
    return [
        PhoneOut(printed=one.printed, e164=one.e164 or None, callable_from_abroad=one.from_abroad)
        for one in found
        if one.callable
    ]
