"""`/trip/card`: a card for her pocket, to look at, to copy by hand or to print. Nothing of it is stored."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from service.usecases.context import Service
from service.usecases.drafts import TripKey
from service.usecases.my_trip import my_trip
from service.usecases.sessions import Session
from service.usecases.show_card import CardFacts, show_card
from service.web.card import Card, card_of
from service.web.forms import Typed
from service.web.guard import filled_in, form_token, signed_in
from service.web.hand_over_page import as_pdf
from service.web.pages import language_of, page
from service.web.trip_access import open_trip

LONGEST_NAME = 40


def router(service: Service) -> APIRouter:
    """The card."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    def shown(request: Request, facts: CardFacts, form: Typed) -> Response:
        language = language_of(request)
        return page(
            request,
            "card.html",
            csrf=form_token(service, request),
            form=form,
            people=facts.people,
            has_words=facts.has_words,
            card=_card(facts, form, language),
        )

    @routes.get("/trip/card")
    def show(request: Request, session: Session = whose) -> Response:
        facts = show_card(service, _trip(service, session))
        return shown(request, facts, _as_offered(facts))

    @routes.post("/trip/card")
    async def chosen(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        return await run_in_threadpool(_chosen, request, session, typed)

    def _chosen(request: Request, session: Session, typed: Typed) -> Response:
        facts = show_card(service, _trip(service, session))
        if typed.text("do") != "paper":
            return shown(request, facts, typed)
        # Large, and only for who prints.
        from service.web.card_pdf import write_card

        language = language_of(request)
        return as_pdf(write_card(_card(facts, typed, language), language), "card.pdf")

    return routes


def _trip(service: Service, session: Session) -> TripKey:
    """The trip that she plans, or her running one as far as this session may see it.

    Raises:
        Elsewhere: she has none, or the private page is closed.
    """
    trip = my_trip(service, session.traveler_id)
    if trip is not None and not trip.armed:
        return trip.key
    return open_trip(service, session).key


def _as_offered(facts: CardFacts) -> Typed:
    """Before she chooses: who has said yes, under their own names."""
    pairs = [("who", str(one.contact_id)) for one in facts.people if one.accepted]
    if facts.has_words:
        pairs.append(("question", "1"))
    return Typed(pairs)


def _card(facts: CardFacts, form: Typed, language: str) -> Card:
    chosen = set(form.texts("who"))
    names = {one: form.text(f"name-{one}")[:LONGEST_NAME] for one in chosen}
    return card_of(facts, names, language, question=facts.has_words and form.says("question"))
