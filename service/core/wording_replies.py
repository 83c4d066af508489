"""What we say to the traveler, and what we answer to anybody who wrote.

A phone in somebody else's hands must learn nothing. So a trip with words and a discreet trip have one constant reply
and one empty reminder, whatever happened; only a plain trip without words is told anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from service.core.carriage import ANYTHING, Carriage, answer_there
from service.core.wording_keywords import MENU_WORD
from service.core.wording_text import N_, SOMEBODY, Translate, cut_name, join, mark

NAME_LIMIT = 24


class Wording(StrEnum):
    """How a trip speaks to its traveler."""

    PLAIN = "plain"
    DISCREET = "discreet"


class Reply(StrEnum):
    """What an answer says. The first group goes to the traveler, the second to a contact."""

    CONSTANT = "constant"
    LATE_THANKS = "late_thanks"
    NEXT = "next"
    NOTHING_DUE = "nothing_due"
    STATUS = "status"
    NOT_UNDERSTOOD = "not_understood"
    LATE_GRANTED = "late_granted"
    LATE_REFUSED = "late_refused"
    SOS_RECEIVED = "sos_received"
    CHANGE_NOTED = "change_noted"
    END_NOTED = "end_noted"
    ENDED = "ended"

    TAKEN = "taken"
    NO_HOLD_LEFT = "no_hold_left"
    HELD_BY_OTHER = "held_by_other"
    CANNOT = "cannot"
    SAFE_CLOSED = "safe_closed"
    ODD_RAISED = "odd_raised"
    DURESS_NOTED = "duress_noted"
    STAND_BACK = "stand_back"
    ALREADY_CLOSED = "already_closed"
    TOO_LATE_TO_DOUBT = "too_late_to_doubt"
    NO_ALARM = "no_alarm"
    WHICH_ALARM = "which_alarm"
    ANSWER_NOT_UNDERSTOOD = "answer_not_understood"
    INVITATION_NOT_UNDERSTOOD = "invitation_not_understood"
    HELP = "help"
    HELP_IN_ALARM = "help_in_alarm"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    STOPPED = "stopped"
    HOME_CONFIRMED = "home_confirmed"
    REHEARSED = "rehearsed"
    PROVEN = "proven"


TO_TRAVELER = frozenset(list(Reply)[: list(Reply).index(Reply.TAKEN)])

_TEXTS = {
    Reply.CONSTANT: N_("Thank you!"),
    Reply.LATE_THANKS: N_("Thank you. You were late, so your family may have been told; please call them."),
    Reply.NEXT: N_("Thank you. Next check-in: {deadline}."),
    Reply.NOTHING_DUE: N_("Thank you. No check-in is planned."),
    Reply.STATUS: N_("Next check-in: {deadline}. Answer OK by then."),
    Reply.NOT_UNDERSTOOD: N_("We did not understand. If you are well, answer OK. If you need help, answer SOS."),
    Reply.LATE_GRANTED: N_("Noted. Your check-in is now due {deadline}."),
    Reply.LATE_REFUSED: N_("It cannot be moved again. Please answer OK by {deadline}."),
    Reply.SOS_RECEIVED: N_("We are telling your people now."),
    Reply.CHANGE_NOTED: N_("Noted. It takes effect {until}. Your people hear of it."),
    Reply.END_NOTED: N_("Noted. We ask your people to confirm that you are home."),
    Reply.ENDED: N_("Thank you. The trip has ended; we ask no more."),
    Reply.TAKEN: N_(
        "Thank you. You have it until {until}. Then answer 2 if you heard the voice and all is safe,"
        " 4 if something is not right."
    ),
    Reply.NO_HOLD_LEFT: N_("Thank you. We go on telling the others too."),
    Reply.HELD_BY_OTHER: N_("Thank you. {who} has it until {until}."),
    Reply.CANNOT: N_("Thank you. We tell the next person."),
    Reply.SAFE_CLOSED: N_(
        "Thank you. We tell everybody that {name} is safe. If something is not right after all, answer 4."
    ),
    Reply.ODD_RAISED: N_("Thank you. We take it as a sign of danger. Do NOT call or text {name}. Act as on any day."),
    Reply.DURESS_NOTED: N_("Thank you, noted. This ends only on the page, and only when two people say so."),
    Reply.STAND_BACK: N_("It is in hand. Please do not call or text {name}."),
    Reply.ALREADY_CLOSED: N_("Thank you. This alarm has ended. If something is not right, answer 4."),
    Reply.TOO_LATE_TO_DOUBT: N_(
        "Thank you. This alarm ended too long ago to be opened again."
        " If you fear for {name}, speak with the others who were told, or with the police."
    ),
    Reply.NO_ALARM: N_("Thank you. There is no alarm now."),
    Reply.WHICH_ALARM: N_("Which one? Answer with the digit and the code, for example 1 {first}. Open now: {alarms}."),
    Reply.ANSWER_NOT_UNDERSTOOD: N_("We did not understand. Please answer with one digit: 1, 2, 3 or 4."),
    Reply.INVITATION_NOT_UNDERSTOOD: N_("We did not understand. Please answer 1 to accept, or STOP to refuse."),
    Reply.HELP: N_(
        "You are a trusted person of {name}. Nothing to do now: without a sign in time we write to you what to do."
        " STOP ends our messages."
    ),
    Reply.HELP_IN_ALARM: N_(
        "The alarm about {name} is open. Answer: 1 I take it, 2 I heard the voice: safe, 3 I cannot,"
        " 4 something is not right."
    ),
    Reply.ACCEPTED: N_("Thank you. Nothing to do now. We write only when {name} gives no sign."),
    Reply.DECLINED: N_("Thank you for telling us. We will not write again."),
    Reply.STOPPED: N_("You will get no more messages from us."),
    Reply.HOME_CONFIRMED: N_("Thank you. {name} is home; the trip has ended."),
    Reply.REHEARSED: N_("Thank you. This was only a rehearsal."),
    Reply.PROVEN: N_("Thank you. Nothing else to do."),
}
# While a duress alarm is open, nothing about its trip may ask to call or say that all is safe.
_DURESS_TEXTS = {
    Reply.TAKEN: N_("Thank you. You have it until {until}. Do NOT call or text {name}. The page says what to do."),
    Reply.SAFE_CLOSED: _TEXTS[Reply.DURESS_NOTED],
    Reply.ANSWER_NOT_UNDERSTOOD: N_("We did not understand. Please answer 1 or 3; the rest is on the page."),
    Reply.HELP_IN_ALARM: N_("Do NOT call or text {name}. Answer: 1 I take it, 3 I cannot; the rest is on the page."),
}
UNASKED = frozenset(
    {
        Reply.NOT_UNDERSTOOD,
        Reply.ANSWER_NOT_UNDERSTOOD,
        Reply.INVITATION_NOT_UNDERSTOOD,
        Reply.HELP,
        Reply.HELP_IN_ALARM,
    }
)
"""Answers to what changed nothing: of these few are sent, so that two machines do not answer each other."""
_ASKS = frozenset(
    {
        Reply.STATUS,
        Reply.NOT_UNDERSTOOD,
        Reply.LATE_REFUSED,
        Reply.TAKEN,
        Reply.SAFE_CLOSED,
        Reply.ALREADY_CLOSED,
        Reply.WHICH_ALARM,
        Reply.ANSWER_NOT_UNDERSTOOD,
        Reply.INVITATION_NOT_UNDERSTOOD,
        Reply.HELP,
        Reply.HELP_IN_ALARM,
    }
)
"""Replies that ask for another answer, and so say where it goes."""
_EMPTY_REMINDER = N_("Hi, how are you? Write when you can.")
_EMPTY_HOME_REMINDER = N_("Hi, are you home yet? Write when you can.")
_REMINDERS = {
    1: N_("Please answer OK by {deadline}."),
    2: N_("Due {deadline}: please answer OK."),
    3: N_("No OK for {deadline} yet. Please answer OK, or we tell your people."),
}
_REMINDERS_FROM_AFAR = {
    1: N_("Please send us your OK by {deadline}."),
    2: N_("Due {deadline}: please send us your OK."),
    3: N_("No OK for {deadline} yet. Please send it, or we tell your people."),
}
_REMINDERS_WITH_NUMBER = {
    1: N_("Please text OK to {number} by {deadline}."),
    2: N_("Due {deadline}: please text OK to {number}."),
    3: N_("No OK for {deadline} yet. Please text OK to {number}, or we tell your people."),
}


def is_constant(wording: Wording, *, has_words: bool) -> bool:
    """Whether every text of this trip's traveler gets the one constant reply."""
    return has_words or wording is Wording.DISCREET


