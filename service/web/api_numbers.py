"""The caller's own numbers on a running trip: a new one is proven by a code, one is taken off by `changes`."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from pydantic import BaseModel, ConfigDict, Field

from service.core.wording_text import N_
from service.usecases.context import Service
from service.usecases.drafts import NOT_ARMED
from service.usecases.her_numbers import HerNumber, her_numbers
from service.usecases.my_trip import MyTrip, my_trip
from service.usecases.new_number import add_number, ask_number
from service.usecases.numbers import NotANumber, parse_number
from service.usecases.problems import NEEDED, NOT_A_NUMBER, Conflict409, Invalid
from service.usecases.register import Caller
from service.usecases.request_word import keep_word
from service.usecases.show_trip import WholeTrip, show_trip
from service.web.api_caller import Headers, IdempotencyKey, authenticated, decoded
from service.web.api_travelers import Nothing
from service.web.fields import LINE, Code, Form, Text
from service.web.problems import documented

PATH = "/travelers/me/numbers"
NUMBERS_CLOSED = N_("In this trip your numbers are shown and changed only with the passphrase.")

Passphrase = Annotated[str | None, Header(alias="Amanba-Passphrase", max_length=1000)]


class NumberIn(Form):
    model_config = ConfigDict(json_schema_extra={"examples": [{"phone": "+77000000007"}]})

    phone: Code


class ProofIn(Form):
    """The code that came to the new number. A trip with words needs one of them with it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"code": "123456"}, {"code": "123456", "word": "greetings to grandmother"}]}
    )

    code: Code
    word: Annotated[Text, Field(max_length=LINE)] | None = None


class NumberOut(BaseModel):
    """A number in E.164. `leaves_at`: when it leaves the list, as was asked for."""

    phone: str
    leaves_at: datetime | None


class NumbersOut(BaseModel):
    """The newest first: by it she is asked first."""

    numbers: list[NumberOut]


def router(service: Service) -> APIRouter:
    """Her numbers: shown, asked for, proven."""
    whose = authenticated(service)
    api = APIRouter(tags=["travelers"], responses=documented(401, 404, 409), route_class=Headers)

    @api.get(PATH)
    def show(caller: Caller = Depends(whose), passphrase: Passphrase = None) -> NumbersOut:
        """Her numbers, the newest first. A trip with words needs the passphrase; so it is with all of these calls."""
        trip = _running(service, caller)
        if _is_closed(service, trip, passphrase):
            raise Conflict409(NUMBERS_CLOSED, ("passphrase",))
        return NumbersOut(numbers=[_number(one) for one in her_numbers(service, trip.key)])

    @api.post(PATH, status_code=202)
    def ask(form: NumberIn, caller: Caller = Depends(whose), passphrase: Passphrase = None) -> Nothing:
        """Have a 6-digit code sent to a new number of hers: one a minute, five an hour. Whether somebody else has the
        number is not told."""
        trip = _running(service, caller)
        if _is_closed(service, trip, passphrase):
            raise Conflict409(NUMBERS_CLOSED, ("passphrase",))
        ask_number(service, trip.key, _e164(service, form.phone))
        return Nothing()

    @api.post(f"{PATH}/verify", status_code=202, responses=documented(429))
    def prove(
        form: ProofIn,
        caller: Caller = Depends(whose),
        passphrase: Passphrase = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Nothing:
        """Add the number that the code came to. From now on she is asked there first; her other phones and her contacts
        hear of it. In a trip with words it is added only with one of them, and the answer is the same for any."""
        trip, word, sender = _running(service, caller), form.word or None, caller.token_hash
        if _is_closed(service, trip, passphrase):
            # Her word counts all the same.
            keep_word(service, trip.key, word, sender=sender, once=idempotency_key)
            raise Conflict409(NUMBERS_CLOSED, ("passphrase",))
        if trip.has_words and word is None:
            raise Invalid.of("word", NEEDED)
        word = word if trip.has_words else None
        add_number(service, trip.key, "".join(form.code.split()), word=word, sender=sender, once=idempotency_key)
        return Nothing()

    return api


def _running(service: Service, caller: Caller) -> MyTrip:
    """Raises `Conflict409` where none of her trips runs: before that her number is the one that she signs in with."""
    trip = my_trip(service, caller.traveler_id)
    if trip is None or not trip.armed:
        raise Conflict409(NOT_ARMED, ("not_armed",))
    return trip


def _is_closed(service: Service, trip: MyTrip, passphrase: str | None) -> bool:
    return trip.secret and not isinstance(show_trip(service, trip.key, decoded(passphrase)), WholeTrip)


def _number(one: HerNumber) -> NumberOut:
    return NumberOut(phone=one.phone, leaves_at=one.goes_at)


def _e164(service: Service, text: str) -> str:
    try:
        return parse_number(text, invented=service.demo)
    except NotANumber:
        raise Invalid.of("phone", NOT_A_NUMBER) from None
