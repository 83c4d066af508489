"""What we tell unasked, besides alarms and reminders: to contacts, to the traveler before the trip, to the operator."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from service.core.alarm import CLOSING, Outcome
from service.core.carriage import ANYTHING, Carriage, answer_there, carried
from service.core.wording_letter import DOUBT
from service.core.wording_text import N_, SOMEBODY, Count, Piece, Translate, cut, cut_name, join, mark

NAME_LIMIT = 24
INVITATION_BUDGET = 3
_LIMITS = (60, 48, 40, 32, 24, 18, 12, 8)


class ContactNotice(StrEnum):
    """What a contact is told besides the alarm itself and its end."""

    STAND_BACK = "stand_back"
    HELD = "held"
    WEAK_SIGN = "weak_sign"
    NOT_REACHED = "not_reached"
    AUTHORITIES_TOLD = "authorities_told"
    OUT_OF_REACH = "out_of_reach"
    CHANGE_ASKED = "change_asked"
    CONTACT_REMOVED = "contact_removed"
    CONTACT_LEFT = "contact_left"
    CHANGE_UNDONE = "change_undone"
    COUNTRY_CHANGED = "country_changed"
    NUMBER_ADDED = "number_added"
    CHAT_ADDED = "chat_added"
    END_ASKED = "end_asked"
    ENDED = "ended"
    ERASED = "erased"
    PAGE_LOCKED = "page_locked"
    PAGE_CODE = "page_code"


class TravelerNotice(StrEnum):
    """What the traveler is told unasked, never in a trip with words or a discreet one but for the code."""

    CODE = "code"
    NUMBER_ADDED = "number_added"
    CONTACT_ACCEPTED = "contact_accepted"
    CONTACT_NOT_ACCEPTED = "contact_not_accepted"
    CONTACT_REFUSED = "contact_refused"
    CONTACT_STOPPED = "contact_stopped"


class PageReason(StrEnum):
    """Why the operator is paged. The ladder's own reasons have the same values."""

    EXHAUSTED = "exhausted"
    NOBODY_LEFT = "nobody_left"
    LAST_CONTACT_LOST = "last_contact_lost"
    CLOSE_ASKED = "close_asked"
    STORM_BRAKE = "storm_brake"
    SOURCE_SILENT = "source_silent"
    SOURCE_LOST = "source_lost"
    SET_ASIDE = "set_aside"
    SET_ASIDE_TRIP = "set_aside_trip"
    SEND_LIMIT = "send_limit"
    SEND_LIMIT_NEAR = "send_limit_near"
    TRIP_LIMIT = "trip_limit"
    TRIP_LIMIT_NEAR = "trip_limit_near"
    CODE_LIMIT = "code_limit"
    CODE_LIMIT_NEAR = "code_limit_near"
    CHANNEL_REFUSED = "channel_refused"
    SWEEP_LATE = "sweep_late"
    STORAGE_AWAY = "storage_away"
    HOLD_ENDS = "hold_ends"
    CLOCK_SET_BACK = "clock_set_back"
    CLOCK_SKEW = "clock_skew"


