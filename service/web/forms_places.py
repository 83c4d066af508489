"""Clocks in forms: asked for only where a country has several."""

from __future__ import annotations

from datetime import datetime, timedelta

from service.core.wording_text import N_
from service.core.zones import is_known_zone, offset_at
from service.usecases.places import Choice, zones_of
from service.usecases.problems import Problems
from service.web.forms import Typed

CHOOSE_COUNTRY = N_("Choose the country.")
CHOOSE_CLOCK = N_("This country has several clocks. Choose a city that has the same time.")

_SEASON = timedelta(days=182)


def clock_choices(typed: Typed, path: str, language: str, now: datetime) -> list[Choice]:
    """The clocks of the country under `path`, when there is something to choose."""
    found = zones_of(typed.text(f"{path}country"), language, now)
    return found if len(found) > 1 else []


def zone_in(typed: Typed, path: str, now: datetime, problems: Problems) -> str:
    """The IANA zone of the place under `path`; "" when it must still be chosen: then `problems` says so."""
    zones = [zone for zone, _label in zones_of(typed.text(f"{path}country"), "en", now)]
    chosen = typed.text(f"{path}zone")
    if not zones:
        problems.add(f"{path}country", CHOOSE_COUNTRY)
    elif len(zones) == 1:
        return zones[0]
    elif chosen in zones:
        return chosen
    else:
        problems.add(f"{path}zone", CHOOSE_CLOCK)
    return ""


def as_offered(zone: str, country: str, now: datetime) -> str:
    """The zone that a form offers for one that was stored by another name; "" when it offers none."""
    if not is_known_zone(zone):
        return ""
    offered = [one for one, _label in zones_of(country, "en", now)]
    same = (one for one in offered if all(offset_at(one, at) == offset_at(zone, at) for at in (now, now + _SEASON)))
    return zone if zone in offered else next(same, "")
