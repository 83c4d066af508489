"""The words of the list of what had better be done before leaving: on pages, in texts and on the fact sheet.

Pages and texts may be read by whoever looks over her shoulder: they are those of any journey.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from service.core.checklist import Lack, Point, Purpose
from service.core.wording_letter import letter
from service.core.wording_notices import NAME_LIMIT
from service.core.wording_text import N_, Translate, cut, cut_name

PURPOSES = (
    (Purpose.WORK.value, N_("To work")),
    (Purpose.STUDY.value, N_("To study")),
    (Purpose.MARRIAGE.value, N_("To marry, or to a partner")),
    (Purpose.AU_PAIR.value, N_("As an au pair")),
    (Purpose.SPORT.value, N_("For sport, stage or modeling")),
    (Purpose.CARE.value, N_("To care for somebody at home")),
    (Purpose.OTHER.value, N_("For something else")),
)
"""What is stored, and what a person reads."""

TITLES: Mapping[Point, str] = MappingProxyType(
    {
        Point.LICENCE: N_("The agency is in the register"),
        Point.CONTRACT: N_("The contract, before you travel"),
        Point.ORIGINAL: N_("One signed original is with you"),
        Point.VISA: N_("A visa that lets you do it"),
        Point.EMBASSY: N_("You asked the embassy"),
        Point.LAWYER: N_("You asked somebody independent"),
        Point.INSURANCE: N_("Insurance"),
        Point.COPIES: N_("Two copies of your papers"),
        Point.AGREED: N_("A time and a question, agreed at home"),
        Point.NUMBERS: N_("The numbers, by heart"),
        Point.COMPANIONS: N_("Who travels with you"),
        Point.REGISTER: N_("Registered with your consulate"),
    }
)

WHY: Mapping[Point, str] = MappingProxyType(
    {
        Point.LICENCE: N_(
            "Look it up yourself in the state’s register, not on the agency’s own page. A number that looks right"
            " proves nothing, and being listed does not make an offer good."
        ),
        Point.CONTRACT: N_(
            "What is not written down before you travel can be changed when you are there and cannot leave."
        ),
        Point.ORIGINAL: N_("With an original of your own you can prove what was promised."),
        Point.VISA: N_(
            "A tourist, guest or student visa gives no right to work. Without that right you depend on others."
        ),
        Point.EMBASSY: N_(
            "The embassy of the country that you go to knows which permit this work needs, and whether it gives any."
        ),
        Point.LAWYER: N_(
            "A lawyer or an organization that the agency and the employer do not pay. One short talk is enough."
        ),
        Point.INSURANCE: N_("Insurers have a line that answers at night, and sometimes pay for a search."),
        Point.COPIES: N_(
            "Passport, visa and contract: one set with you, one at home. Keep the set apart from the originals."
        ),
        Point.AGREED: N_("No call at the agreed time is the sign that something is wrong. Agree on it by voice."),
        Point.NUMBERS: N_("A phone can be lost or taken away. What you know by heart stays with you."),
        Point.COMPANIONS: N_("Their families may know something when yours does not."),
        Point.REGISTER: N_("A consulate that knows you are in the country finds you sooner. Many take it online."),
    }
)

LACKS: Mapping[Lack, str] = MappingProxyType(
    {
        Lack.RESULT: N_("Not looked up yet."),
        Lack.NOT_LISTED: N_("You did not find it there. Do not pay and do not sign before that is explained."),
        Lack.WHERE_LOOKED: N_("Write where you looked, and on which day."),
        Lack.CONTRACT: N_("You have no contract yet. “You will sign when you are there” is a reason not to go."),
        Lack.WORK: N_("What work, and where: without it you can be put to any other."),
        Lack.HOUSING: N_("Where you live and who pays for it: housing is how debts begin."),
        Lack.PAY: N_("How much, in which currency, when, and what is taken off: a promise by voice cannot be claimed."),
        Lack.COVER: N_("Who pays when you fall ill or have an accident."),
        Lack.HOURS: N_("Hours, days off, pay for overtime: without them a day has no end."),
        Lack.LANGUAGE: N_("It must be in a language that you read: never sign what you cannot read."),
        Lack.ENDING: N_("How it ends, and that you may leave: nobody may fine you for going home."),
        Lack.DUTIES: N_("What each side owes the other: duties on your side alone are a warning."),
        Lack.ORIGINAL: N_("You do not hold it yet."),
        Lack.VISA: N_("You have not said yet which visa you travel with."),
        Lack.VISA_GIVES_NO_WORK: N_(
            "With this visa you may not work there. Who sends you to work on it breaks the law at your expense:"
            " do not travel before you have a work visa."
        ),
        Lack.VISA_FREE_ENTRY: N_(
            "To enter without a visa does not mean that you may work. For this country and passport we know no rule:"
            " ask its embassy."
        ),
        Lack.NOT_ASKED: N_("Not asked yet."),
        Lack.NO_ANSWER: N_("No answer yet. Ask once more, by phone."),
        Lack.SAID_NO: N_("They said no. Do not travel for this work before you know why."),
        Lack.LAWYER_OF_THEIRS: N_(
            "This is the number of the agency, the employer or somebody who travels with you. Ask somebody whom they"
            " did not choose."
        ),
        Lack.INSURER: N_("Not told yet."),
        Lack.POLICY: N_("The number of the policy is missing."),
        Lack.INSURER_PHONE: N_("The insurer’s phone number is missing."),
        Lack.OWN_COPIES: N_("Your own set is missing, or you have not said where it is."),
        Lack.HOLDER: N_("Nobody at home has a set yet."),
        Lack.NOT_CONFIRMED: N_("Whoever has the other set has not confirmed it yet."),
        Lack.TIMES: N_("You have not said yet when you answer."),
        Lack.QUESTION: N_("No question is agreed yet."),
        Lack.WORDS: N_("No words are set yet."),
        Lack.BY_HEART: N_("Not known by heart yet."),
        Lack.COMPANIONS: N_("Not told yet."),
        Lack.REGISTER: N_("Not done yet."),
    }
)

PARTS: Mapping[Lack, str] = MappingProxyType(
    {
        Lack.WORK: N_("The work and the place"),
        Lack.HOUSING: N_("Housing"),
        Lack.PAY: N_("Pay"),
        Lack.COVER: N_("Insurance"),
        Lack.HOURS: N_("Hours and days off"),
        Lack.LANGUAGE: N_("A language that I read"),
        Lack.ENDING: N_("How it ends"),
        Lack.DUTIES: N_("Duties of both sides"),
    }
)
"""The parts of a contract, to be ticked."""

QUESTION_FOR_AN_EMBASSY = N_(
    "Hello. I am a citizen of {citizenship} and have been offered work in your country: {work}, at {employer}, {place}."
    " Which visa and which permit do I need for it, and who applies for them? Can I apply before I travel?"
    " Can you tell me whether this employer is registered? Thank you."
)
"""To be sent as it is; what she has not told stands there as a gap."""

_STILL_OPEN = N_("Before your trip: something on your list is still open. You can look at it here: {link}")
_STILL_OPEN_NO_LINK = N_("Before your trip: something on your list is still open. You can look at it on your page.")
_STILL_OPEN_DISCREET = N_("Hi, have you packed everything? There is still something on your list.")
_HAVE_YOU_COPIES = N_(
    "{contact}, {name} says that you keep copies of some papers. Do you have them? Please say so: {link}"
)
_YOU_HAVE_COPIES = N_(
    "{contact}, {name} says that you keep copies of some papers. If you do not have them, please tell {name}."
)


def still_open(_: Translate, *, discreet: bool, link: str) -> str:
    """The text to the traveler that something on her list is open. It never says what; a discreet one is a friend's.

    `link` leads to the list, "" where none may stand in the text.
    """
    if discreet:
        return _(_STILL_OPEN_DISCREET)
    return _(_STILL_OPEN).format(link=link) if link else _(_STILL_OPEN_NO_LINK)


def have_you_copies(contact: str, name: str, _: Translate, *, link: str) -> str:
    """Asks a contact whether she has the copies; `name` is the traveler, `link` the contact's own page, "" where none
    may stand in the text: then it asks for a word to the traveler."""
    text = _(_HAVE_YOU_COPIES) if link else _(_YOU_HAVE_COPIES)
    return text.format(contact=cut_name(contact, NAME_LIMIT), name=cut_name(name, NAME_LIMIT), link=link)


def have_you_copies_letter(contact: str, name: str, _: Translate, *, link: str) -> str:
    """The same as an e-mail."""
    text = _("{contact}, {name} says that you keep copies of some papers.")
    return letter(text.format(contact=cut(contact, len(contact)), name=cut(name, len(name))), _, link=link)
