"""What is kept of the caller: as a file, and erased."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header
from pydantic import BaseModel

from service.usecases.context import Service
from service.usecases.erase_traveler import request_erasure
from service.usecases.export_traveler import export_short, export_traveler, note_export, opens_file
from service.usecases.my_trip import my_trip
from service.usecases.register import Caller
from service.usecases.show_trip import WholeTrip, show_trip
from service.web.api_caller import Headers, IdempotencyKey, authenticated, decoded
from service.web.api_travelers import Nothing
from service.web.fields import Form, Text
from service.web.problems import documented

PATH = "/travelers/me/export"

Passphrase = Annotated[str | None, Header(alias="Amanba-Passphrase", max_length=1000)]


class ExportOut(BaseModel):
    """Where the file is to be had, with the same headers. It is made when it is read, and kept nowhere."""

    url: str


class EraseIn(Form):
    """One of her words, with which nothing has to wait."""

    word: Text | None = None


def router(service: Service) -> APIRouter:
    """Export and erasure."""
    whose = authenticated(service)
    api = APIRouter(tags=["travelers"], responses=documented(401), route_class=Headers)

    @api.post(PATH, status_code=202)
    def ask(caller: Caller = Depends(whose), passphrase: Passphrase = None) -> ExportOut:
        """Ask for all that is kept of her, as a file. With words it needs the passphrase; the answer is the same."""
        if opens_file(service, caller.traveler_id, decoded(passphrase)):
            note_export(service, caller.traveler_id)
        return ExportOut(url=f"/api/v1{PATH}")

    @api.get(PATH)
    def read(caller: Caller = Depends(whose), passphrase: Passphrase = None) -> dict[str, Any]:
        """The file. Without the passphrase of a trip with words it holds the next planned times and nothing else."""
        if opens_file(service, caller.traveler_id, decoded(passphrase)):
            return export_traveler(service, caller.traveler_id)
        return export_short(service, caller.traveler_id)

    @api.delete("/travelers/me", status_code=202, responses=documented(409))
    def erase(
        form: Annotated[EraseIn | None, Body()] = None,
        caller: Caller = Depends(whose),
        passphrase: Passphrase = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Nothing:
        """Erase everything that is kept of her. A running trip ends with it: with one of her words at once, else after
        the cooling-off, and her people are told. A running trip with words needs the passphrase; the answer is the
        same."""
        trip = my_trip(service, caller.traveler_id)
        fits = (
            trip is None or not trip.secret or isinstance(show_trip(service, trip.key, decoded(passphrase)), WholeTrip)
        )
        if fits:
            word = form.word if form is not None else None
            request_erasure(
                service, caller.traveler_id, word=word or None, sender=caller.token_hash, once=idempotency_key
            )
        return Nothing()

    return api
