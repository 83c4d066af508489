"""What a text to an address may carry: the rules of its country where a provider sends as a business, everything else
as it is."""

from __future__ import annotations

from dataclasses import replace

from notifiers.base import Notifier, SendsAs, providers_of
from service.core import wording
from service.core.carriage import ANYTHING, Carriage
from service.core.wording import Translate
from service.db.trip_state import Address
from service.directory.sms_profiles import sms_profile
from service.usecases.context import Service
from service.usecases.numbers import country_of_number

SMS = "sms"
EMAIL = "email"
LATIN = "-Latn"
"""The end of a language tag (BCP 47) of who reads it in Latin letters."""

_ONE_BLOCK = len("+77011234")
_MOST_BLOCKS = 4096


def carriage_to(service: Service, channel: str, address: str) -> Carriage:
    """What a text by this channel may carry to this address.

    An own SIM and a messenger carry everything, and answers come back by them. A provider that sends as a business is
    bound by the rules of the number's country; where several providers serve the channel, by those of any of them,
    because nobody knows before which one will take the text.
    """
    notifier = service.notifiers.get(channel) if channel == SMS else None
    if notifier is None or not address:
        return ANYTHING
    # Numbers that begin alike lie in the same country, and to look each up would cost an alarm.
    key = id(notifier), address[:_ONE_BLOCK]
    known = service.carriages.get(key)
    if known is None:
        if len(service.carriages) >= _MOST_BLOCKS:
            service.carriages.clear()
        known = service.carriages[key] = notifier, _find(notifier, address, service.number_to_text or "")
    return known[1]


def carriage_for(service: Service, channel: str, address: str, language: str) -> Carriage:
    """The same for a reader of `language` (BCP 47), who may have chosen Latin letters: `kk-Latn`."""
    carriage = carriage_to(service, channel, address)
    return replace(carriage, latin=True) if channel == SMS and language.endswith(LATIN) else carriage


def by_page_only(carriage: Carriage) -> bool:
    """Whether a page is the only way to answer that a text can show: nobody can text us."""
    return not carriage.replies and not carriage.write_to and carriage.links


def with_page(body: str, _: Translate, address: Address, carriage: Carriage, link: str) -> str:
    """A text, with `link` in it where she can answer on that page only."""
    if not asks_for_page(address, carriage):
        return body
    letter = wording.letter(body, _, link=link)
    return letter if address.channel == EMAIL else wording.as_text(letter, _)


def asks_for_page(address: Address, carriage: Carriage) -> bool:
    """Whether her page is the only way to answer what is read here, and may stand in it."""
    return address.channel == EMAIL or (not answers_by_text(address, carriage) and carriage.links)


def answers_by_text(address: Address, carriage: Carriage) -> bool:
    """Whether what is read here can be answered by a text, to its sender or to another number of ours."""
    return address.channel != EMAIL and (carriage.replies or bool(carriage.number))


def spoken(language: str) -> str:
    """The language of a tag, without the letters that it is written in."""
    return language.removesuffix(LATIN)


def _find(notifier: Notifier, address: str, write_to: str) -> Carriage:
    bound = [one for one in providers_of([notifier]) if isinstance(one, SendsAs)]
    if not bound:
        return ANYTHING
    # A number of ours is read, whichever it is; a name cannot be replied to, and without a number of ours nothing can.
    replies = bool(write_to) and all(not one.sender_for(address).strip("+0123456789") for one in bound)
    profile = sms_profile(country_of_number(address))
    return Carriage(
        links=profile.url_allowed is not False,
        numbers=profile.numbers_allowed is not False,
        charset=profile.charset,
        replies=replies and profile.two_way is True,
        write_to=write_to,
    )
