"""What an alarm's message says: first what to do, then what is known.

A text costs segments, its parts may arrive alone or late, and somebody reads it at night. So the action stands in
the first 67 characters, the answers and the code are never cut, and what was typed on a form is cut before
anything is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from service.core.alarm import AlarmKind
from service.core.carriage import ANYTHING, Carriage, carried
from service.core.wording_letter import letter_end, paragraphs
from service.core.wording_text import (
    FIRST_PART,
    N_,
    Count,
    Piece,
    Translate,
    as_it_is,
    cut,
    cut_name,
    cut_to_fit,
    join,
    mark,
    units,
)

Fits = Callable[[str], bool]

BUDGET = 4
UNCUT = 100_000
LONGEST_NAME = 60
SHORTEST_NAME = 6
# How many graphemes of each typed field to keep. First whole or mildly cut: one such text beats two. Then firmly: still
# to be recognized, and better than leaving a sentence out. At last whatever it takes.
WHOLE = 200
MILD = (WHOLE, 120, 80, 60, 48, 40)
FIRM = (*MILD, 32, 24, 18)
HARD = (*FIRM, 12, 8)

_LEADS = {
    AlarmKind.MISSED: N_("{name}: no sign since {since}. Please call."),
    AlarmKind.UNPROVEN: N_("Please call {name} and ask your question."),
    AlarmKind.SOS: N_("{name} asked for help at {since}. Please call."),
    AlarmKind.DURESS: N_("Do NOT call or text {name}. Sign of danger, {since}."),
}
_FOLLOWS = {
    AlarmKind.MISSED: N_("Ask your question."),
    AlarmKind.UNPROVEN: N_("Messages come, but nobody has heard the voice since {since}."),
    AlarmKind.SOS: N_("Then tell the police and the consulate."),
    AlarmKind.DURESS: N_("Act as on any day."),
}


@dataclass(frozen=True, slots=True)
class Companion:
    """Somebody who travels with her."""

    name: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """What may be said about one alarm to one person, in that person's language and zone.

    `since` is, by kind: no sign since; nobody has heard the voice since; SOS at; danger sign at. Times come
    formatted ("22:00", "21 Nov 22:00"). `missed` counts deadlines. Empty fields are not mentioned. `carriage`: what a
    text to her address may carry and where she can answer; an e-mail has no use for it. `last_sign` is when a sign
    came that proves nothing, `blind_since` since when replies could not be read, `unreadable` that a message could
    not be read, `stopped` that her number said STOP, `untold` who cannot be told. `ref_code` has no `#`.
    `consulate_of`: of which year the consulate is, when our list names it and not she.
    """

    name: str
    kind: AlarmKind
    since: str
    ref_code: str
    missed: int = 0
    place: str = ""
    address: str = ""
    employer: str = ""
    employer_phone: str = ""
    consulate: str = ""
    consulate_phone: str = ""
    consulate_of: str = ""
    traveler_phone: str = ""
    companions: tuple[Companion, ...] = ()
    last_sign: str = ""
    blind_since: str = ""
    unreadable: bool = False
    stopped: bool = False
    untold: tuple[str, ...] = ()
    who_has_it: str = ""
    link: str = ""
    rehearsal: bool = False
    carriage: Carriage = ANYTHING


def alert(
    facts: AlertFacts, *, full: bool, _: Translate, count: Count, second_code: str, budget: int = BUDGET
) -> tuple[str, ...]:
    """One text, or two: the action, then the facts. Each is of at most `budget` segments as `count` measures them.

    1. All in one text, when it fits with at most mild cuts.  2. Else the first holds the action, the answers, the
    link and the code, and as many notes as fit; the second, under `second_code`, the facts and the other notes.
    3. Typed fields are cut on grapheme boundaries, and the least important sentences are the first to go; phones,
    codes and the link are never cut.  `full=False` (a contact who gets the link only) leaves the facts out.
    A budget that cannot hold even the action is exceeded: an alarm is sent. What may not be carried to her is left
    out (see `Carriage`), and where an answer to the sender goes nowhere the text says where she can answer.
    """

    facts = _as_carried(facts)
    writer = _Writer(facts, _, lambda text: count(text) <= budget)
    lead, tail = _lead(facts, _), tuple(_tail(facts, _))
    notes = tuple(_notes(facts, _))
    known, more = (tuple(_known(facts, _)), tuple(_more(facts, _))) if full else ((), ())

    follow, *others = notes
    one = writer.within((lead, follow, *known, *others, *more, *tail), MILD)
    if one is not None:
        return (one,)
    for kept in range(len(notes), -1, -1):
        first = writer.within((lead, *notes[:kept], *tail), MILD if kept else HARD)
        if first is not None:
            break
    else:
        kept, first = 0, writer.write((lead, *tail), HARD[-1])
    left = notes[kept:]
    if not (known or left or more):
        return (first,)
    return first, writer.second(known, (*left, *more), as_it_is(f"#{second_code}"))


def alert_letter(facts: AlertFacts, *, full: bool, _: Translate) -> str:
    """The alarm as an e-mail: the action, what else to do, what is known, then the page and the code.

    A line a sentence; nothing is cut or left out but for who may not be told it (`full`, see `alert`).
    """
    lead = _(_LEADS[facts.kind]).format(name=cut(facts.name, UNCUT), since=facts.since)
    known = (*_known(facts, _), *_more(facts, _)) if full else ()
    answer = letter_end(_, link=facts.link) if facts.link else [piece(UNCUT) for piece in _tail(facts, _)][:-1]
    return paragraphs(
        [mark(lead, facts.rehearsal, _)],
        [piece(UNCUT) for piece in _notes(facts, _)],
        [piece(UNCUT) for piece in known],
        answer,
        [f"#{facts.ref_code}"],
    )


def subject(name: str, _: Translate, *, rehearsal: bool = False) -> str:
    """The subject of an alarm's e-mail to a contact; it tells nothing to who sees only the list."""
    return mark(_("{name}: please read this now").format(name=cut_name(name, LONGEST_NAME)), rehearsal, _)


