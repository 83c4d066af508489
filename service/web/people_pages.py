"""`/people`: a traveler's trusted people on the way. One is added, hands over to another, or leaves the list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from service.core.wording import Translate
from service.core.wording_text import N_, tidy
from service.usecases.changes import AddContact, HandOver, RemoveContact
from service.usecases.chat_links import address_of_link
from service.usecases.contacts import ContactForm
from service.usecases.context import Service
from service.usecases.people_now import PersonNow, people_now
from service.usecases.problems import FieldProblem, Invalid, NotFound
from service.usecases.request_change import request_change
from service.usecases.sessions import Session
from service.web.contact_form import (
    contact_of,
    contact_problems,
    fresh_contact,
    language_choices,
    place_choices,
    ways_of,
)
from service.web.forms import Typed
from service.web.forms_numbers import number_countries
from service.web.guard import filled_in, signed_in
from service.web.running import Running, once_of, word_of
from service.web.trip_access import open_trip
from service.web.wizard import see

PATH = "/people"
ADDED, TAKEN_OVER = "add_contact.", "hand_over.contact."
STANDING = {
    "accepted": N_("has accepted"),
    "invited": N_("asked, has not answered yet"),
    "refused": N_("has said no and is told nothing"),
    "expired": N_("has not answered for a week and is told nothing"),
}
UNPROVEN = N_("has not said that the number is still right: please ask")
STEPS = (N_("is told first"), N_("is told second"), N_("is told third"))


def router(service: Service) -> APIRouter:
    """Her people, a new one, one who hands over, one who leaves."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    def running_of(request: Request, session: Session) -> Running:
        return Running(service, request, open_trip(service, session))

    @routes.get(PATH)
    def people(request: Request, session: Session = whose) -> Response:
        running = running_of(request, session)
        people = people_now(service, running.trip.key)
        links = (address_of_link(service, person.chat_token) for person in people)
        lines = [{**_line(person, running.translate), "link": link} for person, link in zip(people, links, strict=True)]
        return running.form("people.html", Typed(), people=lines)

    @routes.get(f"{PATH}/add")
    def ask(request: Request, session: Session = whose) -> Response:
        running = running_of(request, session)
        return _contact(service, running, request, "people_add.html", fresh_contact(service, running.language))

    @routes.post(f"{PATH}/add")
    def add(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        running = running_of(request, session)
        form: ContactForm | None = None
        try:
            form = contact_of(service, typed)
            key, once = running.trip.key, once_of(typed)
            request_change(service, key, AddContact(form), word=None, sender=session.token_hash, once=once)
        except Invalid as refused:
            return _contact(service, running, request, "people_add.html", typed.refused(_beside(refused, form, ADDED)))
        return running.noted(_added(running, form), back=PATH, timed=False)

    @routes.get(f"{PATH}/{{contact_id}}/hand-over")
    def name(request: Request, contact_id: str, session: Session = whose) -> Response:
        running = running_of(request, session)
        person = _person(service, running, contact_id)
        typed = fresh_contact(service, running.language)
        return _contact(service, running, request, "people_hand_over.html", typed, person=person)

    @routes.post(f"{PATH}/{{contact_id}}/hand-over")
    def hand_over(request: Request, contact_id: str, session: Session = whose, typed: Typed = filled) -> Response:
        running = running_of(request, session)
        person = _person(service, running, contact_id)
        key, word = running.trip.key, word_of(running.trip, typed)
        form: ContactForm | None = None
        try:
            form = contact_of(service, typed)
            change = HandOver(person.contact_id, form)
            request_change(service, key, change, word=word, sender=session.token_hash, once=once_of(typed))
        except Invalid as refused:
            problems = typed.refused(_beside(refused, form, TAKEN_OVER))
            return _contact(service, running, request, "people_hand_over.html", problems, person=person)
        return running.noted(_handed_over(running, person, form), back=PATH)

    @routes.get(f"{PATH}/{{contact_id}}/remove")
    def doubt(request: Request, contact_id: str, session: Session = whose) -> Response:
        running = running_of(request, session)
        return running.form("people_remove.html", Typed(), person=_person(service, running, contact_id))

    @routes.post(f"{PATH}/{{contact_id}}/remove")
    def remove(request: Request, contact_id: str, session: Session = whose, typed: Typed = filled) -> Response:
        running = running_of(request, session)
        person = _known(service, running, contact_id)
        if person is None or not person.here:
            # Sent twice, it is done already.
            return see(PATH)
        key, word = running.trip.key, word_of(running.trip, typed)
        unsafe = running.has_words and typed.says("unsafe")
        change = RemoveContact(person.contact_id, unsafe)
        request_change(service, key, change, word=word, sender=session.token_hash, once=once_of(typed))
        return running.noted(_removed(running, person, unsafe=unsafe), back=PATH)

    return routes


def _line(person: PersonNow, _: Translate) -> dict[str, object]:
    """A line of the list, in the reader's words."""
    step = ""
    if person.step is not None:
        known = person.step <= len(STEPS)
        step = _(STEPS[person.step - 1]) if known else _("is told in step {number}").format(number=person.step)
    unproven = _(UNPROVEN) if person.unproven and person.status == "accepted" else ""
    return {
        "id": person.contact_id,
        "name": person.name,
        "relation": person.relation,
        "here": person.here,
        "accepted": person.status == "accepted",
        "standing": ", ".join(one for one in (_(STANDING.get(person.status, "")), step, unproven) if one),
        "successor": person.successor,
        "takes_over": person.takes_over,
        "may_hand_over": person.here and not person.successor,
    }


def _contact(
    service: Service, running: Running, request: Request, template: str, typed: Typed, **more: Any
) -> Response:
    _, ways = running.translate, ways_of(service)
    return running.form(
        template,
        typed,
        languages_known=language_choices(service, _),
        ways=[replace(way, title=_(way.title)) for way in ways],
        fields=list(dict.fromkeys(way.field for way in ways)),
        places=place_choices(service, _),
        countries=number_countries(request),
        **more,
    )


def _beside(refused: Invalid, form: ContactForm | None, path: str) -> list[FieldProblem]:
    """What was found, beside the boxes; what is said of the change as a whole stands above them."""
    if form is None:
        return list(refused.problems)
    own = [replace(one, field=one.field.removeprefix(path)) for one in refused.problems]
    return contact_problems(form, own)


def _known(service: Service, running: Running, contact_id: str) -> PersonNow | None:
    """Raises `NotFound` for what is no id."""
    try:
        wanted = UUID(contact_id)
    except ValueError:
        raise NotFound from None
    return next((one for one in people_now(service, running.trip.key) if one.contact_id == wanted), None)


def _person(service: Service, running: Running, contact_id: str) -> PersonNow:
    """One who is on the list. Raises `NotFound` for anybody else."""
    person = _known(service, running, contact_id)
    if person is None or not person.here:
        raise NotFound
    return person


def _added(running: Running, form: ContactForm) -> list[str]:
    _, name = running.translate, tidy(form.name)
    return [
        _("We ask {name} today. From the moment of accepting, {name} is one of your people.").format(name=name),
        _("No answer within a week means no. You can see it on this list."),
    ]


def _handed_over(running: Running, person: PersonNow, form: ContactForm) -> list[str]:
    _, begins = running.translate, running.when(running.facts.effective_at)
    asked = _("We ask {new} today. {old} stays until {new} has accepted.").format(new=tidy(form.name), old=person.name)
    if running.has_words:
        then = _("With one of your words nothing else is waited for. Without one {old} stays until {time} at least.")
    else:
        then = _("{old} also stays until {time} at least. Your other people are told that one of them leaves.")
    return [
        asked,
        then.format(old=person.name, time=begins),
        _("If the answer is no, or none comes within a week, all stays as it is."),
    ]


def _removed(running: Running, person: PersonNow, *, unsafe: bool) -> list[str]:
    _, begins = running.translate, running.when(running.facts.effective_at)
    if unsafe:
        said = _(
            "With one of your words {name} is gone now and hears nothing more. Without one {name} leaves on {time}."
        )
    elif running.has_words:
        said = _("With one of your words {name} leaves the list now. Without one {name} leaves it on {time}.")
    else:
        said = _("{name} leaves the list on {time}. Your other people are told that one of them leaves.")
    return [said.format(name=person.name, time=begins)]
