"""How missions, helpers and the age of a fact are named."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from service.core.wording_text import N_, Translate

OF: Mapping[str, str] = MappingProxyType(
    {
        "KZ": N_("of Kazakhstan"),
        "KG": N_("of Kyrgyzstan"),
        "UZ": N_("of Uzbekistan"),
        "TJ": N_("of Tajikistan"),
        "TM": N_("of Turkmenistan"),
        "RU": N_("of Russia"),
        "UA": N_("of Ukraine"),
        "MD": N_("of Moldova"),
    }
)
"""The countries whose missions we know, as they stand behind a noun."""

MISSIONS: Mapping[str, str] = MappingProxyType(
    {
        "embassy": N_("Embassy {of_country}"),
        "de_facto_embassy": N_("Representative office {of_country}"),
        "consulate_general": N_("Consulate general {of_country}"),
        "consulate": N_("Consulate {of_country}"),
        "consular_office": N_("Consular office {of_country}"),
        "honorary_consulate": N_("Honorary consulate {of_country}"),
    }
)

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "embassy": N_("Embassy"),
        "de_facto_embassy": N_("Representative office"),
        "consulate_general": N_("Consulate general"),
        "consulate": N_("Consulate"),
        "consular_office": N_("Consular office"),
        "honorary_consulate": N_("Honorary consulate"),
    }
)

HELPS: Mapping[str, str] = MappingProxyType(
    {
        "trafficking": N_("forced work and trafficking"),
        "labour": N_("work and pay"),
        "migration": N_("migrants"),
        "violence": N_("violence"),
        "legal": N_("a lawyer’s advice"),
        "psychological": N_("a psychologist"),
    }
)

AS_OF = N_("as of {date}")
AS_TYPED = N_("as she wrote it herself")
AS_CONFIRMED = N_("from our list of {date}; she left it so")
FROM_DIRECTORY = N_("from our list of {date}; she has not confirmed it")
"""Where a consulate that her people are told of comes from. They speak of the traveler to somebody else."""


def mission_name(kind: str, sending: str, city: str, translate: Translate) -> str:
    """What a mission is called: "Consulate general of Kazakhstan, Istanbul". The city is as its source has it.

    Args:
        kind: one of `MISSIONS`. sending: whose it is (ISO 3166-1 alpha-2); of a country that is not in `OF` the kind
            alone is said.
    """
    of_country = OF.get(sending)
    if of_country is None:
        name = translate(KINDS[kind])
    else:
        name = translate(MISSIONS[kind]).format(of_country=translate(of_country))
    return f"{name}, {city}" if city else name
