"""What a use case may refuse, and why: in words that a person can act on, put into her language at the edge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as made_by
from datetime import timedelta
from typing import Any

from service.core.wording_text import N_
from service.db.errors import StorageUnavailable as StorageUnavailable

Translate = Callable[[str], str]

NEEDED = N_("This is needed.")
TOO_MANY_HERE = N_("There are too many of these.")
TOO_SHORT_A_TIME = N_("This is too short.")
TOO_LONG_A_TIME = N_("This is too long.")
UNKNOWN_CONTACT = N_("No contact of this trip has this id.")
NOT_A_NUMBER = N_("Write the number with + and the country code, for example +77011234567.")
WHICH_COUNTRY = N_("Which country is this number from? Choose it, or write the number with + and the country code.")
HAS_EXTENSION = N_("Write the number without an extension.")
LANDLINE = N_("This is a landline, which cannot receive an SMS. Write a mobile number.")
NO_SMS_HERE = N_("This number cannot receive an SMS. Write a mobile number.")
NOT_AN_EMAIL = N_("This is not an e-mail address.")
UNKNOWN_COUNTRY = N_("Write the country as its two letters, for example KZ.")
UNKNOWN_LANGUAGE = N_("Write the language as its short name, for example kk, ru or en.")
UNKNOWN_ZONE = N_("Write the time zone by its name, for example Asia/Almaty.")
IN_THE_PAST = N_("This must lie in the future.")
IN_THE_FUTURE = N_("This day has not come yet.")


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field. `field` is a path of the JSON API (`daily[1].time`); `message` an English text
    with {named} places for `values`."""

    field: str
    message: str
    values: Mapping[str, Any] = made_by(default_factory=dict)

    def said(self, translate: Translate) -> str:
        return translate(self.message).format(**self.values)


class Refusal(Exception):
    """The base of all that a use case refuses. Nothing was stored."""

    message = N_("This could not be done.")

    def __init__(self, message: str | None = None) -> None:
        self.message = message or type(self).message
        super().__init__(self.message)

    def said(self, translate: Translate) -> str:
        return translate(self.message)


class Invalid(Refusal):
    """Fields that cannot be used."""

    message = N_("Some fields need another look. Nothing was stored.")

    def __init__(self, problems: Iterable[FieldProblem]) -> None:
        super().__init__()
        self.problems = tuple(problems)

    @classmethod
    def of(cls, name: str, message: str, **values: Any) -> Invalid:
        """One field."""
        return cls((FieldProblem(name, message, values),))


class NotFound(Refusal):
    """It does not exist, or is somebody else's: the answer is the same."""

    message = N_("There is nothing here.")


class Conflict409(Refusal):
    """It cannot be done in the present state. `missing` says what to do first, as codes."""

    message = N_("This cannot be done now.")

    def __init__(self, message: str | None = None, missing: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.missing = tuple(missing)


class NotSignedIn(Refusal):
    """No token, or one that is unknown or has expired."""

    message = N_("Please sign in first.")


class Elsewhere(Refusal):
    """The page for this is another one: the reader is sent there without a word."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path


class TooManyTries(Refusal):
    """Locked for a while; the same for numbers that exist and numbers that do not."""

    message = N_("There were too many wrong codes. Please try again in 15 minutes.")

    def __init__(self, again_in: timedelta) -> None:
        super().__init__()
        self.again_in = again_in


class Problems:
    """Collects the problems of a form, so that a person hears of all of them at once."""

    def __init__(self) -> None:
        self._found: list[FieldProblem] = []

    def add(self, name: str, message: str, **values: Any) -> None:
        problem = FieldProblem(name, message, values)
        if problem not in self._found:
            self._found.append(problem)

    def extend(self, problems: Iterable[FieldProblem]) -> None:
        self._found.extend(problems)

    def __iter__(self) -> Iterator[FieldProblem]:
        return iter(self._found)

    def refuse(self) -> None:
        """Raise `Invalid` when there are any."""
        if self._found:
            raise Invalid(self._found)
