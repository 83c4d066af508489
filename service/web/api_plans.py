"""What is set up before a trip is armed: the trip, its plan, contacts, ladder and words."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from service.usecases import contacts
from service.usecases.contact_chat import link_to_pass_on
from service.usecases.context import Service
from service.usecases.drafts import TripKey
from service.usecases.plan_trip import plan_trip
from service.usecases.register import Caller
from service.usecases.set_ladder import set_ladder
from service.usecases.set_plan import set_plan
from service.usecases.set_words import set_words
from service.web.api_caller import Headers, IdempotencyKey, authenticated, of_caller
from service.web.api_travelers import Nothing
from service.web.problems import documented
from service.web.schemas import ContactIn, ContactPatchIn, LadderIn, PlanIn, WordsIn
from service.web.schemas_trip import TripIn


class PlannedOut(BaseModel):
    trip_id: UUID
    status: str


class PlanOut(BaseModel):
    """The first five deadlines ahead, each met at its instant; UTC."""

    next_deadlines: list[datetime]


class ContactOut(BaseModel):
    """A person. `telegram_url`: to be passed on to her, where she was named with Telegram: she writes there first."""

    contact_id: UUID
    status: str
    telegram_url: str | None = None


def router(service: Service) -> APIRouter:
    """POST /trips, and what hangs under a trip before arming."""
    whose = authenticated(service)
    trip_of = of_caller(whose)
    api = APIRouter(tags=["before arming"], responses=documented(401, 404, 409), route_class=Headers)

    @api.post("/trips", status_code=201)
    def plan(form: TripIn, caller: Caller = Depends(whose), idempotency_key: IdempotencyKey = None) -> PlannedOut:
        """Plan a trip. It stays a draft until it is armed."""
        trip_id = plan_trip(service, caller.traveler_id, form.form(), once=idempotency_key)
        return PlannedOut(trip_id=trip_id, status="draft")

    @api.put("/trips/{trip_id}/plan")
    def put_plan(form: PlanIn, key: TripKey = Depends(trip_of)) -> PlanOut:
        """Say when check-ins are due: times of the day or every so many hours, and single instants."""
        return PlanOut(next_deadlines=list(set_plan(service, key, form.form())))

    @api.post("/trips/{trip_id}/contacts", status_code=201, responses=documented(429))
    def add_contact(
        form: ContactIn, key: TripKey = Depends(trip_of), idempotency_key: IdempotencyKey = None
    ) -> ContactOut:
        """Name a trusted person. An invitation goes out at once."""
        contact_id = contacts.add_contact(service, key, form.form(), once=idempotency_key)
        link = link_to_pass_on(service, key, contact_id)
        return ContactOut(contact_id=contact_id, status="invited", telegram_url=link or None)

    @api.patch("/trips/{trip_id}/contacts/{contact_id}", responses=documented(429))
    def change_contact(form: ContactPatchIn, contact_id: UUID, key: TripKey = Depends(trip_of)) -> ContactOut:
        """Describe a person anew. Other addresses are asked anew."""
        status = contacts.change_contact(service, key, contact_id, form.change)
        return ContactOut(
            contact_id=contact_id, status=status, telegram_url=link_to_pass_on(service, key, contact_id) or None
        )

    @api.delete("/trips/{trip_id}/contacts/{contact_id}", status_code=204)
    def remove_contact(contact_id: UUID, key: TripKey = Depends(trip_of)) -> None:
        """Take a person off the list. Nobody is told."""
        contacts.remove_contact(service, key, contact_id)

    @api.put("/trips/{trip_id}/ladder")
    def put_ladder(form: LadderIn, key: TripKey = Depends(trip_of)) -> Nothing:
        """Say whom an alarm tells, and in which order. Without it the default ladder follows the acceptances."""
        set_ladder(service, key, form.form())
        return Nothing()

    @api.put("/trips/{trip_id}/words", status_code=204)
    def put_words(form: WordsIn, key: TripKey = Depends(trip_of)) -> None:
        """Set safe and duress words and the passphrase of the private page. Nobody can read them again."""
        set_words(service, key, form.form())

    return api
