"""What the API and the forms take under a trip, field by field.

What the fields mean together is the use cases' to judge. A field's path in an error is its path here.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from service.core.plan import DailyTime, QuietSpan
from service.core.wording_text import N_
from service.usecases.changes import (
    AddContact,
    Change,
    End,
    HandOver,
    Late,
    NewLadder,
    NewLeg,
    NewPlan,
    NewWords,
    Pause,
    RemoveContact,
    RemoveNumber,
    Undo,
    UsualLadder,
)
from service.usecases.contacts import ContactForm
from service.usecases.context import Service
from service.usecases.set_ladder import LadderForm, RungForm
from service.usecases.set_plan import PlanForm
from service.usecases.set_words import WordsForm, prepare_words
from service.web.fields import (
    LINE,
    Clock,
    Code,
    Form,
    Id,
    Instant,
    Line,
    Name,
    Seconds,
    Text,
    Yes,
)
from service.web.schemas_trip import LegIn


class Weekday(StrEnum):
    MO = "MO"
    TU = "TU"
    WE = "WE"
    TH = "TH"
    FR = "FR"
    SA = "SA"
    SU = "SU"

    @property
    def number(self) -> int:
        return list(Weekday).index(self)


class DailyIn(Form):
    time: Clock
    weekdays: Annotated[list[Weekday], Field(max_length=7)] = Field(default_factory=lambda: list(Weekday))


class QuietIn(Form):
    model_config = ConfigDict(extra="forbid", validate_by_name=True, validate_by_alias=True)

    from_: Annotated[Instant, Field(alias="from")]
    to: Instant


class PlanIn(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"daily": [{"time": "20:00", "weekdays": ["MO", "TU", "WE", "TH", "FR"]}], "grace_seconds": 3600},
                {"every_hours": 24, "once": ["2026-12-03T14:30:00+04:00"]},
            ]
        }
    )

    daily: Annotated[list[DailyIn], Field(max_length=100)] = Field(default_factory=list)
    every_hours: Annotated[float, Field(strict=True, gt=0, le=10_000, allow_inf_nan=False)] | None = None
    once: Annotated[list[Instant], Field(max_length=200)] = Field(default_factory=list)
    quiet: Annotated[list[QuietIn], Field(max_length=200)] = Field(default_factory=list)
    zone: Code | None = None
    grace_seconds: Seconds = 3600
    remind_before_seconds: Seconds = 1800
    max_weak: Annotated[int, Field(strict=True, ge=0, le=1000)] = 3

    def form(self) -> PlanForm:
        return PlanForm(
            daily=tuple(DailyTime(due.time, frozenset(day.number for day in due.weekdays)) for due in self.daily),
            every=timedelta(hours=self.every_hours) if self.every_hours is not None else None,
            once=tuple(self.once),
            quiet=tuple(QuietSpan(span.from_, span.to) for span in self.quiet),
            zone=self.zone,
            grace=timedelta(seconds=self.grace_seconds),
            remind_before=timedelta(seconds=self.remind_before_seconds),
            max_weak=self.max_weak,
        )


class ChannelIn(Form):
    channel: Annotated[Code, Field(pattern=r"^[a-z][a-z0-9_]{1,31}$")]
    address: Annotated[
        Line, Field(description="Empty for telegram: it is known once the person has opened the link `telegram_url`.")
    ]


class ContactPatchIn(Form):
    """What changes of a contact; `phone` and `email` together take the place of all her addresses."""

    name: Name | None = None
    relation: Line | None = None
    language: Code | None = None
    role: Literal["call", "full", "caseworker"] | None = None
    disclosure: Literal["full", "link"] | None = None
    channels: Annotated[list[ChannelIn], Field(max_length=8)] | None = None
    phone: Code | None = None
    email: Line | None = None

    def change(self, before: ContactForm) -> ContactForm:
        """The contact with these changes."""
        other_ways = self.channels is not None or self.phone is not None or self.email is not None
        named = tuple((one.channel, one.address) for one in self.channels or ())
        return ContactForm(
            name=self.name or before.name,
            relation=before.relation if self.relation is None else self.relation,
            language=self.language or before.language,
            role=self.role or before.role,
            disclosure=self.disclosure or before.disclosure,
            channels=named if other_ways else before.channels,
            phone=self.phone,
            email=self.email or None,
        )


class ContactIn(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Gulnar",
                    "relation": "mother",
                    "language": "kk",
                    "role": "full",
                    "disclosure": "full",
                    "phone": "+77000000002",
                }
            ]
        }
    )

    name: Name
    relation: Line = ""
    language: Code
    role: Literal["call", "full", "caseworker"]
    disclosure: Literal["full", "link"]
    channels: Annotated[list[ChannelIn], Field(max_length=8)] = Field(default_factory=list)
    phone: Code | None = None
    email: Line | None = None

    def form(self) -> ContactForm:
        return ContactForm(
            self.name,
            self.relation,
            self.language,
            self.role,
            self.disclosure,
            tuple((one.channel, one.address) for one in self.channels),
            self.phone,
            self.email or None,
        )


class RungIn(Form):
    contacts: Annotated[list[Id], Field(max_length=20)]
    wait_seconds: Seconds


class LadderIn(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rungs": [{"contacts": ["7c9e6679-7425-40de-944b-e07fc1f90ae7"], "wait_seconds": 900}],
                    "repeat_seconds": 3600,
                }
            ]
        }
    )

    rungs: Annotated[list[RungIn], Field(max_length=50)]
    repeat_seconds: Seconds = 3600

    def form(self) -> LadderForm:
        return LadderForm(
            tuple(RungForm(tuple(rung.contacts), timedelta(seconds=rung.wait_seconds)) for rung in self.rungs),
            timedelta(seconds=self.repeat_seconds),
        )


class WordsIn(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "safe": ["greetings to grandmother"],
                    "duress": ["tell Marat I found his keys"],
                    "question": "What was the name of our dog?",
                    "not_free_answer": "Barsik",
                    "passphrase": "apples in the old garden",
                }
            ]
        }
    )

    safe: Annotated[list[Line], Field(max_length=10)]
    duress: Annotated[list[Line], Field(max_length=10)]
    question: Annotated[Line, Field(max_length=LINE)] | None = None
    not_free_answer: Annotated[Line, Field(max_length=LINE)] | None = None
    passphrase: Annotated[Text, Field(max_length=LINE)]

    def form(self) -> WordsForm:
        return WordsForm(tuple(self.safe), tuple(self.duress), self.passphrase, self.question, self.not_free_answer)


class CheckInIn(Form):
    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"text": "OK"}]})

    text: Annotated[Text, Field(max_length=1600)] | None = None


class NoFields(Form):
    """An empty object."""


class HandOverIn(Form):
    """Somebody else is asked to take a contact's place."""

    contact_id: Id
    contact: ContactIn


