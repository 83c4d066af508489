"""Say in words what a switch waits for, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from service.core.alarm import AlarmKind, Outcome
from service.core.wording import Translate
from service.usecases.foresee import Telling
from service.usecases.show_switch import Stage, Switch

ROUNDED_TO = 5
"""Seconds: a countdown that changes less often is calmer, and as true."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Says instants in a zone; with seconds where a plan is that short."""

    zone: str
    precise: bool

    def at(self, instant: datetime) -> str:
        """ "12:01:30", or "12:01"."""
        return instant.astimezone(ZoneInfo(self.zone)).strftime("%H:%M:%S" if self.precise else "%H:%M")


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the story: when, what, and whether it has happened."""

    at: str
    what: str
    past: bool


@dataclass(frozen=True, slots=True)
class Narration:
    """`tone` names the wash: s0 calm, s1 asking, s2 alarm, sd quiet signal. `wait` changes while time goes by."""

    tone: str
    title: str
    why: str
    wait: str
    steps: tuple[Step, ...]


def narrate(switch: Switch, names: Mapping[str, str], _: Translate, *, answers: bool) -> Narration:
    """The words beside the picture. `answers`: whether the traveler's phone answers reminders by itself."""
    short = switch.deadline is None or switch.began_at is None or switch.deadline - switch.began_at < timedelta(hours=1)
    clock = Clock(switch.zone, precise=short)
    tone, title, why = _said(switch, names, _, clock, answers=answers)
    return Narration(tone, title, why, _wait(switch, names, _, clock), _steps(switch, names, _, clock))


def people_said(people: Iterable[str], names: Mapping[str, str]) -> str:
    """Their names in a row."""
    return ", ".join(names[person] for person in people if person in names)


