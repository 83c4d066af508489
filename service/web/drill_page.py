"""`/trip/drill`: the numbers to know by heart. One is shown, then hidden and asked for; three times over a week.

Every step is a page of its own, so that it works without a script. What was typed is kept nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request, Response

from service.core.drill import ROUNDS
from service.core.wording import Translate
from service.texts import translator
from service.usecases.checklist_shown import show_drill
from service.usecases.checklist_told import practise
from service.usecases.context import Service
from service.usecases.countries import date_said
from service.usecases.drill import WHOSE, Drill, Practised
from service.usecases.problems import FieldProblem, Invalid
from service.usecases.sessions import Session
from service.usecases.times import whole_day
from service.usecases.typed_numbers import shown_number
from service.web.checklist_page import list_of
from service.web.fields import LINE
from service.web.forms import Typed
from service.web.guard import filled_in, form_token, signed_in
from service.web.pages import language_of, page
from service.web.wizard import see

PATH = "/trip/drill"


@dataclass(frozen=True, slots=True)
class Card:
    """A number in words. `of`: the date of our list's, or "". `place`: its own among her numbers, by which it is asked
    for; `times`: how often she knew it; `due`: the day from which on it is asked for again, "" for now or never."""

    place: int
    whose: str
    number: str
    of: str
    times: int
    known: bool
    due: str


def router(service: Service) -> APIRouter:
    """The drill."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    def shown(request: Request, drill: Drill, asked: int | None, form: Typed, said: str) -> Response:
        language = language_of(request)
        _ = translator(language)
        cards = [_card(place, one, drill, language, _) for place, one in enumerate(drill.numbers)]
        return page(
            request,
            "drill.html",
            csrf=form_token(service, request),
            form=form,
            status=422 if form.problems else 200,
            cards=cards,
            asked=cards[asked] if asked is not None and asked < len(cards) else None,
            next=next((card for card, one in zip(cards, drill.numbers, strict=True) if one.is_due(drill.today)), None),
            said=said,
            rounds=ROUNDS,
        )

    @routes.get(PATH)
    def show(request: Request, session: Session = whose, ask: str = "", said: str = "") -> Response:
        drill = show_drill(service, list_of(service, session))
        asked = int(ask) if ask.isascii() and ask.isdigit() and len(ask) < 3 else None
        return shown(request, drill, asked, Typed(), said if said in ("right", "wrong") else "")

    @routes.post(PATH)
    def answer(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        key = list_of(service, session)
        drill, place = show_drill(service, key), typed.text("place")
        if not (place.isascii() and place.isdigit() and len(place) < 3 and int(place) < len(drill.numbers)):
            return see(PATH)
        number = drill.numbers[int(place)].number.number
        try:
            right = practise(service, key, number, typed.text("typed")[:LINE])
        except Invalid as refused:
            return shown(request, drill, int(place), typed.refused(_beside(refused)), "")
        return see(f"{PATH}?said=right" if right else f"{PATH}?said=wrong&ask={place}#shown")

    return routes


def _beside(refused: Invalid) -> list[FieldProblem]:
    return [FieldProblem("typed", one.message, one.values) for one in refused.problems]


def _card(place: int, one: Practised, drill: Drill, language: str, _: Translate) -> Card:
    number = one.number
    return Card(
        place=place,
        whose=_(WHOSE[number.whose]).format(name=number.name),
        number=shown_number(number.number) if number.number.startswith("+") else number.number,
        of=date_said(number.of, language),
        times=len(one.rounds),
        known=one.due is None,
        due=whole_day(one.due, language) if one.due is not None and one.due > drill.today else "",
    )
