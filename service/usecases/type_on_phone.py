"""Text from a simulated phone: into the same inbox as everything else that comes in."""

from __future__ import annotations

from datetime import timedelta

from service.usecases.accept import AcceptedInbound, Inbound, accept
from service.usecases.context import Service
from service.usecases.simulated import NAME, SimulatedPhones

LONGEST_TEXT = 1600
"""Characters; what the largest provider takes in one text."""
READING_TIME = timedelta(seconds=3)
"""How long a phone that answers by itself lets a reminder stand, so that an onlooker sees it."""
_SCREEN = 12


def type_on_phone(
    service: Service, phones: SimulatedPhones, number: str, text: str, provider_id: str, kind: str = "typed"
) -> AcceptedInbound:
    """Send `text` from the phone with `number` (E.164). A repeated `provider_id` is the same text.

    The inbox comes first: what shows as sent has been received. Killed between the two, the text counts and
    does not show.

    Raises:
        StorageUnavailable: nothing was sent.
    """
    sender = service.keys.phone_hash(number)
    inbound = Inbound(NAME, provider_id, sender, text, occurred_at=service.clock(), address=number)
    accepted = accept(service, inbound)
    phones.type_text(number, text, provider_id, kind)
    return accepted


def answer_reminders(service: Service, phones: SimulatedPhones) -> int:
    """Let the phones that answer by themselves answer the reminders on their screens; how many did.

    Safe to call from anywhere and as often as one likes: a reminder is answered once, because its id names the answer.
    """
    answering = phones.answering()
    waiting = service.clock() - READING_TIME
    count = 0
    for number, thread in phones.threads(answering, _SCREEN).items():
        last = thread[-1] if thread else None
        if last is not None and last.kind == "reminder" and last.at <= waiting:
            accepted = type_on_phone(service, phones, number, answering[number], f"answer-{last.id}", "answered")
            count += accepted.new
    return count