class _Writer:
    """Writes pieces at a limit, marks a rehearsal, and knows what fits."""

    def __init__(self, facts: AlertFacts, _: Translate, fits: Fits) -> None:
        self._facts, self._, self._fits = facts, _, fits
        # A limit that no typed field reaches writes the same text again.
        typed = (facts.name, facts.place, facts.address, facts.employer, facts.consulate, facts.who_has_it)
        people = (*facts.untold, *(companion.name for companion in facts.companions))
        self._longest = max(len(text) for text in (*typed, *people))

    def write(self, pieces: Sequence[Piece], limit: int) -> str:
        text = mark(join([piece(limit) for piece in pieces]), self._facts.rehearsal, self._)
        return carried(text, self._facts.carriage)

    def within(self, pieces: Sequence[Piece], limits: Sequence[int]) -> str | None:
        """The text with the mildest cut that fits, or None."""
        for limit in limits:
            if (limit == WHOLE or limit < self._longest) and self._fits(text := self.write(pieces, limit)):
                return text
        return None

    def second(self, important: Sequence[Piece], other: Sequence[Piece], code: Piece) -> str:
        """What is known, under the name; the last of `other` goes before the important ones are cut hard."""

        def name(limit: int) -> str:
            return cut_name(self._facts.name, min(limit, LONGEST_NAME)) + "."

        for kept in range(len(other), -1, -1):
            text = self.within((name, *important, *other[:kept], code), FIRM)
            if text is not None:
                return text
        for kept in range(len(important), 0, -1):
            text = self.within((name, *important[:kept], code), HARD)
            if text is not None:
                return text
        return self.write((name, code), HARD[-1])


def _lead(facts: AlertFacts, _: Translate) -> Piece:
    """The action, its name cut so that it stands in the first part of a long SMS."""
    room = FIRST_PART - units(mark("-", facts.rehearsal, _)) + 1

    def named(limit: int) -> str:
        return _(_LEADS[facts.kind]).format(name=cut_name(facts.name, limit), since=facts.since)

    return lambda limit: cut_to_fit(named, min(limit, LONGEST_NAME), SHORTEST_NAME, room)


def _as_carried(facts: AlertFacts) -> AlertFacts:
    """The facts without what may not stand in a text to her."""
    if not facts.carriage.links:
        facts = replace(facts, link="")
    if facts.carriage.numbers:
        return facts
    companions = tuple(replace(one, phone="") for one in facts.companions)
    return replace(facts, employer_phone="", consulate_phone="", traveler_phone="", companions=companions)