_NOTICES = {
    ContactNotice.STAND_BACK: N_("It is in hand. Please do not call or text {name}."),
    ContactNotice.HELD: N_("{who} has taken the alarm about {name}, until {until}."),
    ContactNotice.WEAK_SIGN: N_(
        "A message came from the phone of {name} ({at}). It does not prove who wrote."
        " Please call and ask your question. We wait until {until}."
    ),
    ContactNotice.NOT_REACHED: N_("{who} could not reach {name}. We go on telling everybody."),
    ContactNotice.AUTHORITIES_TOLD: N_("{who} has told the authorities about {name}. The alarm stays open."),
    ContactNotice.OUT_OF_REACH: N_(
        "{who} cannot be told about {name} any more: no number or address takes our messages."
    ),
    ContactNotice.CHANGE_ASKED: N_(
        "A change of the plan of {name} was asked for. Please call and ask your question. It takes effect {until}."
    ),
    ContactNotice.CONTACT_REMOVED: N_(
        "One person leaves the trusted people of {name}. Please call and ask your question. It takes effect {until}."
    ),
    ContactNotice.CONTACT_LEFT: N_(
        "One person has left the trusted people of {name}. Please keep what we write to you to yourself."
        " If you doubt that {name} wanted it, ask your question."
    ),
    ContactNotice.CHANGE_UNDONE: N_(
        "What was asked for about the trip of {name} is taken back: all stays as it was. There is nothing to answer."
    ),
    ContactNotice.COUNTRY_CHANGED: N_(
        "{name} has named another country: {place}. If it surprises you, call and ask your question."
    ),
    ContactNotice.NUMBER_ADDED: N_("{name} has named a new number: {number}. Please call and ask your question."),
    ContactNotice.CHAT_ADDED: N_("{name} can now answer from a Telegram chat too. Please call and ask your question."),
    ContactNotice.END_ASKED: N_(
        "{name} says that the trip is over. If you know that {name} is home, answer 1."
        " If not, call and ask your question."
    ),
    ContactNotice.ENDED: N_("{name} is home and the trip has ended. Thank you for being there."),
    ContactNotice.ERASED: N_(
        "{name} has asked to end the trip and to erase everything here. Nobody has confirmed that {name} is home:"
        " please call."
    ),
    ContactNotice.PAGE_LOCKED: N_(
        "After five wrong PINs the page of {who} about {name} is locked. Was it {who}? Please ask."
    ),
    ContactNotice.PAGE_CODE: N_("{code} is your code for the page. Give it to nobody."),
}
# While a duress alarm is open, nothing about its trip may ask to call or say that all is safe.
_DURESS_NOTICES = {
    ContactNotice.WEAK_SIGN: N_(
        "A message came from the phone of {name} ({at}). It does not prove who wrote. Do NOT call or text {name}."
    ),
    ContactNotice.CHANGE_ASKED: N_(
        "A change of the plan of {name} was asked for. It does not prove who asked. Do NOT call or text {name}."
    ),
    ContactNotice.CONTACT_REMOVED: N_(
        "One person is to leave the trusted people of {name}. It does not prove who asked. Do NOT call or text {name}."
    ),
    ContactNotice.CONTACT_LEFT: N_(
        "One person has left the trusted people of {name}. It does not prove who asked."
        " Keep what we write to you to yourself. Do NOT call or text {name}."
    ),
    ContactNotice.CHANGE_UNDONE: N_(
        "What was asked for about the trip of {name} is taken back. It does not prove who asked."
        " Do NOT call or text {name}."
    ),
    ContactNotice.COUNTRY_CHANGED: N_(
        "A message names another country for {name}: {place}. It does not prove who wrote. Do NOT call or text {name}."
    ),
    ContactNotice.NUMBER_ADDED: N_(
        "A message names a new number for {name}. It does not prove who wrote. Do NOT call or text {name}."
    ),
    ContactNotice.CHAT_ADDED: N_(
        "A Telegram chat can now answer for {name}. It does not prove who wrote. Do NOT call or text {name}."
    ),
    ContactNotice.END_ASKED: N_(
        "A message says that the trip of {name} is over. It does not prove who wrote. Do NOT call or text {name}."
    ),
}
# Where she cannot answer by text, her page asks; an e-mail and a text without a way back bring the link to it.
_ON_THE_PAGE = {
    ContactNotice.END_ASKED: N_(
        "{name} says that the trip is over. Is {name} home? If you do not know it, call and ask your question."
    ),
}
ASKS = frozenset({ContactNotice.END_ASKED})
"""Notices that ask for an answer; under duress they ask for none."""
_ENDS = {
    Outcome.HEARD_SAFE: N_("{name} is safe. {who} heard the voice."),
    Outcome.ANSWERED: N_("{name} has answered. The alarm has ended."),
    Outcome.HOME: N_("{name} is home. The alarm has ended."),
    Outcome.FOUND_NO_CONTACT: N_("{name} is safe and asks for no contact. The alarm has ended."),
    Outcome.MISTAKEN: N_("The message of {at} reached us late: {name} had answered in time. The alarm has ended."),
    Outcome.CLOSED_BY_TWO: N_("Two people have ended the alarm about {name}."),
}
_ENDED_BY_TWO = N_("Two people have ended the alarm about {name}: {who}.")
THE_OPERATOR = N_("the operator")
_TRAVELER = {
    TravelerNotice.CODE: N_("{code} is your code. Give it to nobody."),
    TravelerNotice.NUMBER_ADDED: N_(
        "{name} is one of your numbers from now on. If you did not ask for it, take it off on your page."
    ),
    TravelerNotice.CONTACT_ACCEPTED: N_("{name} is now your trusted person."),
    TravelerNotice.CONTACT_NOT_ACCEPTED: N_(
        "{name} has not answered our invitation for 7 days. Please choose another trusted person."
    ),
    TravelerNotice.CONTACT_REFUSED: N_("{name} cannot be your trusted person. Please choose another one."),
    TravelerNotice.CONTACT_STOPPED: N_("{name} takes no more messages from us. Please choose another trusted person."),
}
# Words may still be set: what lies in her thread from before the trip must name nobody. Nor may two of them be alike:
# one whose fate is unknown is looked for by its words.
_TRAVELER_UNNAMED = {
    TravelerNotice.CONTACT_ACCEPTED: N_("Number {number} on your list has said yes."),
    TravelerNotice.CONTACT_NOT_ACCEPTED: N_(
        "Number {number} on your list has not answered for 7 days. Please choose somebody else."
    ),
    TravelerNotice.CONTACT_REFUSED: N_("Number {number} on your list cannot. Please choose somebody else."),
    TravelerNotice.CONTACT_STOPPED: N_(
        "Number {number} on your list takes no more messages from us. Please choose somebody else."
    ),
}
_PAGES = {
    PageReason.EXHAUSTED: N_("24 h without an end: the alarm about {name} stays open and needs you."),
    PageReason.NOBODY_LEFT: N_("Nobody can be told about {name}. The alarm needs you now."),
    PageReason.LAST_CONTACT_LOST: N_("{name} has no contact left whom we can reach."),
    PageReason.CLOSE_ASKED: N_("One person wants to end the duress alarm about {name}. It takes a second one."),
    PageReason.STORM_BRAKE: N_("{number} alarms would open within a minute. They wait 5 min. Is our line down?"),
    PageReason.SOURCE_SILENT: N_("{source} cannot be read since {at}. Alarms go on without it."),
    PageReason.SOURCE_LOST: N_("What people write by {source} went to another program, and we cannot read it."),
    PageReason.SET_ASIDE: N_("A message that came in could not be handled and was set aside."),
    PageReason.SET_ASIDE_TRIP: N_("A trip cannot be looked at. We try again every 5 minutes; the log says why."),
    PageReason.SEND_LIMIT: N_("{number} messages today: the limit is reached. We go on sending."),
    PageReason.SEND_LIMIT_NEAR: N_("{number} messages today: four fifths of the limit. We go on sending."),
    PageReason.TRIP_LIMIT: N_(
        "{number} messages today about {name}: the limit of a trip is reached. We go on sending."
    ),
    PageReason.TRIP_LIMIT_NEAR: N_(
        "{number} messages today about {name}: four fifths of the limit of a trip. We go on sending."
    ),
    PageReason.CODE_LIMIT: N_(
        "{number} sign-in codes today: the limit is reached. Unknown numbers get none until tomorrow."
    ),
    PageReason.CODE_LIMIT_NEAR: N_(
        "{number} sign-in codes today: four fifths of the limit, at which unknown numbers get no more."
    ),
    PageReason.CHANNEL_REFUSED: N_("{source} refuses our messages."),
    PageReason.SWEEP_LATE: N_("No sweep since {at}. Nobody is being watched."),
    PageReason.STORAGE_AWAY: N_("The database has not answered since {at}. Nobody is being watched."),
    PageReason.HOLD_ENDS: N_(
        "What is kept of the trip of {name} will be erased on {at}. Renew it if it is still needed: amanba keep."
    ),
    PageReason.CLOCK_SET_BACK: N_("Our clock was set back by {number} min. Everything due is looked at again."),
    PageReason.CLOCK_SKEW: N_("The clock of {source} is {number} s off. Its worker waits until it is right."),
}


