"""Whom people see as the sender of our texts: a number, a registered name, or a Messaging Service that chooses among
its numbers; another one where a country asks for it.

A name cannot be replied to (Twilio: "one-way"), and some countries take nothing but a registered name, others no name
at all. Source: twilio.com/docs/glossary/what-alphanumeric-sender-id and the SMS guidelines of each country.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import phonenumbers

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_SHORT = re.compile(r"\d{3,6}")
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")


@dataclass(frozen=True, slots=True)
class Senders:
    """The sender of all texts, and those of some countries (ISO 3166, two letters)."""

    usual: str
    by_country: Mapping[str, str] = field(default_factory=dict)

    def fields(self, to: str) -> dict[str, object]:
        """What a request to Twilio says of the sender."""
        sender = self._to(to)
        return {"MessagingServiceSid" if _SERVICE.fullmatch(sender) else "From": sender}

    def seen_at(self, to: str) -> str:
        """What is shown as the sender to a person at this number; empty when a service chooses it."""
        sender = self._to(to)
        return "" if _SERVICE.fullmatch(sender) else sender

    @property
    def numbers(self) -> tuple[str, ...]:
        """The senders that can be replied to, E.164 or short, the usual one first."""
        return tuple(one for one in self._all if is_number(one) or _SHORT.fullmatch(one))

    @property
    def has_service(self) -> bool:
        """Whether some of the numbers that people reply to are known to Twilio alone."""
        return any(map(_SERVICE.fullmatch, self._all))

    @property
    def _all(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.usual, *self.by_country.values())))

    def _to(self, to: str) -> str:
        return self.by_country.get(_country_of(to), self.usual) if self.by_country else self.usual


def is_number(sender: str) -> bool:
    """Whether it is a number, E.164."""
    return _E164.fullmatch(sender) is not None


def is_sender(sender: str) -> bool:
    """Whether Twilio can send as this: a number, a short code, a name of at most 11 characters, or a Messaging Service
    by its SID."""
    return any(kind.fullmatch(sender) for kind in (_E164, _SHORT, _SERVICE, _NAME))


def countries_of(given: str) -> dict[str, str]:
    """`KZ=Amanba,US=+12025550123` read.

    Raises:
        ValueError: a part is not a country's two letters, `=` and a sender.
    """
    found: dict[str, str] = {}
    for part in split(given):
        country, _, sender = (piece.strip() for piece in part.partition("="))
        if country not in phonenumbers.SUPPORTED_REGIONS or not is_sender(sender) or country in found:
            raise ValueError("must be like KZ=Amanba,US=+12025550123, each country once")
        found[country] = sender
    return found


def split(given: str) -> tuple[str, ...]:
    """What commas separate."""
    return tuple(part for piece in given.split(",") if (part := piece.strip()))


def _country_of(number: str) -> str:
    """Russia and Kazakhstan share +7, the United States and Canada +1: the digits after it tell them apart."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
    except phonenumbers.NumberParseException:
        return ""
