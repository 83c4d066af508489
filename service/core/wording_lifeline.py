"""What a contact is written while nothing is wrong: the weekly word, and the question whether a number is still hers.

Neither says anything of the trip.
"""

from __future__ import annotations

from service.core.carriage import ANYTHING, Carriage, answer_there
from service.core.wording_letter import letter, paragraphs
from service.core.wording_notices import NAME_LIMIT
from service.core.wording_text import N_, Translate, cut, cut_name, join

_WEEKLY = N_(
    "{name}: all well this week, as far as we know. A week without this text means nothing:"
    " in an alarm we write at once."
)
_STILL_YOURS = N_("{contact}, is this number still yours? Then answer 1. You are a trusted person of {name}.")
_STILL_YOURS_PAGE = N_(
    "{contact}, is this number still yours? You are a trusted person of {name}. Please say so on this page: {link}"
)
_MAILBOX = N_("{contact}, is this mailbox still yours? You are a trusted person of {name}.")


def weekly_word(name: str, _: Translate) -> str:
    """All well this week, without a time; `name` is the traveler."""
    return _(_WEEKLY).format(name=cut_name(name, NAME_LIMIT))


def weekly_letter(name: str, _: Translate, *, link: str) -> str:
    """The same as an e-mail, with her own page, on which she can do without it."""
    text = _(_WEEKLY).format(name=cut(name, len(name)))
    away = _("You can do without this word: {link}").format(link=link)
    return paragraphs([text], [away, _("Nobody reads answers to this e-mail.")])


def still_yours(
    contact: str, name: str, _: Translate, *, ref_code: str, link: str = "", carriage: Carriage = ANYTHING
) -> str:
    """Asks a contact by text whether the number is still hers; with `link` where nobody can text us an answer, else
    `carriage` says where to."""
    msgid = _STILL_YOURS_PAGE if link else _STILL_YOURS
    text = _(msgid).format(contact=cut_name(contact, NAME_LIMIT), name=cut_name(name, NAME_LIMIT), link=link)
    return join((text, "" if link else answer_there(carriage, _), f"#{ref_code}"))


def still_yours_letter(contact: str, name: str, _: Translate, *, link: str) -> str:
    """Asks a contact by e-mail whether the mailbox is still hers; she answers on her own page."""
    text = _(_MAILBOX).format(contact=cut(contact, len(contact)), name=cut(name, len(name)))
    return letter(text, _, link=link)