def notice(
    kind: ContactNotice,
    _: Translate,
    *,
    name: str = "",
    who: str = "",
    at: str = "",
    until: str = "",
    place: str = "",
    number: str = "",
    ref_code: str = "",
    code: str = "",
    duress: bool = False,
    rehearsal: bool = False,
    by_page: bool = False,
    carriage: Carriage = ANYTHING,
) -> str:
    """A text to a contact about a trip or an open alarm.

    `name` is the traveler, `who` the contact who acts, `at` and `until` are formatted times, `place` the new country,
    `number` her new one, `ref_code` the alarm's or the question's code, `code` the one that opens the page. `duress`
    says that such an alarm is open on the trip; `by_page` that she answers on her page; `carriage` where she answers by
    text.
    """
    msgid = _ON_THE_PAGE.get(kind, _NOTICES[kind]) if by_page else _NOTICES[kind]
    asks = kind in ASKS and not by_page
    if duress and kind in _DURESS_NOTICES:
        msgid, asks = _DURESS_NOTICES[kind], False
    text = _(msgid).format(
        name=cut_name(name, NAME_LIMIT),
        who=cut_name(who, NAME_LIMIT) or _(SOMEBODY),
        at=at,
        until=until,
        place=cut(place, NAME_LIMIT * 2),
        number=number,
        code=code,
    )
    there = answer_there(carriage, _) if asks else ""
    return mark(join((text, there, _tag(ref_code))), rehearsal, _)