class ChangeIn(Form):
    """Exactly one change, and with it one of her words or none. `unsafe` goes with `remove_contact`; `undo` names a
    change that waits (`changes` of the trip). `usual_ladder` goes back to the order that follows who has accepted."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"late_until": "2026-12-03T23:00:00+03:00"}, {"end": True, "word": "greetings to grandmother"}]
        }
    )

    pause_until: Instant | None = None
    late_until: Instant | None = None
    end: Yes | None = None
    remove_contact: Id | None = None
    unsafe: Annotated[bool, Field(strict=True)] = False
    add_contact: ContactIn | None = None
    hand_over: HandOverIn | None = None
    remove_number: Line | None = None
    plan: PlanIn | None = None
    words: WordsIn | None = None
    ladder: LadderIn | None = None
    usual_ladder: Yes | None = None
    leg: LegIn | None = None
    undo: Id | None = None
    word: Annotated[Text, Field(max_length=LINE)] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        beside = ("word", "unsafe")
        asked = [name for name in type(self).model_fields if name not in beside and getattr(self, name) is not None]
        if len(asked) != 1 or (self.unsafe and self.remove_contact is None):
            raise PydanticCustomError("exactly_one", N_("Ask for exactly one change."))
        return self

    @property
    def names_somebody(self) -> bool:
        """Whether somebody new is to be told of alarms."""
        return self.add_contact is not None or self.hand_over is not None

    @property
    def is_about_numbers(self) -> bool:
        return self.remove_number is not None

    def change(self, service: Service) -> Change:
        """The change that is asked for. Words are hashed here, which is slow by intention."""
        found: Change = End()
        if self.pause_until is not None:
            found = Pause(self.pause_until)
        elif self.late_until is not None:
            found = Late(self.late_until)
        elif self.remove_contact is not None:
            found = RemoveContact(self.remove_contact, self.unsafe)
        elif self.add_contact is not None:
            found = AddContact(self.add_contact.form())
        elif self.hand_over is not None:
            found = HandOver(self.hand_over.contact_id, self.hand_over.contact.form())
        elif self.remove_number is not None:
            found = RemoveNumber(self.remove_number)
        elif self.plan is not None:
            found = NewPlan(self.plan.form())
        elif self.words is not None:
            found = NewWords(prepare_words(service, self.words.form(), "words."))
        elif self.ladder is not None:
            found = NewLadder(self.ladder.form())
        elif self.usual_ladder is not None:
            found = UsualLadder()
        elif self.leg is not None:
            found = NewLeg(self.leg.form())
        elif self.undo is not None:
            found = Undo(self.undo)
        return found