def reply(
    kind: Reply,
    _: Translate,
    *,
    constant: bool = False,
    duress: bool = False,
    name: str = "",
    who: str = "",
    until: str = "",
    deadline: str = "",
    number: str = "",
    alarms: Sequence[tuple[str, str]] = (),
    rehearsal: bool = False,
    carriage: Carriage = ANYTHING,
) -> str:
    """The answer to a text, a key or a button.

    `constant` (see `is_constant`) makes every answer to a traveler the same; it never touches answers to contacts.
    `duress` says that the alarm is of that kind. `name` is the traveler, `who` the contact who acts, `until` and
    `deadline` are formatted times, `number` is the local emergency number, `alarms` are pairs of code and name.
    `carriage`: where an answer to this answer goes.
    """
    if kind in TO_TRAVELER and constant:
        return _(_TEXTS[Reply.CONSTANT])
    msgid = _DURESS_TEXTS.get(kind, _TEXTS[kind]) if duress else _TEXTS[kind]
    text = _(msgid).format(
        name=cut_name(name, NAME_LIMIT),
        who=cut_name(who, NAME_LIMIT) or _(SOMEBODY),
        until=until,
        deadline=deadline,
        first=alarms[0][0] if alarms else "",
        alarms=", ".join(f"{code} {cut_name(of, NAME_LIMIT)}" for code, of in alarms),
    )
    if kind is Reply.SOS_RECEIVED and number:
        text = join((text, _("If you can, call {number} for help there.").format(number=number)))
    if kind is Reply.NOT_UNDERSTOOD:
        text = join((text, _("All that can be asked: {word}.").format(word=_(MENU_WORD))))
    if kind in _ASKS:
        text = join((text, answer_there(carriage, _)))
    return text if kind in TO_TRAVELER else mark(text, rehearsal, _)


def reminder(
    stage: int,
    _: Translate,
    *,
    wording: Wording,
    has_words: bool,
    deadline: str,
    number: str | None = None,
    replies: bool = True,
    asks_home: bool = False,
) -> str:
    """A reminder to the traveler: `stage` 1 before the deadline, 2 at it, 3 after half the grace.

    `number` is printed where an answer to the sender would go nowhere; without `replies` it does, also where no number
    may be printed. An empty reminder is the same at every stage.
    Raises KeyError for a stage that does not exist.
    """
    if is_constant(wording, has_words=has_words):
        empty = _(_EMPTY_HOME_REMINDER if asks_home else _EMPTY_REMINDER)
        return join((empty, number or ""))
    is_here = replies and not number
    table = _REMINDERS if is_here else _REMINDERS_WITH_NUMBER if number else _REMINDERS_FROM_AFAR
    text = _(table[stage]).format(deadline=deadline, number=number)
    home = _("Already home? Answer HOME.") if is_here else _("Already home? Then send HOME instead.")
    return join((text, home)) if asks_home else text


def reminder_subject(_: Translate) -> str:
    """The subject of a reminder sent as e-mail: as empty as the empty reminder."""
    return _("Hi")