def all_clear(
    outcome: Outcome,
    _: Translate,
    *,
    name: str,
    ref_code: str,
    who: str = "",
    by: Sequence[str] = (),
    at: str = "",
    duress: bool = False,
    rehearsal: bool = False,
    carriage: Carriage = ANYTHING,
) -> str:
    """What everybody who was told hears when an alarm ends.

    `who` ended it, `by` are those who ended it together, `at` is when the message of a mistaken alarm was sent. After
    duress it says only that it ended, and by whom.
    Raises ValueError for an outcome that ends nothing.
    """
    if outcome not in CLOSING:
        raise ValueError(f"{outcome} does not end an alarm")
    by_two = duress or outcome is Outcome.CLOSED_BY_TWO
    named = ", ".join(cut_name(one, NAME_LIMIT) for one in by) if by_two else cut_name(who, NAME_LIMIT)
    msgid = _ENDS[outcome] if not by_two else _ENDED_BY_TWO if named else _ENDS[Outcome.CLOSED_BY_TWO]
    text = _(msgid).format(name=cut_name(name, NAME_LIMIT), who=named or _(SOMEBODY), at=at)
    return mark(join((text, _(DOUBT), answer_there(carriage, _), _tag(ref_code))), rehearsal, _)


def invitation(
    traveler: str,
    contact: str,
    _: Translate,
    *,
    count: Count,
    ref_code: str,
    link: str = "",
    budget: int = INVITATION_BUDGET,
    carriage: Carriage = ANYTHING,
) -> str:
    """Asks a person to be a trusted contact: who asks, what it means, how to accept and to refuse.

    Names are cut until it fits in `budget` segments. `carriage`: what the text may carry, and where she can answer.
    """
    link = link if carriage.links else ""

    def write(limit: int, page: str = link) -> str:
        who = {"contact": cut_name(contact, limit), "traveler": cut_name(traveler, limit)}
        text = _(_how_to_accept(carriage, link)).format(**who, number=carriage.number, link=link)
        if not (carriage.replies or carriage.number):
            page = ""
        return carried(join((text, page, _tag(ref_code))), carriage)

    text = _shortest(write, count, budget)
    # The number costs as much as the page, and is what she can answer without the web.
    is_too_long = carriage.number and count(text) > budget
    return _shortest(lambda limit: write(limit, ""), count, budget) if is_too_long else text


def _how_to_accept(carriage: Carriage, link: str) -> str:
    if carriage.replies:
        return N_(
            "{contact}, {traveler} is going abroad and asks you to be a trusted person. Without a sign in time"
            " we write to you what to do. Accept: answer 1. Refuse: STOP."
        )
    if carriage.number:
        return N_(
            "{contact}, {traveler} is going abroad and asks you to be a trusted person. Without a sign in time"
            " we write to you what to do. Accept: text 1 to {number}. Refuse: STOP."
        )
    if link:
        return N_(
            "{contact}, {traveler} is going abroad and asks you to be a trusted person. Without a sign in time"
            " we write to you what to do. Accept or refuse: {link}"
        )
    return N_(
        "{contact}, {traveler} is going abroad and asks you to be a trusted person. Without a sign in time"
        " we write to you what to do. To accept, ask {traveler} where to send 1."
    )


def to_traveler(kind: TravelerNotice, _: Translate, *, name: str = "", number: int = 0, code: str = "") -> str:
    """A text to the traveler: a code, or what became of an invitation. `name` is the contact, "" to name nobody but her
    `number` on the list."""
    msgid = _TRAVELER[kind] if name else _TRAVELER_UNNAMED.get(kind, _TRAVELER[kind])
    return _(msgid).format(name=cut_name(name, NAME_LIMIT), number=number, code=code)


def operator(
    reason: PageReason,
    _: Translate,
    *,
    name: str = "",
    source: str = "",
    at: str = "",
    number: int = 0,
    detail: str = "",
    ref_code: str = "",
    link: str = "",
    whole: bool = False,
) -> str:
    """A page to the operator. `detail` is appended as it is; for an exhausted alarm it is the alarm's whole text.

    `whole` cuts nothing, as an e-mail may.
    """
    limit = max(len(name), len(source)) if whole else NAME_LIMIT
    text = _(_PAGES[reason]).format(name=cut_name(name, limit), source=cut(source, limit), at=at, number=number)
    return join((text, detail, link, _tag(ref_code)))


def _shortest(write: Piece, count: Count, budget: int) -> str:
    for limit in _LIMITS:
        if count(text := write(limit)) <= budget:
            return text
    return write(_LIMITS[-1])


def _tag(ref_code: str) -> str:
    return f"#{ref_code}" if ref_code else ""
