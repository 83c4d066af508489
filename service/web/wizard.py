"""The steps of planning a trip: their order, their frame, and whose draft they work on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from service.core.wording_text import N_
from service.texts import translator
from service.usecases.context import Service
from service.usecases.drafts import TripKey
from service.usecases.my_trip import my_trip
from service.usecases.problems import Elsewhere
from service.usecases.sessions import Session
from service.web.forms import ONCE, Typed, fresh_once
from service.web.guard import form_token
from service.web.pages import HEADERS, language_of, page

PATH = "/trip"


@dataclass(frozen=True, slots=True)
class Step:
    """A step by its name in the path; `title` is an English text."""

    name: str
    title: str

    @property
    def path(self) -> str:
        return f"{PATH}/{self.name}"


STEPS = (
    Step("who", N_("Who you are")),
    Step("where", N_("Where and when")),
    Step("work", N_("Who employs you, who arranged it")),
    Step("consulate", N_("Your consulate")),
    Step("plan", N_("When you answer")),
    Step("people", N_("Whom to tell")),
    Step("words", N_("Words and a question")),
    Step("texts", N_("What they will receive")),
    Step("rehearsal", N_("Rehearsal")),
    Step("ready", N_("Begin")),
)
PLACES = {step.name: number for number, step in enumerate(STEPS)}


def draft_of(service: Service, session: Session) -> TripKey:
    """The draft that she is planning.

    Raises:
        Elsewhere: she has none yet, or her trip has begun.
    """
    trip = my_trip(service, session.traveler_id)
    if trip is None:
        raise Elsewhere(f"{PATH}/where")
    if trip.armed:
        raise Elsewhere("/home")
    return trip.key


def refuse_armed(service: Service, session: Session) -> TripKey | None:
    """The draft that she is planning, or None when she begins one.

    Raises:
        Elsewhere: her trip has begun.
    """
    trip = my_trip(service, session.traveler_id)
    if trip is not None and trip.armed:
        raise Elsewhere("/home")
    return None if trip is None else trip.key


def step_page(
    service: Service, request: Request, name: str, template: str, form: Typed, status: int | None = None, **more: Any
) -> Response:
    """A step's page: 422 when the form came back with mistakes."""
    number = PLACES[name]
    _ = translator(language_of(request))
    steps = [
        {
            "name": step.name,
            "title": _(step.title),
            "href": step.path,
            "state": "done" if place < number else "now" if place == number else "ahead",
        }
        for place, step in enumerate(STEPS)
    ]
    return page(
        request,
        template,
        status=status or (422 if form.problems else 200),
        form=form,
        steps=steps,
        number=number + 1,
        back=steps[number - 1]["href"] if number else "",
        csrf=form_token(service, request),
        # The same filling-in keeps its name when it comes back with mistakes.
        once=form.text(ONCE) or fresh_once(),
        **more,
    )


def go_on(name: str) -> Response:
    """To the step after this one."""
    return see(STEPS[PLACES[name] + 1].path)


def see(path: str) -> Response:
    """What was sent is stored: look at this page now."""
    return RedirectResponse(path, status_code=303, headers=dict(HEADERS))
