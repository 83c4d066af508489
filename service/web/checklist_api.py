"""What had better be done before leaving, over the API: shown, told, and the drill of the numbers."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header

from service.core.wording_text import N_
from service.usecases.checklist_shown import show_checklist, show_drill
from service.usecases.checklist_told import practise, tell
from service.usecases.context import Service
from service.usecases.drafts import TripKey
from service.usecases.problems import Conflict409
from service.usecases.show_trip import WholeTrip, show_trip
from service.web.api_caller import Headers, authenticated, decoded, of_caller
from service.web.checklist_schemas import (
    ChecklistIn,
    ChecklistOut,
    PractisedIn,
    PractisedOut,
    checklist_out,
)
from service.web.problems import documented

PATH = "/trips/{trip_id}/checklist"
CLOSED = N_("In this trip the list is shown and changed only with the passphrase.")

Passphrase = Annotated[str | None, Header(alias="Amanba-Passphrase", max_length=1000)]


def router(service: Service) -> APIRouter:
    """The list of a trip, and the drill."""
    trip_of = of_caller(authenticated(service))
    api = APIRouter(tags=["before leaving"], responses=documented(401, 404, 409), route_class=Headers)

    def opened(key: TripKey = Depends(trip_of), passphrase: Passphrase = None) -> TripKey:
        if not isinstance(show_trip(service, key, decoded(passphrase)), WholeTrip):
            raise Conflict409(CLOSED, ("passphrase",))
        return key

    def shown(key: TripKey) -> ChecklistOut:
        return checklist_out(show_checklist(service, key), show_drill(service, key))

    @api.get(PATH)
    def show(key: TripKey = Depends(opened)) -> ChecklistOut:
        """What is done and what is open. Nothing of it keeps a trip from being armed. An armed trip with words needs
        the passphrase; so it is with all of these calls."""
        return shown(key)

    @api.patch(PATH)
    def change(form: ChecklistIn, key: TripKey = Depends(opened)) -> ChecklistOut:
        """Tell of some points. In an armed trip what is done stays as it is."""
        tell(service, key, form.told(), asks=form.asks)
        return shown(key)

    @api.post(f"{PATH}/practice")
    def try_number(form: PractisedIn, key: TripKey = Depends(opened)) -> PractisedOut:
        """Whether a number was typed right from memory. Three right answers over a week, and it is known by heart."""
        return PractisedOut(right=practise(service, key, form.number, form.typed))

    return api
