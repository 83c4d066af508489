"""Errors as problem documents (RFC 9457), in the reader's language; and nothing larger than we take."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler, request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.core.wording_text import N_
from service.texts import translator
from service.usecases.problems import (
    NEEDED,
    Conflict409,
    Elsewhere,
    FieldProblem,
    Invalid,
    NotFound,
    NotSignedIn,
    Refusal,
    StorageUnavailable,
    TooManyTries,
)
from service.usecases.rehearse import RehearsedLately
from service.web.pages import HEADERS, language_of, page

API = "/api/"
PROGRAMS = (API, "/hooks/", "/healthz", "/readyz", "/metrics", "/static/")
MEDIA_TYPE = "application/problem+json"
LARGEST_BODY = 64 * 1024
"""Bytes; the longest form takes some 20,000."""
LARGER_BODIES = {"/hooks/android": 4 * 1024 * 1024, "/hooks/telegram": 256 * 1024, "/hooks/http": 128 * 1024}
"""What a message with a picture is, one that quotes another, a text of 255 parts, all in emoji. Refused, it would come
for days."""
RETRY_AFTER_SECONDS = 5

_STATUS: dict[type[Refusal], HTTPStatus] = {
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict409: HTTPStatus.CONFLICT,
    NotSignedIn: HTTPStatus.UNAUTHORIZED,
    TooManyTries: HTTPStatus.TOO_MANY_REQUESTS,
    RehearsedLately: HTTPStatus.TOO_MANY_REQUESTS,
}
_DETAILS = {
    400: N_("This is not JSON."),
    401: NotSignedIn.message,
    403: N_("This is not allowed."),
    404: NotFound.message,
    405: N_("This address does not take this method."),
    413: N_("This is too large."),
    422: Invalid.message,
    500: N_("Something went wrong on our side. Nothing was stored."),
    501: N_("This is not available yet."),
    503: N_("We could not store this just now. Please try again in a minute."),
}
# What pydantic calls a mistake, and what we say. Its own types that are not here mean a wrong type of value.
_MISTAKES = {
    "missing": NEEDED,
    "extra_forbidden": N_("We do not know this field."),
    "string_too_long": N_("At most {max_length} characters."),
    "string_too_short": NEEDED,
    "too_long": N_("At most {max_length} of these."),
    "greater_than": N_("This must be more than {gt}."),
    "greater_than_equal": N_("This must be {ge} or more."),
    "less_than_equal": N_("This must be {le} or less."),
    "int_type": N_("This must be a whole number."),
    "float_type": N_("This must be a number."),
    "bool_type": N_("Write true or false."),
    "list_type": N_("This must be a list."),
    "model_attributes_type": N_("This must be an object."),
    "model_type": N_("This must be an object."),
    "dict_type": N_("This must be an object."),
    "enum": N_("Choose one of: {expected}"),
    "literal_error": N_("Choose one of: {expected}"),
}
_OURS = frozenset({"control_character", "instant", "clock", "id", "yes", "exactly_one", "string_type"})
_OTHERWISE = N_("This cannot be used.")


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(BaseModel):
    """An error (RFC 9457). `errors` names fields; `missing` says what to do before arming."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Unprocessable Entity",
                    "status": 422,
                    "detail": "Some fields need another look. Nothing was stored.",
                    "errors": [{"field": "daily[1].time", "message": "Write a time of the day, for example 20:00."}],
                }
            ]
        }
    )

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldError] | None = None
    missing: list[str] | None = None


def install(app: FastAPI) -> None:
    """Answer every error of the API as a problem document, and of the rest what people and providers understand."""
    app.add_middleware(BodyLimit)
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(StorageUnavailable, _unavailable)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These errors for a route's description."""
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": _SCHEMA}}}
        for status in statuses
    }


_SCHEMA = Problem.model_json_schema()
_SCHEMA["properties"]["errors"]["anyOf"][0]["items"] = FieldError.model_json_schema()
_SCHEMA.pop("$defs", None)


