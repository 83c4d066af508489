"""How missions, helpers and the age of a fact are named."""

from __future__ import annotations

import re
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

SOURCES = (
    N_("an unsigned map of European help lines on the web"),
    N_("an unsigned list on the web, itself unsure"),
    N_("an unsigned list on the web"),
    N_("a list of the embassies in Seoul"),
    N_("the migrants' app of Kyrgyzstan"),
    N_("the embassy's own page of that time"),
    N_("its own pages; help free and confidential"),
    N_("the helpline's own page, without a date"),
    N_("Treaty on the Eurasian Economic Union of 29 May 2014, article 97"),
    N_("Government decree 2535 of 29 December 2021"),
    N_("Law 202-V of 16 May 2014"),
    N_("GOV.UK travel advice and Smartraveller"),
    N_("GOV.UK travel advice"),
    N_("sources differ on"),
    N_("that there is one"),
    N_("the city"),
    N_("all else"),
    N_("phone"),
    N_("address"),
    N_("email"),
    N_("website"),
    N_("general"),
    N_("police"),
    N_("ambulance"),
    N_("fire"),
)
"""What the tables say of their sources beside names and addresses on the web; the longer of two alike first."""

HELPERS = (
    N_("National anti-trafficking hotline"),
    N_("Human trafficking hotline"),
    N_("Anti-human-trafficking helpline"),
    N_("National Human Trafficking Hotline"),
    N_("National hotline"),
    N_("Hotline for migrants"),
    N_("Hotline for citizens of Ukraine"),
    N_("Women emergency line"),
    N_("Foreign worker hotline"),
    N_("Protection hotline"),
    N_("Trust line"),
    N_("Sana Sezim, Legal Center for Women’s Initiatives"),
    N_("YİMER 157, line for foreigners of the Presidency of Migration Management"),
    N_("Danuri call centre for migrants and their families"),
    N_("Social Assistance Centre 1300"),
    N_("Department of Employment, line for migrant workers"),
)
"""Helpers whose name in the tables only says what they are, or is said in each language."""
_SAID = re.compile("|".join(rf"(?<![\w.]){re.escape(one)}(?!\w)" for one in SOURCES))

_OF_A_DAY = re.compile(r" of (?=\d{4}\b)")


def source_said(source: str, translate: Translate) -> str:
    """A source as a reader of another language can read it; names stay as they are."""
    return _SAID.sub(lambda found: translate(found[0]), _OF_A_DAY.sub(", ", source))


def helper_name(name: str, translate: Translate) -> str:
    """What a helper is called; as it calls itself, where that is a name."""
    return translate(name) if name in HELPERS else name


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
