"""What every call of the API may need to know of its request: whose it is, and whether it is a repeat."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from service.usecases.context import Service
from service.usecases.drafts import TripKey
from service.usecases.problems import NotSignedIn
from service.usecases.register import Caller, authenticate

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=255,
        description="A repeat with the same key gets the first answer; nothing is done twice.",
    ),
]


class Headers(APIRoute):
    """Keeps every answer of the API out of caches."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            response = await handle(request)
            response.headers["Cache-Control"] = "no-store"
            return response

        return answer


def authenticated(service: Service) -> Callable[..., Caller]:
    """A dependency: whose bearer token came along. 401 when there is none or it is not known."""
    bearer = HTTPBearer(auto_error=False, description="The token that /travelers/verify returned.")

    def caller(credentials: HTTPAuthorizationCredentials | None = Depends(bearer)) -> Caller:
        if credentials is None:
            raise NotSignedIn
        return authenticate(service, credentials.credentials)

    return caller


def of_caller(whose: Callable[..., Caller]) -> Callable[..., TripKey]:
    """A dependency: the trip that the path names, among those of the caller that `whose` finds."""

    def key(trip_id: UUID, caller: Caller = Depends(whose)) -> TripKey:
        return TripKey(caller.traveler_id, trip_id)

    return key


def decoded(header: str | None) -> str | None:
    """HTTP headers are read as Latin-1; people write their passphrase in UTF-8."""
    if header is None:
        return None
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header
