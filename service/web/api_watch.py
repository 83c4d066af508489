"""A trip that is armed: shown, checked in to, changed."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Header
from pydantic import BaseModel

from service.core.plan import Plan
from service.core.wording_text import N_
from service.usecases.arm import arm
from service.usecases.check_in_by_api import OK, SOS, check_in_by_api
from service.usecases.context import Service
from service.usecases.drafts import TripKey
from service.usecases.problems import Conflict409
from service.usecases.register import Caller
from service.usecases.rehearse import start_rehearsal
from service.usecases.request_change import request_change
from service.usecases.request_word import keep_word
from service.usecases.show_trip import ShownContact, ShownTrip, WholeTrip, show_trip
from service.web.api_caller import Headers, IdempotencyKey, authenticated, decoded, of_caller
from service.web.api_numbers import NUMBERS_CLOSED
from service.web.api_travelers import Nothing
from service.web.problems import documented
from service.web.schemas import ChangeIn, CheckInIn, NoFields, Weekday

NEEDS_PASSPHRASE = N_("In this trip somebody new is named only with the passphrase.")


class ArmedOut(BaseModel):
    trip_id: UUID
    status: str
    next_deadline: datetime
    check_in_url: str


class ShortTripOut(BaseModel):
    """All that an armed trip with words shows without its passphrase."""

    trip_id: UUID
    status: str
    next_deadline: datetime | None


class ChannelOut(BaseModel):
    channel: str
    address: str


class TripContactOut(BaseModel):
    contact_id: UUID
    status: str
    name: str
    relation: str
    language: str
    role: str
    disclosure: str
    channels: list[ChannelOut]


class WaitingOut(BaseModel):
    """A change that waits; `undo` takes it back. Without `effective_at` it waits for one of her people."""

    change_id: UUID
    kind: str
    effective_at: datetime | None


class TripOut(ShortTripOut):
    """A trip whole. `plan` and `details` are as they were sent."""

    check_in_url: str | None
    wording: str
    starts_at: datetime
    ends_at: datetime
    has_words: bool
    contacts: list[TripContactOut]
    changes: list[WaitingOut]
    plan: dict[str, Any] | None
    details: dict[str, Any]


class ReceivedOut(BaseModel):
    """The same answer whatever the text."""

    received_at: datetime


def router(service: Service) -> APIRouter:
    """Arming, showing, check-ins, SOS and changes."""
    whose = authenticated(service)
    trip_of = of_caller(whose)
    api = APIRouter(tags=["armed trips"], responses=documented(401, 404, 409), route_class=Headers)

    @api.post("/trips/{trip_id}/arm")
    def arm_trip(key: TripKey = Depends(trip_of), idempotency_key: IdempotencyKey = None) -> ArmedOut:
        """Arm the trip. A 409 says in `missing` what is needed first: name, accepted_contact, full_contact, deadline,
        passphrase, operator, phone_in_use; or that it is already_armed or ended."""
        armed = arm(service, key, once=idempotency_key)
        return ArmedOut(
            trip_id=armed.trip_id, status="armed", next_deadline=armed.next_deadline, check_in_url=armed.check_in_url
        )

    @api.get("/trips/{trip_id}")
    def show(
        key: TripKey = Depends(trip_of),
        passphrase: Annotated[str | None, Header(alias="Amanba-Passphrase", max_length=1000)] = None,
    ) -> TripOut | ShortTripOut:
        """Show a trip; one with words in short, unless the passphrase fits."""
        shown = show_trip(service, key, decoded(passphrase))
        return _whole(shown) if isinstance(shown, WholeTrip) else _short(shown)

    @api.post("/trips/{trip_id}/check-ins", status_code=202)
    def check_in(
        form: Annotated[CheckInIn | None, Body()] = None,
        key: TripKey = Depends(trip_of),
        caller: Caller = Depends(whose),
        idempotency_key: IdempotencyKey = None,
    ) -> ReceivedOut:
        """Say OK, or anything else."""
        text = form.text if form is not None and form.text else OK
        once = f"check-in:{idempotency_key}" if idempotency_key else None
        received = check_in_by_api(service, key, text, sender=caller.token_hash, once=once)
        return ReceivedOut(received_at=received)

    @api.post("/trips/{trip_id}/sos", status_code=202)
    def sos(
        form: Annotated[NoFields | None, Body()] = None,  # noqa: ARG001 - takes {} and refuses fields
        key: TripKey = Depends(trip_of),
        caller: Caller = Depends(whose),
        idempotency_key: IdempotencyKey = None,
    ) -> ReceivedOut:
        """Call for help: everybody is told at once."""
        once = f"sos:{idempotency_key}" if idempotency_key else None
        return ReceivedOut(received_at=check_in_by_api(service, key, SOS, sender=caller.token_hash, once=once))

    @api.post("/trips/{trip_id}/changes", status_code=202, responses=documented(429))
    def change(
        form: ChangeIn,
        key: TripKey = Depends(trip_of),
        caller: Caller = Depends(whose),
        passphrase: Annotated[str | None, Header(alias="Amanba-Passphrase", max_length=1000)] = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Nothing:
        """Ask for one change. More watching counts at once; less of it waits, and the contacts hear of it.

        In a trip with words somebody is added, or takes another one's place, and a number of hers is taken off, only
        when the passphrase fits."""
        word = form.word or None
        behind = form.names_somebody or form.is_about_numbers
        if behind and _is_closed(show_trip(service, key, decoded(passphrase))):
            # Whoever holds her phone must not become one of those who are told. Her word counts all the same.
            keep_word(service, key, word, sender=caller.token_hash, once=idempotency_key)
            raise Conflict409(NUMBERS_CLOSED if form.is_about_numbers else NEEDS_PASSPHRASE, ("passphrase",))
        request_change(service, key, form.change(service), word=word, sender=caller.token_hash, once=idempotency_key)
        return Nothing()

    @api.post("/trips/{trip_id}/rehearsal", status_code=202, responses=documented(429))
    def rehearse(
        key: TripKey = Depends(trip_of),
        passphrase: Annotated[str | None, Header(alias="Amanba-Passphrase", max_length=1000)] = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Nothing:
        """Rehearse the ladder, every text marked. An armed trip with words does so only when the passphrase fits; the
        answer is the same."""
        if isinstance(show_trip(service, key, decoded(passphrase)), WholeTrip):
            start_rehearsal(service, key, once=idempotency_key)
        return Nothing()

    return api


def _is_closed(shown: ShownTrip | WholeTrip) -> bool:
    """Whether its private part stays closed while it runs."""
    return isinstance(shown, ShownTrip) and shown.status == "armed"


def _short(shown: ShownTrip) -> ShortTripOut:
    return ShortTripOut(trip_id=shown.trip_id, status=shown.status, next_deadline=shown.next_deadline)


def _whole(trip: WholeTrip) -> TripOut:
    return TripOut(
        trip_id=trip.shown.trip_id,
        status=trip.shown.status,
        next_deadline=trip.shown.next_deadline,
        check_in_url=trip.check_in_url,
        wording=trip.wording,
        starts_at=trip.starts_at,
        ends_at=trip.ends_at,
        has_words=trip.has_words,
        contacts=[_contact(contact) for contact in trip.contacts],
        changes=[WaitingOut(**asdict(asked)) for asked in trip.asked],
        plan=_plan(trip.plan) if trip.plan else None,
        details=dict(trip.details),
    )


def _contact(contact: ShownContact) -> TripContactOut:
    return TripContactOut(
        contact_id=contact.contact_id,
        status=contact.status,
        name=contact.name,
        relation=contact.relation,
        language=contact.language,
        role=contact.role,
        disclosure=contact.disclosure,
        channels=[ChannelOut(channel=one["channel"], address=one["address"]) for one in contact.channels],
    )


def _plan(plan: Plan) -> dict[str, Any]:
    """The plan as `PUT …/plan` takes it."""
    days = list(Weekday)
    said: dict[str, Any] = {
        "once": [once.isoformat() for once in plan.once],
        "quiet": [{"from": span.starts_at.isoformat(), "to": span.ends_at.isoformat()} for span in plan.quiet],
        "zone": plan.legs[0].zone,
        "grace_seconds": int(plan.grace.total_seconds()),
        "remind_before_seconds": int(plan.remind_before.total_seconds()),
        "max_weak": plan.max_weak,
    }
    if plan.every is not None:
        return {"every_hours": plan.every.total_seconds() / 3600, **said}
    daily = [
        {
            "time": due.at.isoformat("auto" if due.at.second else "minutes"),
            "weekdays": [days[day] for day in sorted(due.weekdays)],
        }
        for due in plan.daily
    ]
    return {"daily": daily, **said}
