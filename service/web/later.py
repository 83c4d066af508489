"""`/later`: what she wanted to tell later, and who has her passport, asked while the trip is under way."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from service.core.own_notes import HOLDERS, Holder, is_amber
from service.core.wording_later import LATER
from service.core.wording_text import N_, Translate
from service.core.zones import instant_of
from service.texts import translator
from service.usecases.context import Service
from service.usecases.drafts import TripKey
from service.usecases.own_notes import show_own, tell_passport
from service.usecases.problems import Elsewhere, FieldProblem, Invalid, Problems
from service.usecases.sessions import Session
from service.usecases.trip_facts import fill_in
from service.usecases.unknown_facts import open_fields
from service.web.compact_rows import compacted
from service.web.fields import Form, Place
from service.web.forms import Typed, collect
from service.web.forms_dates import day_of
from service.web.forms_facts import FIELDS, read_sections, stored_facts
from service.web.forms_numbers import number_countries
from service.web.guard import filled_in, form_token, signed_in
from service.web.pages import language_of, page
from service.web.trip_access import open_trip
from service.web.wizard import see
from service.web.wizard_where import MIDNIGHT

NOTHING_YET = N_("Fill in at least one of them, or come back later.")
PASSPORT = "passport"
"""The question who has it."""
PAPERS = "/papers"
"""What the law says of passports: whoever does not have her own is led there."""
COMPANIONS = range(3)
"""Rows for those who travel with her."""


class _Address(Form):
    address: Place


class _Where(Form):
    destination: _Address


def router(service: Service) -> APIRouter:
    """The page of what is still to be told."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    def shown(request: Request, key: TripKey, form: Typed) -> Response:
        _ = translator(language_of(request))
        titles = {field: _(LATER[field]) for field in _open(service, key)}
        ask_passport = show_own(service, key).ask_passport
        if not titles and not ask_passport:
            raise Elsewhere("/home")
        return page(
            request,
            "later.html",
            status=422 if form.problems else 200,
            form=form,
            csrf=form_token(service, request),
            fields={field: title[:1].upper() + title[1:] for field, title in titles.items()},
            companions=COMPANIONS,
            countries=number_countries(request),
            holders=holders(_) if ask_passport else [],
        )

    @routes.get("/later")
    def show(request: Request, session: Session = whose) -> Response:
        return shown(request, open_trip(service, session, otherwise="/home").key, Typed())

    @routes.post("/later")
    def save(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        key = open_trip(service, session, otherwise="/home").key
        typed = compacted(typed, "companions")
        holder = holder_of(typed)
        try:
            told = _read(service, key, typed)
            left = fill_in(service, key, told)
        except Invalid as refused:
            return shown(request, key, typed.refused(refused.problems))
        if holder is not None:
            tell_passport(service, key, holder)
        left_open = bool(left) or show_own(service, key).ask_passport
        if left_open and not told and holder is None:
            return shown(request, key, typed.refused([FieldProblem("later", NOTHING_YET)]))
        if holder is not None and is_amber(holder):
            return see(PAPERS)
        return see("/later" if left_open else "/home")

    return routes


def holders(_: Translate) -> list[tuple[str, str]]:
    """Who may have her passport, to choose from."""
    return [(holder.value, _(hers)) for holder, (hers, _sheet) in HOLDERS.items()]


def holder_of(typed: Typed) -> Holder | None:
    """Whom she chose; None when she chose nobody that can be chosen."""
    chosen = typed.text(PASSPORT)
    return Holder(chosen) if chosen in frozenset(Holder) else None


def _open(service: Service, key: TripKey) -> tuple[str, ...]:
    return open_fields(_details(service, key))


def _details(service: Service, key: TripKey) -> dict[str, Any]:
    return stored_facts(service, key, (*FIELDS, "companions", "destination", "legs"))


def _read(service: Service, key: TripKey, typed: Typed) -> dict[str, Any]:
    """What was told, section by section.

    Raises:
        Invalid: fields that cannot be used.
    """
    problems = Problems()
    sections = {name for field in LATER if (name := field.partition(".")[0]) in (*FIELDS, "companions")}
    told = {name: value for name, value in read_sections(service, typed, sorted(sections), problems).items() if value}
    if address := typed.text("destination.address"):
        where = collect(problems, _Where, {"destination": {"address": address}})
        told |= where.model_dump() if where is not None else {}
    if day := day_of(typed, "ends_at", problems):
        details = _details(service, key)
        last = (details.get("legs") or [details["destination"]])[-1]["zone"]
        told["ends_at"] = instant_of(last, day, MIDNIGHT).isoformat()
    problems.refuse()
    return told
