"""`/trip/calendar`: her times for the phone's own calendar, as a file or as a link, `/calendar/{token}.ics`."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from fastapi import APIRouter, Depends, Request, Response

from service.core.ics import write_calendar
from service.core.wording import Translate
from service.core.wording_text import N_
from service.texts import translator
from service.usecases.calendar_feed import (
    NAME,
    RING,
    Feed,
    Shown,
    calendar_file,
    end_feed,
    feed_of,
    keep_feed,
    read_feed,
)
from service.usecases.change_facts import change_facts
from service.usecases.context import Service
from service.usecases.my_trip import MyTrip
from service.usecases.problems import Conflict409, Invalid
from service.usecases.sessions import Session
from service.web.durations import choices_of
from service.web.forms import Typed
from service.web.guard import filled_in, form_token, signed_in
from service.web.pages import HEADERS, language_of, page
from service.web.trip_access import open_trip
from service.web.wizard import see

PATH = "/trip/calendar"
MEDIA_TYPE = "text/calendar; charset=utf-8"
RINGS = (600, 1800, 3600, 10_800)
"""Seconds before each time, to choose from."""
USUAL_NAME = N_("Call home")
KEPT = {**HEADERS, "Cache-Control": "private, no-cache"}
"""Who follows it may keep a copy, and asks each time whether it is still right."""


def router(service: Service) -> APIRouter:
    """Her page of it, and the calendar itself."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    def shown(request: Request, trip: MyTrip, typed: Typed | None = None) -> Response:
        language = language_of(request)
        feed = feed_of(service, trip.key)
        form = typed or _as_kept(feed, translator(language))
        return page(
            request,
            "calendar.html",
            status=422 if typed and typed.problems else 200,
            csrf=form_token(service, request),
            form=form,
            feed=feed,
            rings=choices_of(RINGS, form.text(RING), language),
            by_interval=change_facts(service, trip.key).plan.every is not None,
            secret=trip.secret,
        )

    @routes.get(PATH)
    def show(request: Request, session: Session = whose) -> Response:
        return shown(request, open_trip(service, session))

    @routes.post(PATH)
    def choose(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        trip, do = open_trip(service, session), typed.text("do")
        try:
            if do == "end":
                end_feed(service, trip.key)
            elif do == "file":
                return _file(write_calendar(calendar_file(service, trip.key, _typed(typed))))
            elif do in ("keep", "anew"):
                keep_feed(service, trip.key, _typed(typed), anew=do == "anew")
        except Invalid as refused:
            return shown(request, trip, typed.refused(refused.problems))
        except Conflict409:
            return see("/home")
        return see(PATH)

    @routes.api_route("/calendar/{token}.ics", methods=["GET", "HEAD"])
    def follow(request: Request, token: str) -> Response:
        calendar = read_feed(service, token)
        if calendar is None:
            return Response(status_code=404, headers=dict(HEADERS))
        body = write_calendar(calendar)
        headers = {**KEPT, "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"'}
        if headers["ETag"] in _known(request):
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=MEDIA_TYPE, headers=headers)

    return routes


def _file(body: bytes) -> Response:
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="calendar.ics"'}
    return Response(body, media_type=MEDIA_TYPE, headers=headers)


def _known(request: Request) -> list[str]:
    """The copies that whoever asks has. On the way one may have been marked as weak (RFC 9110, 8.8.3)."""
    return [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]


def _as_kept(feed: Feed | None, _: Translate) -> Typed:
    kept = feed.shown if feed else Shown(_(USUAL_NAME))
    return Typed([(NAME, kept.name), (RING, str(round(kept.ring_before.total_seconds())))])


def _typed(typed: Typed) -> Shown:
    seconds = typed.text(RING)
    known = int(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) < 7 else RINGS[1]
    return Shown(typed.text(NAME), timedelta(seconds=known))
