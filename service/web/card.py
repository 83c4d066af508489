"""A card for her pocket, as texts: the page and the paper show the same.

It names no service, no word and no answer: whoever finds it sees the numbers that any traveler carries. Each number
that is not hers says where it comes from and of when it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from service.core.wording import Translate
from service.core.wording_countries import helper_name
from service.core.wording_text import N_
from service.directory import Emergency, Help, Helper, country, emergency
from service.directory.dated import AsOf
from service.directory.phrases import phrases, spoken_in
from service.texts import translator
from service.usecases.consulate import Consulate, Origin, consulate_for
from service.usecases.countries import date_said, said_source
from service.usecases.dialing import dialed_from, within_its_country
from service.usecases.numbers import country_of_number
from service.usecases.places import country_name, zone_label
from service.usecases.show_card import CardFacts
from service.usecases.typed_numbers import shown_number
from service.web.plan_said import plan_said

SAID = {
    "passport_mine": N_("My passport belongs only to me."),
    "help": N_("Help me, please."),
    "police": N_("Please call the police."),
    "consulate": N_("Please call my consulate."),
    "doctor": N_("I need a doctor."),
}
"""What is held out to whoever is near, by its key in the directory, and what it means."""
MOST_TONGUES = 2
"""Languages of the way beside English."""
UNKNOWN = N_("not known to us; ask on arrival")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the card. `number`: the text is to be dialed. `small`: where a number comes from, and when, or how it
    is dialed from elsewhere."""

    label: str
    text: str
    number: bool = False
    small: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in a language (BCP 47), `latin` how it sounds where its letters are others; `read`: somebody has read
    it whose first language it is."""

    language: str
    text: str
    latin: str
    read: bool


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence in the languages of the way, English last. `meaning`: in hers, "" when English is hers."""

    meaning: str
    sentences: tuple[Sentence, ...]

    @property
    def english(self) -> str:
        return self.sentences[-1].text


@dataclass(frozen=True, slots=True)
class Card:
    """What stands on it: `front` when and whom she calls, `numbers` for emergencies, `helpers` who else helps, `said`
    what she can show. `strip`: the few numbers for a label in her clothes."""

    title: str
    front: tuple[Line, ...]
    numbers: tuple[Line, ...]
    helpers: tuple[Line, ...]
    said: tuple[Said, ...]
    strip: tuple[str, ...]
    unread: bool
    """Whether a sentence waits for somebody who has read it in her first language."""


def card_of(facts: CardFacts, names: Mapping[str, str], language: str, *, question: bool) -> Card:
    """The card in a language.

    Args:
        names: what to call those of her people whose numbers she wants on it, by their ids.
        question: whether it reminds of the agreed question, without saying it.
    """
    _ = translator(language)
    said = tuple(_said(facts, language, _))
    return Card(
        title=_("My numbers"),
        front=tuple(_front(facts, names, language, _, question)),
        numbers=tuple(line for code, _city in facts.places for line in _emergency(code, facts, language, _)),
        helpers=tuple(_helpers(facts, language, _)),
        said=said,
        strip=tuple(_strip(facts, names, language)),
        unread=not all(sentence.read for one in said for sentence in one.sentences),
    )


def _front(facts: CardFacts, names: Mapping[str, str], language: str, _: Translate, question: bool) -> Iterator[Line]:
    if facts.plan is not None:
        said = "; ".join(plan_said(facts.plan, language, _))
        place = f" ({zone_label(facts.zone, language)})" if facts.zone and facts.plan.daily else ""
        yield Line(_("I get in touch"), said + place)
    for person in facts.people:
        name = names.get(str(person.contact_id))
        if name is not None:
            yield Line(name or person.name, shown_number(person.phone), number=True)
            yield from _dialed(person.phone, (code for code, _city in facts.places), language)
    if question:
        yield Line(_("When we talk"), _("our question"))


def _dialed(number: str, codes: Iterator[str], language: str) -> Iterator[Line]:
    """How a number is dialed from each country on the way, and at home: with the digits for a phone without a plus."""
    plain = shown_number(number)
    ways: dict[str, list[str]] = {}
    for code in dict.fromkeys((*codes, country_of_number(number))):
        said = dialed_from(number, code) if code else plain
        if said != plain:
            ways.setdefault(said, []).append(country_name(code, language))
    if ways:
        yield Line("", "; ".join(f"{', '.join(countries)}: {said}" for said, countries in ways.items()), small=True)


def _emergency(code: str, facts: CardFacts, language: str, _: Translate) -> Iterator[Line]:
    name, numbers = country_name(code, language), emergency(code)
    label = _("Emergency numbers: {country}").format(country=name)
    if numbers is None:
        yield Line(label, _(UNKNOWN))
        return
    yield Line(_of_year(label, numbers.as_of), _emergency_said(numbers, _), number=True)
    source = _("Checked on {date}").format(date=f"{numbers.checked:%d.%m.%Y}")
    old = _old(_) if numbers.as_of.is_old(facts.today) else ""
    yield Line("", f"{source}{old}: {said_source(numbers.source, _)}", small=True)


