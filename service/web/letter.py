"""Say a trip as a letter to the one who is about to go: every line is a fact that she told, in her language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from service.core.plan import EVERY_DAY, DailyTime, Plan
from service.core.wording import Translate
from service.texts import translator
from service.usecases.places import country_name, zone_label
from service.usecases.trip_letter import LetterPerson, TripLetter
from service.usecases.typed_numbers import shown_number
from service.web.durations import span_said
from service.web.local_times import clock_said, day_said, local, short_day, weekdays

ENDS_AT = "ends_at"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the letter: its lines, and the step of the wizard that changes it."""

    title: str
    lines: tuple[str, ...]
    step: str


def say_letter(letter: TripLetter, language: str) -> tuple[Part, ...]:
    """The whole letter. Facts that are not known are left out: what is missing is said beside it."""
    _ = translator(language)
    parts = (
        Part(_("Where you go"), tuple(_where(letter, language, _)), "where"),
        Part(_("For whom you work"), tuple(_work(letter.details, _)), "work"),
        Part(_("Your consulate"), tuple(_consulate(letter.details, _)), "consulate"),
        Part(_("When we wait for your OK"), tuple(_when(letter, language, _)), "plan"),
        Part(_("Who is told when no answer comes"), tuple(_told(letter, language, _)), "people"),
        Part(_("What they may know"), tuple(_may_know(person, _) for person in letter.people), "people"),
        Part(_("How you and we write"), tuple(_words(letter, _)), "words"),
    )
    return tuple(part for part in parts if part.lines)


def day_within(day: date, language: str) -> str:
    """ "Tuesday, 1 December" within a sentence: only English writes days of the week large."""
    said = day_said(day, language)
    return said if language == "en" else said[:1].lower() + said[1:]


def moment_said(instant: datetime, zone: str, language: str) -> str:
    """ "Tuesday, 1 December, 20:00"."""
    there = local(instant, zone)
    return f"{day_within(there, language)}, {clock_said(there)}"


def _where(letter: TripLetter, language: str, _: Translate) -> Iterator[str]:
    for leg in letter.legs:
        country = country_name(leg.country, language)
        place = f"{leg.city}, {country}" if leg.city else country
        begins = local(leg.starts_at, leg.zone)
        yield _("{place}, from {day}").format(place=place, day=_long_day(begins, language))
    address = (letter.details.get("destination") or {}).get("address")
    if address:
        yield _("There you live at: {address}").format(address=address)
    if ENDS_AT not in (letter.details.get("later") or ()):
        home = local(letter.ends_at, letter.legs[-1].zone)
        yield _("Back home: {day}").format(day=_long_day(home, language))


def _work(details: Mapping[str, Any], _: Translate) -> Iterator[str]:
    labels = (("employer", _("Employer: {who}")), ("agency", _("Arranged by: {who}")))
    for section, label in labels:
        fact = details.get(section) or {}
        if who := _listed((fact.get("name"), fact.get("address"), _number(fact))):
            yield label.format(who=who)
    companions = [_listed((one.get("name"), _number(one)), " ") for one in details.get("companions") or ()]
    if companions:
        yield _("Together with: {who}").format(who=_listed(companions, "; "))


def _consulate(details: Mapping[str, Any], _: Translate) -> Iterator[str]:
    fact = details.get("consulate") or {}
    if who := _listed((fact.get("name"), fact.get("address"), _number(fact))):
        yield who


def _when(letter: TripLetter, language: str, _: Translate) -> Iterator[str]:
    plan = letter.plan
    if plan is None:
        return
    yield from _recurring(plan, language, _)
    for once in plan.once:
        yield _("Once: {when}").format(when=moment_said(once, letter.zone, language))
    for span in plan.quiet:
        begin, end = (moment_said(at, letter.zone, language) for at in (span.starts_at, span.ends_at))
        yield _("Nothing is due from {begin} to {end}").format(begin=begin, end=end)
    if letter.deadline is None:
        return
    first = moment_said(letter.deadline, letter.zone, language)
    place = zone_label(letter.zone, language)
    yield _("If you begin now, the first time is {when} in {place}").format(when=first, place=place)
    asked = [clock_said(local(at, letter.zone)) for at in letter.reminders]
    if asked:
        yield _("We ask you at {times}").format(times=_listed(asked))


def _recurring(plan: Plan, language: str, _: Translate) -> Iterator[str]:
    if plan.every is not None:
        yield _("Each time {span} after the last answer").format(
            span=span_said(round(plan.every.total_seconds()), language)
        )
    days: dict[frozenset[int], list[DailyTime]] = {}
    for due in plan.daily:
        days.setdefault(due.weekdays, []).append(due)
    names = weekdays(language)
    for which, dues in days.items():
        times = _listed(clock_said(due.at) for due in sorted(dues, key=lambda due: due.at))
        if which == EVERY_DAY:
            yield _("Every day at {times}").format(times=times)
        else:
            yield _("{days} at {times}").format(days=_listed(names[day] for day in sorted(which)), times=times)


def _told(letter: TripLetter, language: str, _: Translate) -> Iterator[str]:
    names = {person.id: person.name for person in letter.people}
    before: tuple[str, ...] = ()
    for number, telling in enumerate(letter.tellings):
        if telling.people == before:
            continue
        before = telling.people
        there = local(telling.at, letter.zone)
        same_day = letter.deadline is not None and there.date() == local(letter.deadline, letter.zone).date()
        at = clock_said(there) if same_day else f"{short_day(there, language)} {clock_said(there)}"
        who = _listed(names.get(person, "") for person in telling.people)
        text = _("{time}: {names}") if number == 0 else _("{time}, when nobody has taken it in hand: {names}")
        yield text.format(time=at, names=who)
    if letter.tellings:
        yield _("Then all of them again and again, until somebody says how it ended")


def _may_know(person: LetterPerson, _: Translate) -> str:
    name = f"{person.name} ({person.relation})" if person.relation else person.name
    what = _("the text itself says where you are, for whom you work, and your consulate")
    if not person.full_text:
        what = _("the text brings only a link to these facts")
    said = _("{name}: {what}").format(name=name, what=what)
    return _("{said}; hears of a quiet signal").format(said=said) if person.quiet_sign else said


def _words(letter: TripLetter, _: Translate) -> Iterator[str]:
    if letter.has_words:
        yield _("Your words are set. Any other text only buys time, and gets the same answer.")
        return
    yield _("There are no words: any OK from your phone counts.")
    if letter.wording == "discreet":
        yield _("We write to you like a friend, without times or reasons.")
    else:
        yield _("We write to you plainly, with the time.")


def _number(fact: Mapping[str, Any]) -> str:
    return shown_number(fact["phone"]) if fact.get("phone") else ""


def _listed(values: Iterable[str | None] | Sequence[str], between: str = ", ") -> str:
    return between.join(value for value in values if value)


def _long_day(day: datetime, language: str) -> str:
    return f"{day_within(day, language)} {day.year}"
