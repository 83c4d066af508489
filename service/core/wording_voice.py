"""What is said in a call: short sentences for the ear, one thought each, first what to do.

Nobody can look back at a call, and a voicemail or whoever stands beside hears it too: it says no more than the same
person's SMS would, without links, and every number digit by digit. An answer is two keys, `KEY` and a digit: a
voicemail and whoever screens calls press 1, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from service.core.alarm import AlarmKind
from service.core.wording_alert import AlertFacts
from service.core.wording_notices import NAME_LIMIT
from service.core.wording_text import N_, Translate, cut, cut_name, join

KEY = "7"
"""Pressed before each answer."""
FIELD_LIMIT = 60

OPENING = N_("This is Amanba. It is about {name}.")
REHEARSAL = N_("This is a rehearsal. Nothing has happened; please only answer.")
LEADS = {
    AlarmKind.MISSED: N_("There has been no sign since {since}. Please call and ask your question."),
    AlarmKind.UNPROVEN: N_(
        "Messages come, but nobody has heard the voice since {since}. Please call and ask your question."
    ),
    AlarmKind.SOS: N_("There was a call for help at {since}. Please call. Then tell the police and the consulate."),
    AlarmKind.DURESS: N_(
        "There was a sign of danger at {since}. Do not call and do not text. Act as on any day."
        " Tell only the police and the consulate; they must keep quiet too."
    ),
}
HOW_TO_ANSWER = N_("To answer, press 7, and after it one more digit.")
ANSWERS = {
    "1": N_("7 and 1: I take it."),
    "2": N_("7 and 2: I heard the voice, and all is safe."),
    "3": N_("7 and 3: I cannot."),
    "4": N_("7 and 4: something is not right."),
}
INVITATION_ANSWERS = {
    "1": N_("7 and 1: I accept."),
    "3": N_("7 and 3: I refuse."),
}
QUESTION_ANSWERS = {
    "1": N_("7 and 1: yes."),
    "4": ANSWERS["4"],
}
_ANSWERS_OF = {"invitation": INVITATION_ANSWERS, "notice": QUESTION_ANSWERS, "still_yours": QUESTION_ANSWERS}
INVITATION = N_(
    "This is Amanba. {traveler} asks you to be a trusted person. Without a sign in time we call you and say what to do."
)
MISSED = N_("Missed check-ins: {missed}.")
UNREADABLE = N_("Some messages could not be read.")
STOPPED = N_("The traveler’s phone refuses our texts.")
UNTOLD = N_("Could not be told: {names}.")
LAST_SIGN = N_("A message came at {at}. It does not prove who wrote.")
TAKEN = N_("{who} has it.")
WHERE = N_("The place is {place}.")
EMPLOYER = N_("The employer is {employer}.")
EMPLOYER_FOR_POLICE = N_("The employer, for the police only, is {employer}.")
CONSULATE = N_("The consulate is {consulate}.")

NOTED = {
    "1": N_("Thank you. We have noted that you take it."),
    "2": N_("Thank you. We have noted that you heard the voice and all is safe."),
    "3": N_("Thank you. We have noted that you cannot."),
    "4": N_("Thank you. We have noted that something is not right."),
}
INVITATION_NOTED = {
    "1": N_("Thank you. You are a trusted person now. There is nothing else to do today."),
    "3": N_("Thank you for telling us. We will not call again."),
}
QUESTION_NOTED = {
    "1": N_("Thank you. We have noted that you say yes."),
    "4": NOTED["4"],
}
REHEARSED = N_("Thank you. This was only a rehearsal.")
ONE_MOMENT = N_("One moment, please.")
NOT_NOTED = N_("We could not note your answer now. We will call you again.")

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "opening": OPENING,
        "rehearsal": REHEARSAL,
        **{f"lead_{kind}": text for kind, text in LEADS.items()},
        "how": HOW_TO_ANSWER,
        **{f"answer_{digit}": text for digit, text in ANSWERS.items()},
        **{f"invited_{digit}": text for digit, text in INVITATION_ANSWERS.items()},
        "yes": QUESTION_ANSWERS["1"],
        "invitation": INVITATION,
        "missed": MISSED,
        "unreadable": UNREADABLE,
        "stopped": STOPPED,
        "untold": UNTOLD,
        "last_sign": LAST_SIGN,
        "taken": TAKEN,
        "where": WHERE,
        "employer": EMPLOYER,
        "employer_for_police": EMPLOYER_FOR_POLICE,
        "consulate": CONSULATE,
        **{f"noted_{digit}": text for digit, text in NOTED.items()},
        **{f"invitation_noted_{digit}": text for digit, text in INVITATION_NOTED.items()},
        "yes_noted": QUESTION_NOTED["1"],
        "rehearsed": REHEARSED,
        "one_moment": ONE_MOMENT,
        "not_noted": NOT_NOTED,
    }
)
"""Every sentence of a call by the name of its recording."""

_LINK = re.compile(r"[^.!?\n]*\bhttps?://\S+")
_CODE = re.compile(r"\s*#[A-Z2-9]{4}\b")
_NUMBER = re.compile(r"\+?\d(?:[\s().-]?\d){6,}")
_LONG = re.compile(r"(?<![\d:.,])\d{5,}(?![\d:])")
_LINES = re.compile(r"\s+")


def alert_aloud(facts: AlertFacts, *, full: bool, _: Translate) -> str:
    """An alarm, said: whom it is about, what to do, how to answer, then what is known.

    `full=False` (a contact who gets the link only) leaves the facts out, as the SMS does.
    """
    duress = facts.kind is AlarmKind.DURESS
    name = cut_name(facts.name, FIELD_LIMIT)
    how = how_to_answer(("1", "3") if duress else tuple(ANSWERS), "alert", _)
    return join(
        [
            _(REHEARSAL) if facts.rehearsal else "",
            _(OPENING).format(name=name),
            _(LEADS[facts.kind]).format(since=facts.since),
            how,
            *_notes(facts, _),
            *(_facts(facts, _) if full else ()),
        ]
    )


def invitation_aloud(traveler: str, _: Translate) -> str:
    """The question whether she will be a trusted person, said; `traveler` is who asks."""
    asks = _(INVITATION).format(traveler=cut_name(traveler, NAME_LIMIT))
    return join((asks, how_to_answer(tuple(INVITATION_ANSWERS), "invitation", _)))


def how_to_answer(answers: Sequence[str], kind: str, _: Translate) -> str:
    """Which keys answer a message of this `kind` (the outbox row's); "" when nothing is to be answered."""
    texts = _ANSWERS_OF.get(kind, ANSWERS)
    known = [texts[answer] for answer in answers if answer in texts]
    return join((_(HOW_TO_ANSWER), *map(_, known))) if known else ""


def in_short(text: str, _: Translate) -> str:
    """What is said in a call up to the last key that answers it: whom it is about, what to do, and how to answer. All
    of it where nothing is to be answered."""
    keys = map(_, (*ANSWERS.values(), *INVITATION_ANSWERS.values(), *QUESTION_ANSWERS.values()))
    ends = [text.find(key) + len(key) for key in keys if key in text]
    return text[: max(ends)] if ends else text


def noted(kind: str, digit: str, _: Translate) -> str:
    """What is said after an answer. It repeats the answer, so that a wrong key is heard at once; it tells nothing of
    what the answer does, which is not known yet."""
    if kind == "rehearsal":
        return _(REHEARSED)
    texts = {"invitation": INVITATION_NOTED, "notice": QUESTION_NOTED, "still_yours": QUESTION_NOTED}.get(kind, NOTED)
    return _(texts[digit])


def for_the_ear(text: str) -> str:
    """A text as it can be said: without links, what leads to them, and codes; numbers digit by digit.

    Doing it twice changes nothing.
    """
    text = _CODE.sub("", _LINK.sub("", text))
    text = _NUMBER.sub(lambda found: _digits(found[0]), text)
    text = _LONG.sub(lambda found: _digits(found[0]), text)
    return _LINES.sub(" ", text).strip()


def _digits(number: str) -> str:
    return " ".join(char for char in number if char.isdigit())


def _notes(facts: AlertFacts, _: Translate) -> list[str]:
    """How the case stands, the most important first."""
    found = []
    if facts.missed > 1:
        found.append(_(MISSED).format(missed=facts.missed))
    if facts.blind_since or facts.unreadable:
        found.append(_(UNREADABLE))
    if facts.stopped:
        found.append(_(STOPPED))
    if facts.untold:
        found.append(_(UNTOLD).format(names=", ".join(cut_name(name, NAME_LIMIT) for name in facts.untold)))
    if facts.last_sign:
        found.append(_(LAST_SIGN).format(at=facts.last_sign))
    if facts.who_has_it:
        found.append(_(TAKEN).format(who=cut_name(facts.who_has_it, NAME_LIMIT)))
    return found


def _facts(facts: AlertFacts, _: Translate) -> list[str]:
    """Where, for whom, and who helps there; of numbers the consulate's alone: nobody writes down more at night."""
    found = []
    if facts.place:
        found.append(_(WHERE).format(place=cut(facts.place, FIELD_LIMIT)))
    if facts.employer:
        label = EMPLOYER_FOR_POLICE if facts.kind is AlarmKind.DURESS else EMPLOYER
        found.append(_(label).format(employer=cut(facts.employer, FIELD_LIMIT)))
    if facts.consulate or facts.consulate_phone:
        consulate = join((cut(facts.consulate, FIELD_LIMIT), facts.consulate_phone))
        found.append(_(CONSULATE).format(consulate=consulate))
    return found
