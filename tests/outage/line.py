"""Channels without a network, for what would take too many requests: they take every text and remember it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from notifiers.base import Accepted, DeliveryState, InboundMessage, Message, SendResult, SourceUnreadable


class Line:
    """A channel whose list the test fills; `is_dead` while it cannot be read."""

    def __init__(self, name: str = "line", channel: str = "sms") -> None:
        self.name, self.channel = name, channel
        self.sent: list[Message] = []
        self.received: list[InboundMessage] = []
        self.is_dead = False

    def send(self, message: Message) -> SendResult:
        self.sent.append(message)
        return Accepted(message.outbox_id, DeliveryState.SENT)

    def list_inbound(self, since: datetime, until: datetime) -> Iterable[InboundMessage]:
        if self.is_dead:
            raise SourceUnreadable("nobody answers")
        return [message for message in self.received if since <= message.occurred_at < until]

    def receive(self, sender: str, body: str, at: datetime) -> None:
        """A text that only the list will ever tell of."""
        self.received.append(InboundMessage(f"L{len(self.received)}", sender, "+48732000001", body, at, 0))