class BodyLimit:
    """Refuses a body as soon as it is known to be larger than `LARGEST_BODY`, or than may come there."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        taken, most = 0, LARGER_BODIES.get(scope["path"], LARGEST_BODY)

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most or not declared.isdigit() or int(declared) > most:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        await self._app(scope, limited, send)


def problem(
    request: Request,
    status: int,
    detail: str,
    errors: Sequence[FieldProblem] = (),
    missing: Sequence[str] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    """A problem document; `detail` is an English text that is said in the reader's language."""
    language = language_of(request)
    _ = translator(language)
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": _(detail),
    }
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        document["errors"] = [{"field": one.field, "message": one.said(_)} for one in errors]
    if status == HTTPStatus.CONFLICT:
        document["missing"] = list(missing)
    every = {**HEADERS, "Content-Language": language, **(headers or {})}
    return JSONResponse(document, status_code=status, media_type=MEDIA_TYPE, headers=every)


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, Refusal):
        raise error
    if not _is_program(request):
        return _refusal_page(request, error)
    status = _status_of(error)
    headers = {}
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooManyTries):
        headers["Retry-After"] = str(max(1, round(error.again_in.total_seconds())))
    return problem(
        request,
        status,
        error.message,
        errors=error.problems if isinstance(error, Invalid) else (),
        missing=error.missing if isinstance(error, Conflict409) else (),
        headers=headers,
    )


async def _unavailable(request: Request, _error: Exception) -> Response:
    if not _is_program(request):
        return page(request, "message.html", status=503, message="busy")
    return problem(request, 503, _DETAILS[503], headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


async def _malformed(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    if not _is_api(request):
        return await request_validation_exception_handler(request, error)
    mistakes = error.errors()
    if any(mistake["type"] == "json_invalid" for mistake in mistakes):
        return problem(request, 400, _DETAILS[400])
    if any(mistake["loc"][0] == "path" for mistake in mistakes):
        # An id that is no id names nothing.
        return problem(request, 404, _DETAILS[404])
    return problem(request, 422, _DETAILS[422], [field_problem(mistake) for mistake in mistakes])


async def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if not _is_program(request):
        messages = {403: "form_too_old", 404: "not_here", 405: "not_here", 413: "too_large"}
        message = messages.get(error.status_code, "failed")
        return page(request, "message.html", status=error.status_code, message=message)
    if not _is_api(request):
        return await http_exception_handler(request, error)
    detail = _DETAILS.get(error.status_code, Refusal.message)
    return problem(request, error.status_code, detail, headers=dict(error.headers or {}))


async def _unexpected(request: Request, _error: Exception) -> Response:
    # The server logs it: Starlette raises it again once this has been answered.
    if not _is_program(request):
        return page(request, "message.html", status=500, message="failed")
    return problem(request, 500, _DETAILS[500])


def _status_of(error: Refusal) -> HTTPStatus:
    """The status of a refusal, or of the nearest kind that it is one of."""
    return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), HTTPStatus.BAD_REQUEST)


def _is_api(request: Request) -> bool:
    return request.url.path.startswith(API)


def _is_program(request: Request) -> bool:
    """Whether a program asks, which wants a status and no page."""
    return request.url.path.startswith(PROGRAMS)


def _refusal_page(request: Request, error: Refusal) -> Response:
    """What was refused, as a page; who is not signed in is sent to where she can."""
    if isinstance(error, Elsewhere):
        return RedirectResponse(error.path, status_code=303, headers=dict(HEADERS))
    if isinstance(error, NotSignedIn):
        return RedirectResponse("/in", status_code=303, headers=dict(HEADERS))
    if isinstance(error, NotFound):
        return page(request, "message.html", status=404, message="not_here")
    status = _status_of(error)
    said = error.problems[0] if isinstance(error, Invalid) and error.problems else error
    return page(request, "message.html", status=status, message="refused", refused=said)


def field_problem(mistake: Mapping[str, Any]) -> FieldProblem:
    """What pydantic says of a field, in our words."""
    kind, values = mistake["type"], mistake.get("ctx") or {}
    if kind in ("too_long", "too_short") and values.get("field_type") == "Value":
        # Its length was measured after our own reading of it; it is a text all the same.
        kind = f"string_{kind}"
    message = mistake["msg"] if kind in _OURS else _MISTAKES.get(kind, _OTHERWISE)
    return FieldProblem(field_path(mistake["loc"]), message, values)


def field_path(location: Sequence[str | int]) -> str:
    """`("body", "daily", 1, "time")` as `daily[1].time`; the body as a whole is `body`."""
    path = ""
    for step in location[1:]:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step != "[key]":
            path += f".{step}" if path else step
    return path or str(location[0])
