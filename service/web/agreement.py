"""What she and her people have agreed, as texts: the page and the paper show the same.

It goes into relatives' hands and lies on tables, so it names no service where she wants none named, no number, no word
and no question.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.core.wording import Translate
from service.core.wording_text import N_
from service.texts import translator
from service.usecases.agreement import AgreementFacts, Signer, Step
from service.usecases.places import country_name, zone_label
from service.web.durations import span_said
from service.web.letter import day_within
from service.web.local_times import clock_said, local, short_day
from service.web.pages import set_in
from service.web.plan_said import plan_said

STAGES = "_stages.html"
"""Whose texts the guide of the alarm page shows as well."""
DIGITS = (
    ("1", N_("I take it"), N_("The others are told that you act")),
    ("2", N_("I heard the voice: safe"), N_("Everybody told gets the all-clear")),
    ("3", N_("I cannot now"), N_("The next person is told at once")),
    ("4", N_("Something is not right"), N_("Somebody else was listening, or the answer was wrong")),
)
IN_SECRET = (
    N_("Do not call, do not write, do not post anything. Whoever holds the phone may be reading."),
    N_("If a message comes from this phone, answer as on any day."),
    N_("Speak with the others on this list, not by that phone. A second person reads the last messages with you."),
    N_(
        "Go to the police at home and call the consulate. Say that it is a quiet signal: they must not call {name} "
        "either. Give them the place and the employer."
    ),
    N_("Nobody travels there, and nobody speaks to the employer or to anybody near {name}."),
)
ON_PAPER = {
    N_("Open the sheet below and share out the calls."): N_(
        "Open the page that the message brings: place, work and numbers stand there. Share out the calls."
    )
}
"""What the guide says elsewhere than on the alarm's own page."""


