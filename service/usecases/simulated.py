"""The simulated telephone network as the use cases see it: phones whose screens we can read and type on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from service.usecases.context import Service

NAME = "phones"


class PhoneText(Protocol):
    """A text on a phone's screen. `mine`: its owner sent it; `kind` is the message's, or `typed`, or `answered`."""

    @property
    def id(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def mine(self) -> bool: ...


@runtime_checkable
class SimulatedPhones(Protocol):
    """The network behind the demonstration page."""

    def threads(self, numbers: Iterable[str], last: int) -> Mapping[str, Sequence[PhoneText]]:
        """The `last` texts of each phone, oldest first."""

    def numbers(self) -> list[str]:
        """Every phone that has received a text."""

    def type_text(self, number: str, body: str, provider_id: str, kind: str = ...) -> bool:
        """Keep what a phone's owner sent; False when it is there already."""

    def answer_reminders(self, number: str, body: str | None) -> None:
        """Let a phone answer reminders with `body` by itself, or with None no longer."""

    def answering(self) -> Mapping[str, str]:
        """The phones that answer by themselves, and what."""


def simulated_phones(service: Service) -> SimulatedPhones | None:
    """The simulated network when it is what serves SMS, else None."""
    notifier = service.notifiers.get("sms")
    if notifier is None or notifier.name != NAME or not isinstance(notifier, SimulatedPhones):
        return None
    return notifier
