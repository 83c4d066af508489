"""`/data`: what is kept of her and how long, a file with it, and its end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from service.core.wording import Translate
from service.core.wording_text import N_
from service.texts import translator
from service.usecases.context import Service
from service.usecases.erase_traveler import request_erasure
from service.usecases.export_traveler import export_traveler, guarding_trip, note_export, opens_file
from service.usecases.my_trip import MyTrip, my_trip
from service.usecases.problems import Elsewhere
from service.usecases.retention import AUDIT_TRAIL, BACKUPS, CASE, MESSAGES, NOT_ACCEPTED, TRIP, UNCLEAR, kept_for
from service.usecases.sessions import Session
from service.web.durations import days_said
from service.web.forms import Typed, fresh_once
from service.web.guard import filled_in, forget_session, form_token, signed_in
from service.web.pages import HEADERS, language_of, page
from service.web.running import Running, once_of, word_of
from service.web.wizard import see

PATH, ERASE = "/data", "/data/erase"
LONGEST_PASSPHRASE = 1000
FILE_NAME = "my-data.json"

KEPT = (
    (TRIP, N_("Your trip, your people, your plan and your answers: {time} after the trip has ended.")),
    (CASE, N_("If your people had to look for you: what was done then, {time} after it was over.")),
    (UNCLEAR, N_("What you text to us: only until it is understood. What nobody understood: {time}.")),
    (MESSAGES, N_("What we write to you and to your people: {time}.")),
    (NOT_ACCEPTED, N_("Name and number of somebody you asked who did not say yes: {time}.")),
    (AUDIT_TRAIL, N_("A list of what was done here, without names: {time}.")),
    (BACKUPS, N_("Encrypted copies, in case a machine breaks: {time}.")),
)
"""What a traveler is told of the table of retention."""


def router(service: Service) -> APIRouter:
    """The page, the file, and the erasure."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    @routes.get(PATH)
    def show(request: Request, session: Session = whose) -> Response:
        trip = _hers(service, session)
        language = language_of(request)
        return page(
            request,
            "my_data.html",
            csrf=form_token(service, request),
            form=Typed(),
            kept=list(_kept(language)),
            asks_passphrase=_asks_passphrase(service, session),
            is_secret=trip is not None and trip.secret,
            back="/trip/all" if trip is not None else "/home",
        )

    @routes.post(PATH)
    def download(session: Session = whose, typed: Typed = filled) -> Response:
        _hers(service, session)
        passphrase = typed.text("passphrase")[:LONGEST_PASSPHRASE]
        if _asks_passphrase(service, session) and not opens_file(service, session.traveler_id, passphrase):
            # A wrong one leads home without a word.
            return see("/home")
        note_export(service, session.traveler_id)
        body = json.dumps(export_traveler(service, session.traveler_id), ensure_ascii=False, indent=2)
        headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{FILE_NAME}"'}
        return Response(body, media_type="application/json", headers=headers)

    @routes.get(ERASE)
    def doubt(request: Request, session: Session = whose) -> Response:
        trip = _hers(service, session)
        if trip is not None:
            return Running(service, request, trip).form("my_data_erase.html", Typed(), runs=True)
        return _form_without_trip(service, request)

    @routes.post(ERASE)
    def erase(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        trip = _hers(service, session)
        # Before it ends: afterwards there may be nothing to say a time of.
        running = Running(service, request, trip) if trip is not None else None
        word = word_of(trip, typed) if trip is not None else None
        ended = request_erasure(service, session.traveler_id, word=word, sender=session.token_hash, once=once_of(typed))
        if running is not None and ended is not None:
            return running.noted(_said(running))
        gone = page(request, "my_data_gone.html", copies=days_said(kept_for(BACKUPS), language_of(request)))
        gone.headers["Clear-Site-Data"] = '"cache", "storage"'
        return forget_session(gone)

    return routes


def _hers(service: Service, session: Session) -> MyTrip | None:
    """Her running trip, if there is one. In a trip with words these pages lie behind the passphrase.

    Raises:
        Elsewhere: they are closed: to her own page, without a word.
    """
    trip = my_trip(service, session.traveler_id)
    if trip is None or not trip.armed:
        return None
    if trip.secret and not session.sees(trip.key.trip_id):
        raise Elsewhere("/home")
    return trip


def _asks_passphrase(service: Service, session: Session) -> bool:
    """Whether the file lies behind a passphrase that this session has not given just now."""
    key = guarding_trip(service, session.traveler_id)
    return key is not None and not session.sees(key.trip_id)


def _form_without_trip(service: Service, request: Request) -> Response:
    nothing: dict[str, Any] = {"has_words": False, "due": "", "begins": "", "place": "", "runs": False}
    csrf = form_token(service, request)
    return page(request, "my_data_erase.html", form=Typed(), csrf=csrf, once=fresh_once(), **nothing)


def _kept(language: str) -> Iterator[str]:
    _: Translate = translator(language)
    for what, sentence in KEPT:
        yield _(sentence).format(time=days_said(kept_for(what), language))
    yield _("Your name and your numbers: until you erase them here.")


def _said(running: Running) -> Iterator[str]:
    _, at, due = running.translate, running.when(running.facts.effective_at), running.when(running.facts.due)
    if running.has_words:
        yield _("With one of your words everything is erased now, and the trip has ended.")
        yield _(
            "Without one it is erased on {time}, and your people are told today that a change was asked for."
        ).format(time=at)
    else:
        yield _("Everything is erased on {time}. Your people are told today that a change was asked for.").format(
            time=at
        )
    if due:
        yield _("Until then please answer as always. The next answer is due: {time}.").format(time=due)
