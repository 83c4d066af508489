"""What a reader of the pages of advice is told of a country: whom to call there, and in which languages to say it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from service.core.wording_countries import HELPS
from service.core.wording_text import N_
from service.directory import Help, country
from service.directory.missions import SENDING
from service.directory.phrases import Phrase, languages, phrase, phrases, spoken_in
from service.directory.return_papers import return_paper
from service.texts import translator
from service.usecases.context import Service
from service.usecases.countries import CountryShown, date_said, language_names, show_country
from service.usecases.places import NEAR, country_name
from service.usecases.times import whole_day

CHECKED = date(2026, 11, 23)
"""When the advice of these pages was last read against its sources."""
SOURCES = (
    "egov.kz, 14.02.2024",
    "ILO, Indicators of Forced Labour, 2012",
    "Vienna Convention on Consular Relations, 1963, article 36",
)

TO_WORK = tuple(sorted(NEAR, key=lambda code: code in SENDING and code != "RU"))
"""The usual countries, those to which many go to work before those from which they come."""

MEANINGS = {
    "help": N_("Help me, please."),
    "police": N_("Please call the police."),
    "doctor": N_("I need a doctor."),
    "consulate": N_("Please call my consulate."),
    "find_consulate": N_("Where is the consulate of my country?"),
    "passport_mine": N_("My passport belongs only to me."),
    "passport_taken": N_("My passport has been taken from me."),
    "passport_back": N_("Please give me back my passport."),
    "held": N_("They do not let me leave."),
    "forced": N_("I am made to work against my will."),
    "threatened": N_("They threaten me."),
    "hurt": N_("I have been hurt."),
    "unpaid": N_("I have not been paid for my work."),
    "leave": N_("I want to leave here."),
    "home": N_("I want to go home."),
    "phone": N_("May I use your phone, please?"),
    "address": N_("Please write down the address of this place."),
    "interpreter": N_("I do not speak your language. I need an interpreter."),
    "no_sign": N_("I do not sign what I cannot read."),
    "no_employer": N_("Please do not tell my employer."),
}
"""What each sentence means, for whoever says it."""


@dataclass(frozen=True, slots=True)
class HelpLine:
    """A number that helps in a country. `helps`: what with, beside forced labor, in the reader's language. `dial`: what
    a telephone is given; `of`: when its source was read, in words."""

    country: str
    helps: str
    printed: str
    dial: str
    of: str
    old: bool


@dataclass(frozen=True, slots=True)
class WayOut:
    """What a person needs who has left, in one country. `paper`: the name and source of the paper for the way home and
    when that was read; empty where nobody has told us. `spoken`: tags of the languages in which we have sentences."""

    shown: CountryShown
    paper: tuple[str, str, str]
    spoken: tuple[tuple[str, str], ...]


def help_lines(service: Service, language: str) -> tuple[HelpLine, ...]:
    """One line that helps for each country to which many go, where a source with a date names one."""
    return tuple(_lines(service, language))


def way_out(service: Service, code: str, citizen: str, language: str) -> WayOut:
    """Whom to turn to in a country with a passport of `citizen`.

    Raises:
        NotFound: there is no such country.
    """
    shown, paper = show_country(service, code, citizen, language), return_paper(citizen)
    found = (paper.name, paper.source, date_said(paper.checked, language)) if paper else ("", "", "")
    return WayOut(shown, found, named(spoken_in(code), language))


def checked_on(language: str) -> str:
    """When the advice was checked, in words."""
    return whole_day(CHECKED, language)


def sentences(tag: str) -> tuple[Phrase, ...]:
    """The twenty sentences in a language; in English where we do not have it."""
    return phrases(tag)


def known_languages(language: str) -> tuple[tuple[str, str], ...]:
    """The languages in which there are sentences: tags, and names in the reader's language."""
    return named(languages(), language)


def by_country(language: str) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """For each country to which many go, its name and the languages in which one is understood there."""
    return tuple((country_name(code, language), named(spoken_in(code), language)) for code in TO_WORK)


def everywhere(key: str, language: str) -> tuple[tuple[str, str, str], ...]:
    """One sentence in every language: its tag, the language's name, and the sentence."""
    return tuple((tag, name, phrase(key, tag)) for tag, name in known_languages(language))


def named(tags: tuple[str, ...], language: str) -> tuple[tuple[str, str], ...]:
    """Tags of languages with their names in another."""
    return tuple(zip(tags, language_names(tags, language), strict=True))


def _lines(service: Service, language: str) -> Iterator[HelpLine]:
    _, today = translator(language), service.clock().date()
    for code in TO_WORK:
        found = [
            (phone.checked.day, one, phone) for one in country(code).hotlines if (phone := one.phone) and phone.checked
        ]
        if not found:
            continue
        # One a country, so that it can be dialed without choosing: the one that was looked at last.
        _day, one, phone = max(found, key=lambda line: line[0])
        helps = ", ".join(_(HELPS[help]) for help in one.helps if help is not Help.TRAFFICKING)
        of = date_said(phone.checked, language)
        old = phone.checked is not None and phone.checked.is_old(today)
        yield HelpLine(country_name(code, language), helps, phone.printed, phone.dial, of, old)
