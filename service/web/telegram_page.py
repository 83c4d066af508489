"""`/telegram`: a traveler joins a chat with us, before her trip or on the way."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response

from service.core.wording_text import N_
from service.usecases.context import Service
from service.usecases.her_chat import HerChats, ask_her_chat, ask_to_leave, her_chats, leave_her_chats, set_first
from service.usecases.my_trip import MyTrip, my_trip
from service.usecases.problems import NEEDED, FieldProblem, TooManyTries
from service.usecases.sessions import Session
from service.web.forms import ONCE, Typed, fresh_once
from service.web.guard import filled_in, form_token, signed_in
from service.web.pages import page
from service.web.running import WORD, Running, once_of, word_of
from service.web.trip_access import open_trip
from service.web.wizard import see

PATH = "/telegram"
NAME = "Telegram"
LINK = "link"
FIRST = {"chat_first": True, "number_first": False}
"""Buttons that say where she is asked first."""
AWAY = N_("Telegram does not answer just now. Please try again in a few minutes.")


def router(service: Service) -> APIRouter:
    """Her chats, a link to one, and the way out of them before the trip begins."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    def show(request: Request, trip: MyTrip, chats: HerChats, typed: Typed, status: int | None = None) -> Response:
        return page(
            request,
            "telegram.html",
            status=status or (422 if typed.problems else 200),
            form=typed,
            csrf=form_token(service, request),
            once=typed.text(ONCE) or fresh_once(),
            armed=trip.armed,
            has_words=trip.secret,
            link=chats.link,
            # Where it takes a word the number of her chats would tell whether it was one.
            joined=0 if trip.secret else chats.joined,
            first=chats.first,
            back="/trip/all" if trip.armed else "/trip/ready",
        )

    @routes.get(PATH)
    def chats(request: Request, session: Session = whose) -> Response:
        trip = _mine(service, session)
        return show(request, trip, her_chats(service, trip.key), Typed())

    @routes.post(PATH)
    def ask(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        trip = _mine(service, session)
        now = her_chats(service, trip.key)
        if typed.text("do") == "leave" and not trip.armed:
            leave_her_chats(service, trip.key)
            return see(PATH)
        if typed.text("do") in FIRST and not trip.secret:
            set_first(service, trip.key, chat=FIRST[typed.text("do")])
            return see(PATH)
        word = word_of(trip, typed) if trip.armed else None
        if trip.secret and word is None:
            return show(request, trip, now, typed.refused([FieldProblem(WORD, NEEDED)]))
        try:
            link = ask_her_chat(service, trip.key, word=word, sender=session.token_hash, once=once_of(typed))
        except TooManyTries as refused:
            return show(request, trip, now, typed.refused([FieldProblem(LINK, refused.message)]), 429)
        if not link:
            return show(request, trip, now, typed.refused([FieldProblem(LINK, AWAY)]), 503)
        return show(request, trip, HerChats(now.joined, link), Typed()) if trip.secret else see(PATH)

    @routes.get(f"{PATH}/remove")
    def doubt(request: Request, session: Session = whose) -> Response:
        running = Running(service, request, open_trip(service, session))
        her_chats(service, running.trip.key)
        return running.form("running_number_remove.html", Typed(), shown_phone=NAME, back=PATH)

    @routes.post(f"{PATH}/remove")
    def remove(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        running = Running(service, request, open_trip(service, session))
        key, word = running.trip.key, word_of(running.trip, typed)
        ask_to_leave(service, key, word=word, sender=session.token_hash, once=once_of(typed))
        return running.noted(_removed(running), back=PATH)

    return routes


def _removed(running: Running) -> list[str]:
    _, goes = running.translate, running.when(running.facts.effective_at)
    if running.has_words:
        said = _("With one of your words {number} leaves the list now. Without one it leaves on {time}.")
    else:
        said = _("{number} leaves the list on {time}. Your people are told today that a change was asked for.")
    return [said.format(number=NAME, time=goes)]


def _mine(service: Service, session: Session) -> MyTrip:
    """Her trip, in any state; on the way as its other pages (see `open_trip`)."""
    trip = my_trip(service, session.traveler_id)
    return trip if trip is not None and not trip.armed else open_trip(service, session)