def _tail(facts: AlertFacts, _: Translate) -> Iterator[Piece]:
    """Her answers and where they go, the page and the code."""
    carriage = facts.carriage
    if carriage.replies or carriage.number:
        yield as_it_is(answers(facts.kind, _, carriage))
        if facts.link:
            yield as_it_is(_("Open: {link}").format(link=facts.link))
    elif facts.link:
        yield as_it_is(_("Please answer on this page: {link}").format(link=facts.link))
    else:
        yield as_it_is(_("Answers to this text do not reach us."))
    yield as_it_is(f"#{facts.ref_code}")


def answers(kind: AlarmKind, _: Translate, carriage: Carriage = ANYTHING) -> str:
    """What may be answered to an alarm of this kind, and to which number where that is another than the sender's."""
    if kind is AlarmKind.DURESS:
        here, there = _("Answer: 1 I take it, 3 I cannot."), _("Answer to {number}: 1 I take it, 3 I cannot.")
    else:
        here = _("Answer: 1 I take it, 2 I heard the voice: safe, 3 I cannot, 4 something is not right.")
        there = _("Answer to {number}: 1 I take it, 2 I heard the voice: safe, 3 I cannot, 4 something is not right.")
    return there.format(number=carriage.number) if carriage.number else here


def _notes(facts: AlertFacts, _: Translate) -> Iterator[Piece]:
    """What else to do, then how the case stands, the most important first."""
    if facts.rehearsal:
        yield as_it_is(_("Nothing has happened; please only answer."))
    else:
        yield as_it_is(_(_FOLLOWS[facts.kind]).format(since=facts.since))
    if facts.kind is AlarmKind.DURESS and not facts.rehearsal:
        yield as_it_is(_("Tell only the police and the consulate; they must keep quiet too."))
    if facts.missed > 1:
        yield as_it_is(_("Missed check-ins: {missed}.").format(missed=facts.missed))
    if facts.blind_since:
        yield as_it_is(_("We could not read replies since {blind_since}.").format(blind_since=facts.blind_since))
    elif facts.unreadable:
        yield as_it_is(_("One message could not be read."))
    if facts.stopped:
        yield as_it_is(_("The traveler's phone has refused our texts (STOP)."))
    if facts.untold:
        yield lambda n: _("Could not be told: {names}.").format(names=_names(facts.untold, n))
    if facts.last_sign:
        yield as_it_is(
            _("A message came ({last_sign}); it does not prove who wrote.").format(last_sign=facts.last_sign)
        )
    if facts.who_has_it:
        yield lambda n: _("{who} has it.").format(who=cut_name(facts.who_has_it, n))


def _known(facts: AlertFacts, _: Translate) -> Iterator[Piece]:
    """Where, for whom, and who helps there."""
    if facts.place or facts.address:
        yield lambda n: _("Where: {place}.").format(place=_list((cut(facts.place, n), cut(facts.address, n))))
    if facts.employer or facts.employer_phone:
        # In a duress alarm nobody near her may learn of it.
        label = _("Employer: {employer}.")
        if facts.kind is AlarmKind.DURESS:
            label = _("Employer, for the police only: {employer}.")
        yield lambda n: label.format(employer=join((cut(facts.employer, n), facts.employer_phone)))
    if facts.consulate or facts.consulate_phone:
        whose = _("Consulate: {consulate}.")
        if facts.consulate_of:
            whose = _("Consulate (our list, {year}): {consulate}.")
        yield lambda n: whose.format(
            consulate=join((cut(facts.consulate, n), facts.consulate_phone)), year=facts.consulate_of
        )


def _more(facts: AlertFacts, _: Translate) -> Iterator[Piece]:
    """Whom to call; left out of a duress text, which asks to call nobody near her."""
    if facts.kind is AlarmKind.DURESS:
        return
    if facts.traveler_phone:
        yield as_it_is(_("Phone: {phone}.").format(phone=facts.traveler_phone))
    if facts.companions:
        yield lambda n: _("Together with: {companions}.").format(
            companions=_list([join((cut_name(c.name, n), c.phone)) for c in facts.companions])
        )


def _names(names: Sequence[str], limit: int) -> str:
    return _list([cut_name(name, limit if limit == UNCUT else min(limit, LONGEST_NAME)) for name in names])


def _list(values: Sequence[str]) -> str:
    return ", ".join(value for value in values if value)
