"""`/trip/ready`: the whole trip to read once more, what is missing, and the button that begins it.

`/trip/begun`: shown for some minutes after that: how to answer from now on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request, Response

from service.core.wording import Translate
from service.core.wording_checklist import TITLES
from service.core.wording_later import LATER
from service.core.wording_text import N_
from service.texts import translator
from service.usecases.arm import arm
from service.usecases.chat_links import is_offered
from service.usecases.checklist_shown import show_checklist
from service.usecases.context import Service
from service.usecases.drafts import TripKey
from service.usecases.my_trip import my_trip
from service.usecases.places import zone_label
from service.usecases.problems import Conflict409, Elsewhere
from service.usecases.readiness import PhoneProof, Readiness, show_readiness
from service.usecases.sessions import Session
from service.usecases.set_words import NEEDS_A_LISTENER
from service.usecases.show_begun import show_begun
from service.usecases.simulated import simulated_phones
from service.usecases.trip_letter import show_letter
from service.usecases.typed_numbers import shown_number
from service.web.forms import ONCE, Typed
from service.web.guard import filled_in, signed_in
from service.web.letter import moment_said, say_letter
from service.web.pages import language_of, page
from service.web.wizard import PATH, draft_of, see, step_page

BEGUN = f"{PATH}/begun"
OFFER_SIGNS = "offer_signs"
"""Under which she keeps what the check of the offer found, among the facts about her."""

_BLOCKING = {
    "name": (N_("Your name is missing. Your people must be told whose trip it is."), f"{PATH}/who"),
    "accepted_contact": (N_("Nobody has accepted yet. One person at least must say yes first."), f"{PATH}/people"),
    "full_contact": (NEEDS_A_LISTENER, f"{PATH}/people"),
    "deadline": (N_("You have not said yet when you answer, or no such time lies ahead."), f"{PATH}/plan"),
    "passphrase": (N_("Your private page has no passphrase yet."), f"{PATH}/words"),
    "phone_in_use": (N_("A trip with your number is under way already. It has to end first."), "/home"),
    "operator": (N_("Whoever runs this service has not said yet who steps in when nobody can be reached."), ""),
}
_OTHERWISE = N_("Something is missing that we cannot name here.")
_STEPS = {"destination": "where", "ends_at": "where", "consulate": "consulate"}
"""Where a section's facts are told; those of the others belong to the step about work."""


@dataclass(frozen=True, slots=True)
class Lack:
    """What is missing, in a sentence, and where to mend it ("" where she cannot)."""

    said: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Phone:
    """One of her numbers. `heard`: when a text last came from it ("" for never); `stopped`: it has told us STOP."""

    number: str
    heard: str
    stopped: bool


def router(service: Service) -> APIRouter:
    """The last step, and the page that follows it."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    def show_step(request: Request, key: TripKey, status: int = 200) -> Response:
        language = language_of(request)
        _ = translator(language)
        ready, letter = show_readiness(service, key), show_letter(service, key)
        before = show_checklist(service, key)
        return step_page(
            service,
            request,
            "ready",
            "wizard_ready.html",
            Typed(),
            status=status,
            whose=letter.name,
            letter=say_letter(letter, language),
            blocking=[_blocking(code, _) for code in ready.blocking],
            advice=list(_advice(ready, _)),
            facts=[(_(LATER[field]), _step_of(field)) for field in ready.unknown if field in LATER],
            phones=[_phone(phone, letter.home_zone, language) for phone in ready.phones],
            text_to=shown_number(ready.number_to_text) if ready.number_to_text else "",
            still_open=[(_(TITLES[one.point]), one.point.value, one.warns) for one in before.open],
            offer_signs=str((letter.details.get("person") or {}).get(OFFER_SIGNS) or ""),
            simulated=simulated_phones(service) is not None,
            chats_offered=is_offered(service),
        )

    @routes.get("/trip/ready")
    def show(request: Request, session: Session = whose) -> Response:
        return show_step(request, draft_of(service, session))

    @routes.post("/trip/ready")
    def begin(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        trip = my_trip(service, session.traveler_id)
        if trip is not None and trip.armed:
            # Pressed twice, or gone back to.
            return see(BEGUN)
        key = draft_of(service, session)
        try:
            arm(service, key, once=typed.text(ONCE)[:64] or None)
        except Conflict409 as refused:
            if "already_armed" in refused.missing:
                return see(BEGUN)
            return show_step(request, key, 409)
        return see(BEGUN)

    @routes.get(BEGUN)
    def begun(request: Request, session: Session = whose) -> Response:
        trip = my_trip(service, session.traveler_id)
        shown = show_begun(service, trip.key) if trip is not None else None
        if shown is None:
            raise Elsewhere("/home")
        language = language_of(request)
        return page(
            request,
            "trip_begun.html",
            due=moment_said(shown.due, shown.zone, language) if shown.due else "",
            place=zone_label(shown.zone, language),
            check_in_url=shown.check_in_url,
            number=shown_number(shown.number_to_text) if shown.number_to_text else "",
            has_words=shown.has_words,
        )

    return routes


def _blocking(code: str, _: Translate) -> Lack:
    said, href = _BLOCKING.get(code, (_OTHERWISE, ""))
    return Lack(_(said), href)


def _advice(ready: Readiness, _: Translate) -> Iterator[Lack]:
    """What she may begin without, but had better not."""
    people = f"{PATH}/people"
    if ready.alone and "accepted_contact" not in ready.blocking:
        yield Lack(_("Only one person is named. Two are better: one may be asleep or have no signal."), people)
    if ready.asked:
        said = _("Have not said yes yet, and hear nothing until then: {names}.").format(names=", ".join(ready.asked))
        yield Lack(said, people)


def _step_of(field: str) -> str:
    return f"{PATH}/{_STEPS.get(field.partition('.')[0], 'work')}"


def _phone(phone: PhoneProof, zone: str, language: str) -> Phone:
    heard = moment_said(phone.heard_at, zone, language) if phone.heard_at else ""
    return Phone(shown_number(phone.number), heard, phone.suppressed)
