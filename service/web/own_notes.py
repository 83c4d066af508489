"""`/notes`: what she writes down for herself on the way. In a trip with words it lies behind the passphrase."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from babel.dates import format_date
from fastapi import APIRouter, Depends, Request, Response

from service.core.own_notes import HOLDERS, MOST_LETTERS, OwnNotes, is_amber
from service.core.self_check import QUESTIONS
from service.core.wording_text import N_, Translate
from service.texts import translator
from service.usecases.context import Service
from service.usecases.drafts import TripKey
from service.usecases.own_notes import (
    OwnPage,
    erase_note,
    join_note,
    keep_note,
    keep_signs,
    show_own,
    tell_passport,
)
from service.usecases.problems import FieldProblem, Invalid
from service.usecases.sessions import Session
from service.web.forms import Typed
from service.web.guard import filled_in, form_token, signed_in
from service.web.later import PAPERS, holder_of, holders
from service.web.local_times import local
from service.web.pages import language_of, page
from service.web.trip_access import open_trip
from service.web.wizard import see

PATH = "/notes"
NOBODY_CHOSEN = N_("Choose who has it.")


def router(service: Service) -> APIRouter:
    """Her own notes."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    def shown_to(request: Request, key: TripKey, form: Typed) -> Response:
        shown = show_own(service, key)
        language = language_of(request)
        _ = translator(language)
        return page(
            request,
            "own_notes.html",
            status=422 if form.problems else 200,
            csrf=form_token(service, request),
            form=form,
            holders=holders(_),
            held=list(_held(shown, language, _)),
            seen=list(_seen(shown, language, _)),
            asked=_asked(shown.notes, _),
            notes=[(one, _day(one.at, shown, language)) for one in shown.notes.notes],
            most=MOST_LETTERS,
            is_open=shown.is_open,
        )

    @routes.get(PATH)
    def show(request: Request, session: Session = whose) -> Response:
        return shown_to(request, _trip(service, session), Typed())

    @routes.post(PATH)
    def write(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        key, done = _trip(service, session), typed.text("do")
        number = typed.text("note")
        if done == "passport":
            holder = holder_of(typed)
            if holder is None:
                return shown_to(request, key, typed.refused([FieldProblem("passport", NOBODY_CHOSEN)]))
            tell_passport(service, key, holder)
            return see(PAPERS if is_amber(holder) else PATH)
        if done == "signs":
            keep_signs(service, key, typed.texts("sign"))
        elif done == "note":
            try:
                keep_note(service, key, typed.text("text"), joined=typed.says("joined"))
            except Invalid as refused:
                return shown_to(request, key, typed.refused(refused.problems))
        elif done == "join" and number.isdecimal():
            join_note(service, key, int(number[:9]))
        elif done == "erase" and number.isdecimal():
            erase_note(service, key, int(number[:9]))
        return see(PATH)

    return routes


def _trip(service: Service, session: Session) -> TripKey:
    return open_trip(service, session, otherwise="/home").key


def _held(shown: OwnPage, language: str, _: Translate) -> Iterator[tuple[str, str]]:
    """Who had her passport on which day, the newest first."""
    for one in shown.notes.held:
        yield _day(one.at, shown, language), _(HOLDERS[one.holder][0])


def _seen(shown: OwnPage, language: str, _: Translate) -> Iterator[tuple[str, str]]:
    """What she has put on the sheet, with its day."""
    texts = {one.sign: one.text for one in QUESTIONS}
    for name, at in shown.notes.signs.items():
        yield _day(at, shown, language), _(texts[name])


def _asked(notes: OwnNotes, _: Translate) -> list[tuple[str, str]]:
    return [(one.sign, _(one.text)) for one in QUESTIONS if one.sign not in notes.signs]


def _day(at: datetime, shown: OwnPage, language: str) -> str:
    return str(format_date(local(at, shown.zone).date(), "d MMMM", locale=language))