@dataclass(frozen=True, slots=True)
class Box:
    """Something to tick by hand. `line`: with room to write behind it."""

    text: str
    ticked: bool = False
    line: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A part of it. `rows`: what stands beside what; `never` (said first), `dos` and `donts` are points;
    `boxes` are ticked by hand."""

    title: str
    lines: tuple[str, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    never: tuple[str, ...] = ()
    dos: tuple[str, ...] = ()
    donts: tuple[str, ...] = ()
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Agreement:
    """`parts` are what each agrees to; `stages` are the guide on the second page; `signers` are names."""

    title: str
    lead: str
    parts: tuple[Part, ...]
    guide: str
    stages: tuple[Part, ...]
    signers: tuple[str, ...]
    sign_here: str
    made: str


def agreement_of(
    facts: AgreementFacts, language: str, *, names: Set[str], places: bool = False, secret: bool = True
) -> Agreement:
    """The agreement in a language.

    Args:
        names: the ids of those of her people who stand on it.
        places: whether it says where she goes.
        secret: whether it says what a message means that begins "Do NOT call".
    """
    _ = translator(language)
    people = tuple(one for one in facts.people if one.id in names)
    parts = [Part(_("When {name} gets in touch").format(name=facts.name), tuple(_times(facts, language, _, places)))]
    if facts.steps:
        parts.append(_missed(facts, people, language, _))
    parts.append(_answers(_))
    if secret:
        title = _("If a message begins “Do NOT call”")
        parts.append(Part(title, never=(_(IN_SECRET[0]),), dos=tuple(_said(text, facts, _) for text in IN_SECRET[1:])))
    parts.append(_agreed(facts, _))
    return Agreement(
        title=_("What we have agreed"),
        lead=_("{name} travels, and we stay in touch at fixed times. Here is what each of us does when one passes "
               "without a word. This page stays at home.").format(name=facts.name),
        parts=tuple(parts),
        guide=_("What we do then, step by step"),
        stages=tuple(_stages(facts.name, language)),
        signers=(facts.name, *(_called(one) for one in people)),
        sign_here=_("day and signature"),
        made=_("Printed on {date}").format(date=_date(facts)),
    )  # fmt: skip


def _said(text: str, facts: AgreementFacts, _: Translate) -> str:
    return _(text).format(name=facts.name)


def _times(facts: AgreementFacts, language: str, _: Translate, places: bool) -> Iterator[str]:
    if facts.plan is not None:
        clock = f" ({zone_label(facts.zone, language)})" if facts.plan.daily else ""
        yield "; ".join(plan_said(facts.plan, language, _)) + clock
    if facts.zone != facts.home_zone:
        yield from (_in_both(at, facts, language, _) for at in facts.examples)
    if places:
        for leg in facts.legs:
            country = country_name(leg.country, language)
            place = f"{leg.city}, {country}" if leg.city else country
            yield _("{place}, from {day}").format(place=place, day=day_within(local(leg.starts_at, leg.zone), language))
    yield _("Between these times no news is not bad news.")
    if facts.has_words:
        yield _(
            "A message alone proves little: anybody with the phone can send it. So we also talk, and ask our question."
        )


def _in_both(at: datetime, facts: AgreementFacts, language: str, _: Translate) -> str:
    """An agreed time by both clocks."""
    there, home = local(at, facts.zone), local(at, facts.home_zone)
    at_home = clock_said(home) if home.date() == there.date() else f"{short_day(home, language)} {clock_said(home)}"
    said = _("For example {day}: {there} there is {home} at home.")
    return said.format(day=day_within(there, language), there=clock_said(there), home=at_home)


def _missed(facts: AgreementFacts, people: tuple[Signer, ...], language: str, _: Translate) -> Part:
    """What follows a time without a word."""
    known = {one.id: one.name for one in people}
    asked = [step for step in facts.steps if not step.people]
    rows = []
    if asked:
        when = ", ".join(dict.fromkeys(_after(step.after, language, _) for step in asked))
        rows.append((when, _("{name} is asked. Nobody else hears of it.").format(name=facts.name)))
    rows.extend((_after(step.after, language, _), _told(step, known, _)) for step in facts.steps if step.people)
    rows.append((_("then"), _("all of them again and again, until somebody says how it ended")))
    lines = (_("It is not bad news yet: a battery is empty, a line is down."),)
    return Part(_("If a time passes without a word"), lines, rows=tuple(rows))


def _told(step: Step, known: dict[str, str], _: Translate) -> str:
    """Who is told, by the names that stand on the page."""
    named = [known[one] for one in step.people if one in known]
    others = len(step.people) - len(named)
    if not named:
        return _("A message goes to others.")
    said = _("A message goes to {names}.").format(names=", ".join(named))
    return _("A message goes to {names} and to others.").format(names=", ".join(named)) if others else said


def _after(span: timedelta, language: str, _: Translate) -> str:
    seconds = round(span.total_seconds())
    if not seconds:
        return _("at the time")
    said = span_said(abs(seconds), language)
    return (_("{span} after it") if seconds > 0 else _("{span} before it")).format(span=said)


def _answers(_: Translate) -> Part:
    """The digits by which a message is answered."""
    lines = (_("Call first and ask our question. Then answer the message with one digit:"),)
    rows = tuple((digit, " ".join(_(text) + "." for text in texts)) for digit, *texts in DIGITS)
    return Part(_("Who gets the message"), lines, rows=rows)


def _agreed(facts: AgreementFacts, _: Translate) -> Part:
    question = _("A question that only {name} can answer right: by voice, and written nowhere, also not here")
    return Part(
        _("We have also agreed"),
        boxes=(
            Box(question.format(name=facts.name), ticked=facts.has_question),
            Box(_("What {name} says when not free to speak: by voice as well").format(name=facts.name)),
            Box(_("Who leads when something has happened:"), line=True),
            Box(_("Who has copies of the papers and of the contract:"), line=True),
        ),
    )


def _stages(name: str, language: str) -> Iterator[Part]:
    """The guide of the alarm page, whole."""
    _, texts = translator(language), set_in(STAGES, language)
    instead = {_(there): _(here) for there, here in ON_PAPER.items()}
    for _number, title, dos, donts in (*texts["early"], texts["third"], *texts["late"]):
        said = (tuple(instead.get(text, text).format(name=name) for text in points) for points in (dos, donts))
        yield Part(title, dos=next(said), donts=next(said))


def _called(one: Signer) -> str:
    return f"{one.name}, {one.relation}" if one.relation else one.name


def _date(facts: AgreementFacts) -> str:
    return f"{local(facts.made_at, facts.home_zone):%d.%m.%Y}"
