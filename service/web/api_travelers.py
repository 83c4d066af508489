"""Signing up and in."""

from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel

from service.usecases import register
from service.usecases.context import Service
from service.web.api_caller import Headers
from service.web.problems import documented
from service.web.schemas_trip import SignUpIn, VerifyIn
from service.web.visitor import visitor_of


class Nothing(BaseModel):
    """An empty object: the answer says no more than its status."""


class SignedInOut(BaseModel):
    """A bearer token, good for 90 days."""

    traveler_id: UUID
    token: str


def router(service: Service) -> APIRouter:
    """POST /travelers and /travelers/verify."""
    api = APIRouter(tags=["travelers"], route_class=Headers)

    @api.post("/travelers", status_code=202, responses=documented(429))
    def sign_up(request: Request, form: SignUpIn) -> Nothing:
        """Have a 6-digit code sent to a phone. Known and unknown numbers answer alike."""
        register.sign_up(service, form.form(), visitor=visitor_of(request))
        return Nothing()

    @api.post("/travelers/verify", responses=documented(429))
    def verify(request: Request, form: VerifyIn) -> SignedInOut:
        """Prove the number by its code. Five wrong codes lock it for 15 minutes."""
        signed_in = register.verify(service, form.phone, form.code, visitor=visitor_of(request))
        return SignedInOut(traveler_id=signed_in.traveler_id, token=signed_in.token)

    return api
