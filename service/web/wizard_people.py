"""`/trip/people`: whom to tell. Each is asked first; each may be described anew, asked again or taken off the list."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from service.core.ladder import Role
from service.texts import translator
from service.usecases.chat_links import TELEGRAM, address_of_link
from service.usecases.contacts import ContactForm, add_contact, change_contact, remove_contact
from service.usecases.context import Service
from service.usecases.invite_again import InvitedLately, invite_again
from service.usecases.problems import Conflict409, Invalid, NotFound
from service.usecases.sessions import Session
from service.usecases.show_people import People, TrustedPerson, show_people
from service.usecases.typed_numbers import shown_number
from service.web.contact_form import (
    contact_of,
    contact_problems,
    fresh_contact,
    language_choices,
    place_choices,
    typed_contact,
    ways_of,
)
from service.web.forms import ONCE, Typed
from service.web.forms_numbers import number_countries
from service.web.guard import filled_in, signed_in
from service.web.local_times import local, moment_said
from service.web.order_view import view_order
from service.web.pages import language_of
from service.web.wizard import draft_of, see, step_page

PATH = "/trip/people"
ENOUGH = 2
"""People who have accepted or may still; with fewer we advise one more."""


@dataclass(frozen=True, slots=True)
class PersonView:
    """A line of the list. `status`: invited, accepted, refused or expired; `at`: when she was asked; `again`: from when
    on she may be asked once more, "" for now, None when she has answered; `link`: what is to be passed on to her."""

    person: TrustedPerson
    reach: tuple[str, ...]
    at: str
    again: str | None
    link: str = ""


def router(service: Service) -> APIRouter:
    """The list, and a page for each person."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = signed_in(service), filled_in(service)

    @routes.get(PATH)
    def people(request: Request, session: Session = Depends(whose)) -> Response:
        shown = show_people(service, draft_of(service, session))
        if not shown.people:
            return _form(service, request, fresh_contact(service, language_of(request)))
        return _list(service, request, shown)

    @routes.get(f"{PATH}/add")
    def ask(request: Request, session: Session = Depends(whose)) -> Response:
        draft_of(service, session)
        return _form(service, request, fresh_contact(service, language_of(request)))

    @routes.post(PATH)
    @routes.post(f"{PATH}/add")
    def add(request: Request, session: Session = Depends(whose), typed: Typed = Depends(filled)) -> Response:
        key = draft_of(service, session)
        form: ContactForm | None = None
        try:
            form = contact_of(service, typed)
            add_contact(service, key, form, once=typed.text(ONCE) or None)
        except Invalid as refused:
            found = refused.problems if form is None else contact_problems(form, refused.problems)
            return _form(service, request, typed.refused(found))
        return see(PATH)

    @routes.get(f"{PATH}/{{contact_id}}")
    def describe(request: Request, contact_id: str, session: Session = Depends(whose)) -> Response:
        person = _person(show_people(service, draft_of(service, session)), contact_id)
        return _form(service, request, typed_contact(service, person), person)

    @routes.post(f"{PATH}/{{contact_id}}")
    def change(
        request: Request, contact_id: str, session: Session = Depends(whose), typed: Typed = Depends(filled)
    ) -> Response:
        key = draft_of(service, session)
        person = _person(show_people(service, key), contact_id)
        form: ContactForm | None = None
        try:
            form = contact_of(service, typed, person)
            change_contact(service, key, person.contact_id, partial(_instead, form))
        except Invalid as refused:
            found = refused.problems if form is None else contact_problems(form, refused.problems)
            return _form(service, request, typed.refused(found), person)
        return see(PATH)

    @routes.get(f"{PATH}/{{contact_id}}/remove")
    def doubt(request: Request, contact_id: str, session: Session = Depends(whose)) -> Response:
        person = _person(show_people(service, draft_of(service, session)), contact_id)
        return step_page(service, request, "people", "wizard_person_remove.html", Typed(), person=person)

    @routes.post(f"{PATH}/{{contact_id}}/remove")
    def remove(contact_id: str, session: Session = Depends(whose), typed: Typed = Depends(filled)) -> Response:
        remove_contact(service, draft_of(service, session), _id(contact_id), once=typed.text(ONCE) or None)
        return see(PATH)

    @routes.post(f"{PATH}/{{contact_id}}/invite", dependencies=[Depends(filled)])
    def again(contact_id: str, session: Session = Depends(whose)) -> Response:
        # Too early, or answered meanwhile: the list says so.
        with suppress(InvitedLately, Conflict409):
            invite_again(service, draft_of(service, session), _id(contact_id))
        return see(PATH)

    return routes


def _list(service: Service, request: Request, shown: People) -> Response:
    language = language_of(request)
    _ = translator(language)
    return step_page(
        service,
        request,
        "people",
        "wizard_people.html",
        Typed(),
        people=[_view(service, shown, person, language) for person in shown.people],
        order=view_order(shown, shown.ladder, language, _),
        is_usual=shown.is_usual,
        one_more=len(shown.present) < ENOUGH,
        has_helper=any(one.role == Role.CASEWORKER for one in shown.present),
    )


def _form(service: Service, request: Request, typed: Typed, person: TrustedPerson | None = None) -> Response:
    _ = translator(language_of(request))
    ways = ways_of(service)
    return step_page(
        service,
        request,
        "people",
        "wizard_person.html",
        typed,
        person=person,
        languages_known=language_choices(service, _, person.language if person else ""),
        ways=[replace(way, title=_(way.title)) for way in ways],
        fields=list(dict.fromkeys(way.field for way in ways)),
        places=place_choices(service, _),
        countries=number_countries(request),
    )


def _instead(form: ContactForm, _before: ContactForm) -> ContactForm:
    return form


def _person(shown: People, contact_id: str) -> TrustedPerson:
    """Raises `NotFound` for an id that is no id, unknown or of another trip."""
    wanted = _id(contact_id)
    for one in shown.people:
        if one.contact_id == wanted:
            return one
    raise NotFound


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


def _view(service: Service, shown: People, person: TrustedPerson, language: str) -> PersonView:
    again = None
    if person.again_at is not None:
        again = "" if person.again_at <= shown.now else moment_said(local(person.again_at, shown.home_zone), language)
    return PersonView(
        person=person,
        reach=tuple(dict.fromkeys(_reach(channel, address) for channel, address in person.channels)),
        at=moment_said(local(person.invited_at, shown.home_zone), language),
        again=again,
        link=address_of_link(service, person.chat_token),
    )


def _reach(channel: str, address: str) -> str:
    """An address as it is shown; a chat's says nothing to anybody."""
    return "Telegram" if channel == TELEGRAM else shown_number(address)
