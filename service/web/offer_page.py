"""`/offer`: paste an ad, read what its words show and what to ask back. For anybody; no cookie, no script, no trace.

The form needs no token: whoever sends it changes nothing. What a check found goes to a trip only by a second form,
which has one.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response

from service.core.offer import Check
from service.texts import known_language
from service.usecases.check_offer import LONGEST_FACT, OfferDesk, keep_signs
from service.usecases.context import Service
from service.usecases.my_trip import my_trip
from service.usecases.problems import NEEDED, FieldProblem
from service.usecases.sessions import Session
from service.web.forms import Typed, read_form
from service.web.guard import filled_in, form_token, session_of, signed_in
from service.web.pages import language_of, page
from service.web.visitor import visitor_of
from service.web.wizard import draft_of, see

TEXT = "text"
KEEP_SIGNS, KEEP_TEXT = "keep", "keep_text"
LONGEST = 6000
"""Characters: as a form sends them they fill what we take."""
OPENLY = 6
"""The heaviest findings; the others are folded away, so that these are read."""


def router(service: Service) -> APIRouter:
    """The form, the result, and its way into a draft."""
    routes = APIRouter(include_in_schema=False)
    desk, whose, filled = OfferDesk(service), Depends(signed_in(service)), Depends(filled_in(service))
    sent = Depends(read_form)

    def shown(request: Request, form: Typed, found: Check | None = None) -> Response:
        has_draft = found is not None and bool(found.findings) and _has_draft(service, request)
        return page(
            request,
            "offer.html",
            status=422 if form.problems else 200,
            form=form,
            found=found,
            said=known_language(language_of(request)),
            openly=OPENLY,
            most=LONGEST,
            kept=LONGEST_FACT,
            csrf=form_token(service, request) if has_draft else "",
        )

    @routes.get("/offer")
    def ask(request: Request) -> Response:
        return shown(request, Typed())

    # Its words are read in a thread: whoever answers a reminder meanwhile must not wait for it.
    @routes.post("/offer")
    def check(request: Request, form: Typed = sent) -> Response:
        text = form.text(TEXT)
        if not any(letter.isalnum() for letter in text):
            return shown(request, form.refused([FieldProblem(TEXT, NEEDED)]))
        return shown(request, form, desk.check(text[:LONGEST], visitor=visitor_of(request)))

    @routes.post("/offer/keep")
    def keep(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        key, text = draft_of(service, session), typed.text(TEXT)[:LONGEST]
        signs, advert = typed.says(KEEP_SIGNS), typed.says(KEEP_TEXT)
        if text and (signs or advert):
            found = desk.check(text) if signs else None
            keep_signs(service, key, found, known_language(language_of(request)), text if advert else "")
        return see("/trip/work")

    return routes


def _has_draft(service: Service, request: Request) -> bool:
    session = session_of(service, request)
    trip = my_trip(service, session.traveler_id) if session is not None else None
    return trip is not None and not trip.armed
