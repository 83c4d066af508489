"""What contacts may hear and ask while nothing is wrong."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header
from pydantic import Field

from service.usecases.context import Service
from service.usecases.drafts import TripKey
from service.usecases.show_trip import WholeTrip, show_trip
from service.usecases.weekly_word import set_weekly
from service.usecases.worry import let_worry
from service.web.api_caller import Headers, authenticated, decoded, of_caller
from service.web.api_travelers import Nothing
from service.web.fields import Form
from service.web.problems import documented

Passphrase = Annotated[str | None, Header(alias="Amanba-Passphrase", max_length=1000)]


class AllowedIn(Form):
    allowed: Annotated[bool, Field(strict=True)]


def router(service: Service) -> APIRouter:
    """The weekly word, and who may have her asked for a sign."""
    trip_of = of_caller(authenticated(service))
    api = APIRouter(tags=["contacts"], responses=documented(401, 404, 409), route_class=Headers)

    @api.put("/trips/{trip_id}/weekly-word")
    def put_weekly(form: AllowedIn, key: TripKey = Depends(trip_of), passphrase: Passphrase = None) -> Nothing:
        """Let her contacts have a word once a week that all is well; no time is told. An armed trip with words does so
        only when the passphrase fits; the answer is the same."""
        if isinstance(show_trip(service, key, decoded(passphrase)), WholeTrip):
            set_weekly(service, key, wanted=form.allowed)
        return Nothing()

    @api.put("/trips/{trip_id}/contacts/{contact_id}/worry")
    def put_worry(
        form: AllowedIn, contact_id: UUID, key: TripKey = Depends(trip_of), passphrase: Passphrase = None
    ) -> Nothing:
        """Say whether this contact, when worried, may have her asked for a sign once more. The passphrase counts as
        with the weekly word."""
        if isinstance(show_trip(service, key, decoded(passphrase)), WholeTrip):
            let_worry(service, key, contact_id, allowed=form.allowed)
        return Nothing()

    return api
