"""`/home`: her own page. One clock, one button; the rest as far as a phone in other hands may show it."""

from __future__ import annotations

from datetime import datetime

from babel.units import format_unit
from fastapi import APIRouter, Depends, Request, Response

from service.core.wording import Translate
from service.texts import translator
from service.usecases.check_in_by_api import OK, check_in_by_api
from service.usecases.context import Service
from service.usecases.foresee import Telling
from service.usecases.my_trip import MyTrip, my_trip
from service.usecases.places import zone_label
from service.usecases.problems import Elsewhere
from service.usecases.sessions import Session, close_private, open_private
from service.usecases.show_home import Home, show_home
from service.usecases.times import said
from service.web.forms import ONCE, Typed, fresh_once
from service.web.guard import filled_in, form_token, signed_in
from service.web.ladder_picture import Column, LadderPicture, draw_ladder
from service.web.local_times import clock_said, day_said, local
from service.web.pages import language_of, page
from service.web.wizard import see

MOST_TEXT = 1600
LONGEST_PASSPHRASE = 1000


def router(service: Service) -> APIRouter:
    """Her page, its button, and the door to the private page."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    @routes.get("/home")
    def home(request: Request, session: Session = whose) -> Response:
        trip = my_trip(service, session.traveler_id)
        if trip is None or not trip.armed:
            return page(request, "home_empty.html", has_draft=trip is not None, csrf=form_token(service, request))
        return _page(service, request, trip, session)

    @routes.post("/home")
    def check_in(request: Request, session: Session = whose, form: Typed = filled) -> Response:
        trip = _armed(service, session)
        # Before the message is kept, so that the page foresees from the same state whatever the words are.
        shown = show_home(service, trip)
        once = f"home:{form.text(ONCE)[:64] or fresh_once()}"
        text = form.text("text")[:MOST_TEXT] or OK
        check_in_by_api(service, trip.key, text, sender=session.token_hash, once=once)
        due = said(shown.due_after, shown.zone, shown.now) if shown.due_after else ""
        return page(request, "check_in.html", path="/home", nonce="", due=due, done=True)

    @routes.get("/private")
    def door(request: Request, session: Session = whose) -> Response:
        trip = _armed(service, session)
        if not trip.secret or session.sees(trip.key.trip_id):
            return see("/trip/all")
        return page(request, "private.html", form=Typed(), csrf=form_token(service, request))

    @routes.post("/private")
    def unlock(session: Session = whose, form: Typed = filled) -> Response:
        trip = _armed(service, session)
        fits = open_private(service, session, trip.key, form.text("passphrase")[:LONGEST_PASSPHRASE])
        # A wrong one leads home without a word.
        return see("/trip/all" if fits else "/home")

    @routes.post("/private/close")
    def lock(session: Session = whose, form: Typed = filled) -> Response:  # noqa: ARG001 - the form's token is checked
        close_private(service, session)
        return see("/home")

    return routes


def _armed(service: Service, session: Session) -> MyTrip:
    trip = my_trip(service, session.traveler_id)
    if trip is None or not trip.armed:
        raise Elsewhere("/home")
    return trip


def _page(service: Service, request: Request, trip: MyTrip, session: Session) -> Response:
    shown = show_home(service, trip)
    language = language_of(request)
    _ = translator(language)
    open_now = not trip.secret or session.sees(trip.key.trip_id)
    # In a trip with words not even the places are shown: only the next planned time.
    both = not trip.secret and shown.due is not None
    return page(
        request,
        "home.html",
        csrf=form_token(service, request),
        once=fresh_once(),
        today=day_said(local(shown.now, shown.zone), language),
        due=said(shown.due, shown.zone, shown.now) if shown.due else "",
        is_today=shown.due is not None and local(shown.due, shown.zone).date() == local(shown.now, shown.zone).date(),
        gone=_share_gone(shown),
        place=shown.city or zone_label(shown.zone, language) if both else "",
        at_home=said(shown.due, shown.home_zone, shown.now) if both and shown.due else "",
        home_place=zone_label(shown.home_zone, language) if both else "",
        left=_left(shown, language) if both else "",
        is_late=shown.due is not None and shown.due <= shown.now,
        picture=_picture(shown, _) if shown.foreseen else None,
        first_told=_first_told(shown),
        number_to_text="" if trip.secret else service.number_to_text or "",
        before_leaving=shown.ahead,
        secret=trip.secret,
        open_now=open_now,
        ended=shown.ended,
    )


def _share_gone(shown: Home) -> float:
    """The share of the time between the answer before and the next that has gone by."""
    if shown.due is None or shown.due <= shown.now:
        return 1.0
    whole = (shown.due - shown.since).total_seconds()
    return max(0.02, min(0.98, (shown.now - shown.since).total_seconds() / whole)) if whole > 0 else 0.5


def _left(shown: Home, language: str) -> str:
    """How long until the next answer is due, or since it was; "1 h 40 min"."""
    if shown.due is None:
        return ""
    minutes = int(abs(shown.due - shown.now).total_seconds()) // 60
    if minutes >= 48 * 60:
        return format_unit(minutes // (24 * 60), "duration-day", locale=language)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "duration-hour")] if hours else []
    parts += [(minutes, "duration-minute")] if minutes or not hours else []
    return " ".join(format_unit(number, unit, length="short", locale=language) for number, unit in parts)


def _first_told(shown: Home) -> str:
    tellings = shown.foreseen.tellings if shown.foreseen else ()
    return said(tellings[0].at, shown.zone, shown.now) if tellings else ""


def _picture(shown: Home, _: Translate) -> LadderPicture | None:
    if shown.foreseen is None or shown.due is None:
        return None
    asked = [Column(_clock(at, shown.zone), _("you"), 1, asked=True) for at in shown.foreseen.reminders]
    tellings = shown.foreseen.tellings
    # Who is only told again is no news to her.
    grows = [one for before, one in zip((None, *tellings), tellings, strict=False) if not _same(before, one)]
    told = [_told(shown, at=telling.at, people=telling.people, _=_) for telling in grows]
    due = next((place for place, at in enumerate(shown.foreseen.reminders) if at >= shown.due), -1)
    return draw_ladder((*asked, *told), due)


def _same(before: Telling | None, telling: Telling) -> bool:
    return before is not None and set(before.people) == set(telling.people)


def _told(shown: Home, *, at: datetime, people: tuple[str, ...], _: Translate) -> Column:
    helpers = len(shown.caseworkers & set(people))
    family = len(people) - helpers
    who = _("one") if family == 1 and not helpers else f"{family} + {helpers}" if helpers else str(family)
    return Column(_clock(at, shown.zone), who, len(people), helpers)


def _clock(instant: datetime, zone: str) -> str:
    return clock_said(local(instant, zone))
