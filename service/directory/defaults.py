"""What is usual in a country: its clocks, its languages, and where most of its people live.

They are read from the libraries that keep them: the IANA tz database (its release is the package's version) and
CLDR's territory data.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files

from babel.core import get_global

COMMON = 10
"""Percent of a country's people who know a language that is not official, for it to be named."""
_PLACE = re.compile(r"([+-]\d{2})(\d{2})(?:\d{2})?([+-]\d{3})(\d{2})(?:\d{2})?")


def zones_in(country: str) -> tuple[str, ...]:
    """The IANA zones of a country (ISO 3166-1 alpha-2) in the order of the tz database; none where nobody lives."""
    return tuple(zone for zone, _place in _zones().get(country, ()))


@lru_cache(maxsize=512)
def languages_in(country: str) -> tuple[str, ...]:
    """The official languages of a country and those that a tenth of its people know (BCP 47), the most known first."""
    spoken = get_global("territory_languages").get(country, {})
    chosen = [
        (tag.replace("_", "-"), about["population_percent"])
        for tag, about in spoken.items()
        if str(about.get("official_status") or "") in ("official", "de_facto_official")
        or about["population_percent"] >= COMMON
    ]
    return tuple(tag for tag, _percent in sorted(chosen, key=lambda one: (-one[1], one[0])))


def distance(one: str, other: str) -> float:
    """Kilometers between the first places that the tz database names for two countries; infinity where it has none.

    It has none for Kosovo, which is measured from Serbia.
    """
    here, there = (_zones().get("RS" if code == "XK" else code) for code in (one, other))
    if not here or not there:
        return math.inf
    (lat, lon), (lat2, lon2) = here[0][1], there[0][1]
    half = math.sin((lat2 - lat) / 2) ** 2 + math.cos(lat) * math.cos(lat2) * math.sin((lon2 - lon) / 2) ** 2
    return 2 * 6371 * math.asin(math.sqrt(half))


def sources() -> tuple[str, str]:
    """Where zones and languages come from, with the releases."""
    return f"IANA tz database {version('tzdata')}", f"CLDR, as of Babel {version('babel')}"


@lru_cache(maxsize=1)
def _zones() -> dict[str, list[tuple[str, tuple[float, float]]]]:
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    found: dict[str, list[tuple[str, tuple[float, float]]]] = {}
    for line in table.splitlines():
        if line.startswith("#"):
            continue
        country, place, zone = line.split("\t")[:3]
        degrees = _PLACE.fullmatch(place)
        if degrees is None:
            raise ValueError(f"zone.tab: {place}")
        lat, lat_min, lon, lon_min = degrees.groups()
        found.setdefault(country, []).append((zone, (_radians(lat, lat_min), _radians(lon, lon_min))))
    return found


def _radians(degrees: str, minutes: str) -> float:
    return math.radians((int(degrees[1:]) + int(minutes) / 60) * (-1 if degrees.startswith("-") else 1))
