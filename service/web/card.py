"""A card for her pocket, as texts: the page and the paper show the same.

It names no service, no word and no answer: whoever finds it sees the numbers that any traveler carries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from service.core.wording import Translate
from service.core.wording_text import N_
from service.directory import Emergency
from service.texts import translator
from service.usecases.places import country_name, zone_label
from service.usecases.show_card import CardFacts
from service.usecases.typed_numbers import shown_number
from service.web.plan_said import plan_said

PHRASES = ("Help me, please.", "Please call the police.", "I need a doctor.", "Please call my consulate.")
"""In English, for whoever is near: not translated."""
WHAT_THEY_MEAN = (
    N_("Help me, please."),
    N_("Please call the police."),
    N_("I need a doctor."),
    N_("Please call my consulate."),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the card. `number`: the text is to be dialed. `small`: where a number comes from, and when."""

    label: str
    text: str
    number: bool = False
    small: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """Its two sides."""

    title: str
    front: tuple[Line, ...]
    back: tuple[Line, ...]
    phrases: tuple[tuple[str, str], ...]
    """English, and what it means."""


def card_of(facts: CardFacts, names: Mapping[str, str], language: str, *, question: bool) -> Card:
    """The card in a language.

    Args:
        names: what to call those of her people whose numbers she wants on it, by their ids.
        question: whether it reminds of the agreed question, without saying it.
    """
    _ = translator(language)
    meanings = ("" if language == "en" else _(text) for text in WHAT_THEY_MEAN)
    return Card(
        _("My numbers"),
        tuple(_front(facts, names, language, _, question)),
        tuple(_back(facts, language, _)),
        tuple(zip(PHRASES, meanings, strict=True)),
    )


def _front(facts: CardFacts, names: Mapping[str, str], language: str, _: Translate, question: bool) -> Iterator[Line]:
    if facts.plan is not None:
        said = "; ".join(plan_said(facts.plan, language, _))
        place = f" ({zone_label(facts.zone, language)})" if facts.zone else ""
        yield Line(_("I get in touch"), said + place)
    for person in facts.people:
        name = names.get(str(person.contact_id))
        if name is not None:
            yield Line(name or person.name, shown_number(person.phone), number=True)
    if question:
        yield Line(_("When we talk"), _("our question"))


def _back(facts: CardFacts, language: str, _: Translate) -> Iterator[Line]:
    for country, numbers in facts.countries:
        yield from _emergency(country_name(country, language), numbers, _)
    consulate = facts.consulate
    if consulate.get("name"):
        yield Line(_("Consulate"), consulate["name"])
    number = consulate.get("phone")
    yield Line(_("The consulate’s phone"), shown_number(number) if number else _("not known"), number=bool(number))
    if number:
        yield Line("", _("as I wrote it myself"), small=True)


def _emergency(country: str, numbers: Emergency | None, _: Translate) -> Iterator[Line]:
    if numbers is None:
        yield Line(_("Emergency numbers: {country}").format(country=country), _("not known to us; ask on arrival"))
        return
    known = ((_("police"), numbers.police), (_("ambulance"), numbers.ambulance), (_("fire service"), numbers.fire))
    others = [f"{label} {number}" for label, number in known if number and number != numbers.general]
    text = ", ".join(filter(None, (numbers.general, *others)))
    yield Line(_("Emergency numbers: {country}").format(country=country), text, number=True)
    source = _("Checked on {date}").format(date=f"{numbers.checked:%d.%m.%Y}")
    yield Line("", f"{source}: {numbers.source}", small=True)
