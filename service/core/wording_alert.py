"""What an alarm's message says: first what to do, then what is known.

A text costs segments, its parts may arrive alone or late, and somebody reads it at night. So the action stands in
the first 67 characters, the answers and the code are never cut, and what was typed on a form is cut before
anything is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from service.core.alarm import AlarmKind
from service.core.wording_text import (
    FIRST_PART,
    N_,
    Count,
    Piece,
    Translate,
    as_it_is,
    cut,
    cut_to_fit,
    join,
    mark,
    units,
)

Fits = Callable[[str], bool]

BUDGET = 4
LONGEST_NAME = 60
SHORTEST_NAME = 6
# How many graphemes of each typed field to try, from whole to barely known.
LIMITS = (120, 80, 60, 48, 40, 32, 24, 18, 12, 8)
# Where one text may be had by cutting mildly, it beats two.
MILD_LIMITS = LIMITS[:5]

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
    AlarmKind.DURESS: N_("Act as on any day. Tell only the police and the consulate; they must keep quiet too."),
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
    formatted ("22:00", "21 Nov 22:00"). `missed` counts deadlines. Empty fields are not mentioned. Phones and the
    link are printed as given; where a country forbids them in an SMS, leave them empty. `last_sign` is when a sign
    came that proves nothing, `blind_since` since when replies could not be read, `unreadable` that a message could
    not be read, `stopped` that her number said STOP, `untold` who cannot be told. `ref_code` has no `#`.
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


def alert(
    facts: AlertFacts, *, full: bool, _: Translate, count: Count, second_code: str, budget: int = BUDGET
) -> tuple[str, ...]:
    """One text, or two: the action, then the facts. Each is of at most `budget` segments as `count` measures them.

    1. All in one text, when it fits with at most mild cuts.  2. Else the first holds the action, the answers, the
    link and the code, and as many notes as fit; the second, under `second_code`, holds the facts and the other notes.
    3. Typed fields are cut on grapheme boundaries, the least important sentences go last; phones, codes and the
    link are never cut.  `full=False` (a contact who gets the link only) leaves the facts out.
    A budget that cannot hold even the action is exceeded: an alarm is sent.
    """

    def fits(text: str) -> bool:
        return count(text) <= budget

    head, tail = tuple(_head(facts, _)), tuple(_tail(facts, _))
    notes = tuple(_notes(facts, _))
    known, more = (tuple(_known(facts, _)), tuple(_more(facts, _))) if full else ((), ())
    for limit in MILD_LIMITS:
        if fits(text := _write(facts, _, (*head, *known, *notes, *more, *tail), limit)):
            return (text,)
    first, left = _first_text(facts, _, head, notes, tail, fits)
    if not (known or left or more):
        return (first,)
    return first, _second_text(facts, _, (*known, *left, *more), second_code, fits)


def subject(name: str, _: Translate, *, rehearsal: bool = False) -> str:
    """The subject of an alarm's e-mail to a contact; it tells nothing to who sees only the list."""
    return mark(_("{name}: please read this now").format(name=cut(name, LONGEST_NAME)), rehearsal, _)


def _first_text(
    facts: AlertFacts,
    _: Translate,
    head: Sequence[Piece],
    notes: Sequence[Piece],
    tail: Sequence[Piece],
    fits: Fits,
) -> tuple[str, Sequence[Piece]]:
    """The action with the most notes that fit, and the notes that did not."""
    for kept in range(len(notes), -1, -1):
        for limit in LIMITS if kept == 0 else MILD_LIMITS:
            if fits(text := _write(facts, _, (*head, *notes[:kept], *tail), limit)):
                return text, notes[kept:]
    return _write(facts, _, (*head[:1], *tail), LIMITS[-1]), notes


def _second_text(facts: AlertFacts, _: Translate, pieces: Sequence[Piece], code: str, fits: Fits) -> str:
    """What is known, cut as little as possible; only when the shortest cut is too long, the last piece goes."""
    text = ""
    for kept in range(len(pieces), -1, -1):
        for limit in LIMITS:
            named = (lambda n: cut(facts.name, min(n, LONGEST_NAME)) + ".", *pieces[:kept], as_it_is(f"#{code}"))
            if fits(text := _write(facts, _, named, limit)):
                return text
    return text


def _write(facts: AlertFacts, _: Translate, pieces: Sequence[Piece], limit: int) -> str:
    return mark(join([piece(limit) for piece in pieces]), facts.rehearsal, _)


def _head(facts: AlertFacts, _: Translate) -> Iterator[Piece]:
    room = FIRST_PART - units(mark("-", facts.rehearsal, _)) + 1

    def lead(limit: int) -> str:
        return _(_LEADS[facts.kind]).format(name=cut(facts.name, limit), since=facts.since)

    yield as_it_is(cut_to_fit(lead, LONGEST_NAME, SHORTEST_NAME, room))
    if facts.rehearsal:
        yield as_it_is(_("Nothing has happened; please only answer."))
    else:
        yield as_it_is(_(_FOLLOWS[facts.kind]).format(since=facts.since))


def _tail(facts: AlertFacts, _: Translate) -> Iterator[Piece]:
    if facts.kind is AlarmKind.DURESS:
        yield as_it_is(_("Answer: 1 I take it, 3 I cannot."))
    else:
        yield as_it_is(_("Answer: 1 I take it, 2 I heard the voice: safe, 3 I cannot, 4 something is not right."))
    if facts.link:
        yield as_it_is(_("Open: {link}").format(link=facts.link))
    yield as_it_is(f"#{facts.ref_code}")


def _notes(facts: AlertFacts, _: Translate) -> Iterator[Piece]:
    """How the case stands, the most important first."""
    if facts.missed > 1:
        yield as_it_is(_("Missed check-ins: {missed}.").format(missed=facts.missed))
    if facts.who_has_it:
        yield lambda n: _("{who} has it.").format(who=cut(facts.who_has_it, n))
    if facts.last_sign:
        yield as_it_is(
            _("A message came ({last_sign}); it does not prove who wrote.").format(last_sign=facts.last_sign)
        )
    if facts.blind_since:
        yield as_it_is(_("We could not read replies since {blind_since}.").format(blind_since=facts.blind_since))
    if facts.unreadable:
        yield as_it_is(_("One message could not be read."))
    if facts.stopped:
        yield as_it_is(_("The traveler's phone has refused our texts (STOP)."))
    if facts.untold:
        yield lambda n: _("Could not be told: {names}.").format(names=_names(facts.untold, n))


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
        yield lambda n: _("Consulate: {consulate}.").format(
            consulate=join((cut(facts.consulate, n), facts.consulate_phone))
        )


def _more(facts: AlertFacts, _: Translate) -> Iterator[Piece]:
    """Whom to call; left out of a duress text, which asks to call nobody near her."""
    if facts.kind is AlarmKind.DURESS:
        return
    if facts.traveler_phone:
        yield as_it_is(_("Phone: {phone}.").format(phone=facts.traveler_phone))
    if facts.companions:
        yield lambda n: _("Together with: {companions}.").format(
            companions=_list([join((cut(c.name, n), c.phone)) for c in facts.companions])
        )


def _names(names: Sequence[str], limit: int) -> str:
    return _list([cut(name, min(limit, LONGEST_NAME)) for name in names])


def _list(values: Sequence[str]) -> str:
    return ", ".join(value for value in values if value)
