"""`/trip/who`: what she tells of herself. The first step, and afterwards the page on which she changes it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from service.usecases.carriage import EMAIL
from service.usecases.context import Service
from service.usecases.my_trip import my_trip
from service.usecases.problems import Elsewhere, Invalid, Problems
from service.usecases.profile import ProfileForm, set_profile, show_profile
from service.usecases.sessions import Session
from service.usecases.typed_numbers import shown_number
from service.web.fields import Code, Form, Line, Name
from service.web.forms import Typed, collect
from service.web.forms_dates import day_of
from service.web.forms_numbers import number_countries
from service.web.guard import filled_in, form_token, signed_in
from service.web.pages import page
from service.web.wizard import go_on, see, step_page

LANGUAGES_BY_THEMSELVES = (("kk", "Қазақша"), ("ru", "Русский"), ("en", "English"))


class ProfileIn(Form):
    """What the form holds besides days."""

    name: Name
    latin_name: Annotated[Line, Field(max_length=120)] = ""
    citizenship: Code | None = None
    language: Code
    email: Line = ""


def router(service: Service) -> APIRouter:
    """The step "who"."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    def shown(request: Request, session: Session, form: Typed) -> Response:
        more: dict[str, Any] = {
            "countries": number_countries(request),
            "tongues": LANGUAGES_BY_THEMSELVES,
            "phone": shown_number(show_profile(service, session.traveler_id).phone),
            "by_email": EMAIL in service.senders,
        }
        if _has_begun(service, session):
            status = 422 if form.problems else 200
            csrf = form_token(service, request)
            return page(request, "profile.html", status=status, form=form, csrf=csrf, **more)
        return step_page(service, request, "who", "wizard_who.html", form, **more)

    @routes.get("/trip/who")
    def show(request: Request, session: Session = whose) -> Response:
        _has_begun(service, session)
        told = show_profile(service, session.traveler_id).told
        stored = {name: getattr(told, name) for name in ProfileForm.__dataclass_fields__}
        return shown(request, session, Typed.of(stored))

    @routes.post("/trip/who")
    def save(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        begun = _has_begun(service, session)
        try:
            set_profile(service, session.traveler_id, _read(typed))
        except Invalid as refused:
            return shown(request, session, typed.refused(refused.problems))
        return see("/home") if begun else go_on("who")

    return routes


def _has_begun(service: Service, session: Session) -> bool:
    """Whether a trip of hers is under way.

    Raises:
        Elsewhere: one with words is: what she told of herself is neither shown nor changed any more.
    """
    trip = my_trip(service, session.traveler_id)
    if trip is not None and trip.secret:
        raise Elsewhere("/home")
    return trip is not None and trip.armed


def _read(typed: Typed) -> ProfileForm:
    problems = Problems()
    born = day_of(typed, "birth_date", problems)
    names = ("name", "latin_name", "citizenship", "language", "email")
    told = collect(problems, ProfileIn, {name: typed.text(name) for name in names if typed.text(name)})
    problems.refuse()
    if told is None:
        raise Invalid(())
    return ProfileForm(told.name, told.language, told.latin_name, born, told.citizenship or "", told.email)