def left(until: datetime, now: datetime, _: Translate) -> str:
    """How long until then, rounded up."""
    seconds = max(0.0, (until - now).total_seconds())
    if seconds < 100:
        return _("{number} s").format(number=int(-(-seconds // ROUNDED_TO) * ROUNDED_TO))
    if seconds < 100 * 60:
        return _("{number} min").format(number=int(-(-(seconds - 1) // 60)))
    return _("{number} h").format(number=int(-(-(seconds - 1) // 3600)))


def _said(
    switch: Switch, names: Mapping[str, str], _: Translate, clock: Clock, *, answers: bool
) -> tuple[str, str, str]:
    name = switch.name
    due = clock.at(switch.deadline) if switch.deadline else ""
    match switch.stage:
        case Stage.DRAFT:
            return (
                "s0",
                _("{name}: the trip is planned.").format(name=name),
                _("The trip has not begun, so we wait for nothing."),
            )
        case Stage.ENDED:
            return "s0", _("{name}: the trip is over.").format(name=name), _("The switch waits for nothing.")
        case Stage.CALM:
            title = _("All is well. {name}: next OK by {time}.").format(name=name, time=due)
            return "s0", title, _("The relatives see nothing: no place, no times.")
        case Stage.ASKED:
            title = _("We have asked {name}. OK is due by {time}.").format(name=name, time=due)
            return "s0", title, _("First we ask the traveler, three times. Nobody else is told yet.")
        case Stage.LATE:
            title = _("{name} has not answered since {time}.").format(name=name, time=due)
            return "s1", title, _("First we ask the traveler, three times. Nobody else is told yet.")
        case Stage.CLEAR:
            return _cleared(switch, _, answers=answers)
        case Stage.SIGN:
            title = _("A text came from the phone of {name}. It does not prove who wrote.").format(name=name)
            return "s1", title, _("Only a voice ends it: one of the relatives calls, then answers 2.")
        case Stage.HELD:
            title = _("{who} has it. The others wait.").format(who=switch.who)
            tone = "sd" if switch.kind is AlarmKind.DURESS else "s1"
            return tone, title, _("After a call the answer is 2 (heard the voice) or 4 (something is not right).")
        case Stage.ALARM:
            return _alarmed(switch, names, _, clock)


def _alarmed(switch: Switch, names: Mapping[str, str], _: Translate, clock: Clock) -> tuple[str, str, str]:
    name = switch.name
    told = people_said(dict.fromkeys(person for telling in switch.told for person in telling.people), names)
    opened = clock.at(switch.opened_at) if switch.opened_at else ""
    if switch.kind is AlarmKind.DURESS:
        title = _("A quiet signal from {name}. Told: {people}.").format(name=name, people=told or "…")
        return "sd", title, _("The phone that sent it got the same answer as ever. Nobody is to call it.")
    if switch.kind is AlarmKind.SOS:
        title = _("{name} asked for help at {time}. Told: {people}.").format(name=name, time=opened, people=told or "…")
        return "s2", title, _("Everybody is told at once.")
    if switch.kind is AlarmKind.UNPROVEN:
        title = _("Nobody has heard the voice of {name} for long. Told: {people}.").format(
            name=name, people=told or "…"
        )
        return "s1", title, _("Somebody should call and ask the agreed question.")
    since = clock.at(switch.deadline) if switch.deadline else opened
    title = _("{name} has not answered since {time}. Told: {people}.")
    title = title.format(name=name, time=since, people=told or "…")
    return "s2", title, _("The ladder climbs until somebody answers 1 (I take it) or 2 (heard the voice).")


def _cleared(switch: Switch, _: Translate, *, answers: bool) -> tuple[str, str, str]:
    if switch.outcome is Outcome.HEARD_SAFE and switch.who:
        title = _("{who} heard the voice of {name}: all is well.").format(who=switch.who, name=switch.name)
    elif switch.outcome in (Outcome.ANSWERED, Outcome.MISTAKEN):
        title = _("{name} answered: all is well.").format(name=switch.name)
    else:
        title = _("The alarm about {name} is over.").format(name=switch.name)
    told = _("Everybody who had been told got the all-clear.")
    if answers:
        return "s0", title, told
    return "s0", title, told + " " + _("This phone still does not answer reminders: let it, and the story begins anew.")


def _wait(switch: Switch, names: Mapping[str, str], _: Translate, clock: Clock) -> str:
    """What happens next, when, and how long that is."""
    ahead, now = switch.ahead, switch.now
    telling = next((telling for telling in ahead.tellings if telling.at > now), None)
    if switch.stage is Stage.LATE and telling is not None:
        text = _("The switch waits for {time}, another {left}. Then it tells {people}.")
        return _next(text, telling, now, names, _, clock)
    if switch.stage in (Stage.HELD, Stage.SIGN) and switch.until is not None:
        text = _("The switch waits for {time}, another {left}.")
        return text.format(time=clock.at(switch.until), left=left(switch.until, now, _))
    if switch.stage is Stage.ALARM and telling is not None:
        text = _("Without an answer at {time}, in {left}: a message to {people}.")
        return _next(text, telling, now, names, _, clock)
    if switch.stage is Stage.ASKED and telling is not None:
        text = _("Without an answer until {time}, another {left}: a message to {people}.")
        return _next(text, telling, now, names, _, clock)
    upcoming = [moment for moment in ahead.reminders if moment > now]
    if upcoming:
        return _("At {time}, in {left}, we ask {name}.").format(
            time=clock.at(upcoming[0]), left=left(upcoming[0], now, _), name=switch.name
        )
    return ""


def _next(text: str, telling: Telling, now: datetime, names: Mapping[str, str], _: Translate, clock: Clock) -> str:
    return text.format(
        time=clock.at(telling.at), left=left(telling.at, now, _), people=people_said(telling.people, names)
    )


def _steps(switch: Switch, names: Mapping[str, str], _: Translate, clock: Clock) -> tuple[Step, ...]:
    """The same facts as the picture, in order."""
    name = switch.name
    lines: list[tuple[datetime, str]] = []
    if switch.began_at is not None:
        lines.append((switch.began_at, _("{name}: sign of life").format(name=name)))
    if switch.deadline is not None:
        lines.append((switch.deadline, _("{name}: OK is due").format(name=name)))
    elif switch.opened_at is not None and switch.kind in (AlarmKind.SOS, AlarmKind.DURESS):
        lines.append((switch.opened_at, _("{name}: help asked for").format(name=name)))
    lines += [(moment, _("{name}: we ask").format(name=name)) for moment in (*switch.asked_at, *switch.ahead.reminders)]
    for telling in (*switch.told, *switch.ahead.tellings):
        lines.append((telling.at, _("message to {people}").format(people=people_said(telling.people, names))))
    return tuple(Step(clock.at(at), what, at <= switch.now) for at, what in sorted(lines, key=lambda line: line[0]))
