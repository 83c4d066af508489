"""One of her people asks by a text whom to call in a country, and hears of that country: nothing of a trip is in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from service.core.carriage import Carriage
from service.core.keywords import Keyword
from service.core.reply import Reading
from service.db.trips import ContactState, TripKey, TripState
from service.usecases.by_text import answer_to_contact, asked_in
from service.usecases.by_text_numbers import Asker
from service.usecases.numbers import country_of_number
from service.usecases.replies import say_to_contact
from service.usecases.work import Work


class Message(Protocol):
    """What is needed of an inbox row."""

    @property
    def inbox_id(self) -> int: ...
    @property
    def address(self) -> str | None: ...


def answer_numbers(
    work: Work,
    people: Sequence[tuple[TripState, ContactState]],
    text: str,
    reading: Reading,
    message: Message,
    *,
    is_to_answer: bool,
) -> TripKey | None:
    """Answer who has accepted, in any trip; the key of the one in whose name, None when nothing was asked.

    `is_to_answer`: something was asked of her, an alarm or an invitation. Then only a country that she names makes it a
    request: "номера нет" is what she has to say about it.

    Whose missions are named goes by her own number's country, not by the traveler's passport. A text with a word of
    distress is unclear: her people may have to read it.
    """
    trip, contact = next(((trip, contact) for trip, contact in people if contact.accepted), (None, None))
    if trip is None or contact is None or reading.distress:
        return None
    asked = asked_in(text, reading)
    if asked is None or asked.keyword is not Keyword.NUMBERS or (is_to_answer and not asked.country):
        return None
    citizen = country_of_number(message.address or "")

    def write(carriage: Carriage) -> str:
        return answer_to_contact(work, asked, Asker(contact.language, citizen, carriage, is_there=False))

    say_to_contact(work, trip, contact, message.inbox_id, message.address, write)
    return trip.key