def _emergency_said(numbers: Emergency, _: Translate) -> str:
    known = ((_("police"), numbers.police), (_("ambulance"), numbers.ambulance), (_("fire service"), numbers.fire))
    others = [f"{label} {number}" for label, number in known if number and number != numbers.general]
    return ", ".join(filter(None, (numbers.general, *others)))


def _helpers(facts: CardFacts, language: str, _: Translate) -> Iterator[Line]:
    """The consulate and a help line of each country, once where it is the same, and a help line at home."""
    found: dict[str, tuple[Consulate, list[str]]] = {}
    for code, city in facts.places:
        one = consulate_for(facts.details, facts.citizen, code, city, language)
        found.setdefault(one.name + one.phone, (one, []))[1].append(country_name(code, language))
    for one, countries in found.values():
        yield from _consulate(one, facts, ", ".join(countries), language, _)
    for code, _city in facts.places:
        yield from _help_line(code, facts, language, _)
    home = [one for one in country(facts.citizen, "").hotlines if one.phone and one.phone.from_abroad]
    if facts.citizen and home:
        yield from _helper(home[0], facts, language, _)


def _consulate(found: Consulate, facts: CardFacts, where: str, language: str, _: Translate) -> Iterator[Line]:
    if found.name:
        yield Line(_("Consulate"), found.name)
    label = _("The consulate’s phone")
    label = label if len(facts.places) < 2 else f"{label}: {where}"
    if not found.phone:
        yield Line(label, _("not known"))
    else:
        listed = found.mission.checked if found.mission is not None else None
        yield Line(_of_year(label, listed), shown_number(found.phone), number=True)
        within = within_its_country(found.phone)
        if within != shown_number(found.phone):
            host = country_name(country_of_number(found.phone), language)
            yield Line("", f"{host}: {within}", small=True)
    if found.address:
        yield Line("", found.address, small=True)
    if found.origin is Origin.TYPED:
        yield Line("", _("as I wrote it myself"), small=True)
    elif found.mission is not None:
        confirmed = found.origin is Origin.CONFIRMED
        text = _("from a list of {date}, which I took over") if confirmed else _("from a list of {date}, not confirmed")
        said = text.format(date=date_said(found.mission.checked, language))
        old = found.mission.checked is not None and found.mission.checked.is_old(facts.today)
        source = said_source(found.mission.source, _)
        yield Line("", f"{said}{_old(_) if old else ''}: {source}", small=True)


def _of_year(label: str, checked: AsOf | None) -> str:
    """The year stays with a number where there is no room to say whose it is: on the small cards."""
    return f"{label} ({checked.text[:4]})" if checked is not None else label


def _old(_: Translate) -> str:
    return " " + _("(older than a year)")


def _help_line(code: str, facts: CardFacts, language: str, _: Translate) -> Iterator[Line]:
    known = [one for one in country(code, facts.citizen).hotlines if one.phone]
    if not known:
        yield Line(_("Help line: {country}").format(country=country_name(code, language)), _("not known"))
        return
    yield from _helper(min(known, key=lambda one: Help.TRAFFICKING not in one.helps), facts, language, _)


def _helper(one: Helper, facts: CardFacts, language: str, _: Translate) -> Iterator[Line]:
    number = one.phone
    if number is None:
        return
    name = country_name(one.country, language)
    label = _of_year(_("Help line: {country}").format(country=name), number.checked)
    yield Line(label, number.printed, number=True)
    within = "" if number.from_abroad else _("only from within: {country}").format(country=name)
    of = _("Checked on {date}").format(date=date_said(number.checked, language))
    old = _old(_) if number.checked is not None and number.checked.is_old(facts.today) else ""
    about = ", ".join(filter(None, (helper_name(one.name, _), within)))
    yield Line("", f"{about}. {of}{old}: {said_source(number.source, _)}", small=True)


def _said(facts: CardFacts, language: str, _: Translate) -> Iterator[Said]:
    """Each sentence in the first languages of the way and in English."""
    tongues = dict.fromkeys(tag for code, _city in facts.places for tag in spoken_in(code)[:1])
    wanted = [*[tag for tag in tongues if tag not in ("en", language)][:MOST_TONGUES], "en"]
    by_tongue = {tag: {one.key: one for one in phrases(tag)} for tag in wanted}
    for key, meaning in SAID.items():
        found = (by_tongue[tag][key] for tag in wanted)
        sentences = tuple(Sentence(one.language, one.text, one.latin, bool(one.reviewer)) for one in found)
        yield Said("" if language == "en" else _(meaning), sentences)


def _strip(facts: CardFacts, names: Mapping[str, str], language: str) -> Iterator[str]:
    """The emergency number, the consulate and the first of her people, where she begins: numbers alone."""
    if facts.places:
        code, city = facts.places[0]
        numbers = emergency(code)
        if numbers is not None:
            yield numbers.general or numbers.police or numbers.ambulance or numbers.fire
        found = consulate_for(facts.details, facts.citizen, code, city, language)
        if found.phone:
            yield _of_year(shown_number(found.phone), found.mission.checked if found.mission is not None else None)
    wanted = (person.phone for person in facts.people if str(person.contact_id) in names)
    if first := next(wanted, ""):
        yield shown_number(first)
