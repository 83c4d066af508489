"""The consulate that our list offers a traveler for her form, and the one that counts where she travels on to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from service.db.trips import TripKey
from service.directory import Mission, country
from service.texts import translator
from service.usecases.consulate import Consulate, consulate_for, listed_as, offered_mission
from service.usecases.context import Service
from service.usecases.countries import date_said, mission_name, said_source
from service.usecases.places import country_name
from service.usecases.profile import show_profile
from service.usecases.trip_facts import show_facts


@dataclass(frozen=True, slots=True)
class Offer:
    """What our list offers to be taken over into her form.

    Attributes:
        fields: as the form names them, without those that are not known.
        of: when its source was read, in words; "" when nobody knows. old: more than twelve months ago.
        source: who says so. elsewhere: the country in which it stands, when it is not the one she goes to; else "".
    """

    mission: Mission
    fields: Mapping[str, str]
    of: str
    old: bool
    source: str
    elsewhere: str


def offer_consulate(service: Service, traveler_id: UUID, where: Mapping[str, Any], language: str) -> Offer | None:
    """What our list has for her passport and her destination (the section of that name); None when it has nothing."""
    citizen = show_profile(service, traveler_id).told.citizenship
    code = str(where.get("country") or "")
    one = offered_mission(country(code, citizen), str(where.get("city") or ""))
    if one is None:
        return None
    fields = {
        "name": mission_name(one, language),
        "phone": one.phone.e164 if one.phone else "",
        "address": one.address,
        "email": one.email,
    }
    return Offer(
        one,
        {name: text for name, text in fields.items() if text},
        date_said(one.checked, language),
        one.checked is not None and one.checked.is_old(service.clock().date()),
        said_source(one.source, translator(language)),
        country_name(one.host, language) if one.host != code else "",
    )


def consulate_there(service: Service, key: TripKey, code: str, city: str, language: str) -> Consulate | None:
    """The consulate that will be named once she is in a country, of a trip of hers; None when her passport is not
    known. It reads nothing that an alarm changes.

    Raises:
        NotFound: no such trip of hers.
    """
    citizen = show_profile(service, key.traveler_id).told.citizenship
    return consulate_for(show_facts(service, key), citizen, code, city, language) if citizen else None


def is_of_another_country(written: Mapping[str, Any], offer: Offer) -> bool:
    """Whether what stands in her form was taken over from our list for another country than the one she goes to."""
    listed = listed_as(written, offer.mission.sending)
    return listed is not None and listed.host != offer.mission.host
