"""`/number`: a traveler's numbers on the way. A new SIM is added by a code, an old one is taken off."""

from __future__ import annotations

import hmac

from fastapi import APIRouter, Depends, Request, Response

from service.core.wording_text import N_
from service.usecases.changes import RemoveNumber
from service.usecases.context import Service
from service.usecases.her_numbers import HerNumber, her_numbers
from service.usecases.missed_calls import number_to_call, set_missed_calls, show_missed_calls
from service.usecases.new_number import add_number, ask_number, asked_number
from service.usecases.problems import NEEDED, FieldProblem, Invalid, NotFound, Problems, TooManyTries
from service.usecases.request_change import request_change
from service.usecases.sessions import Session
from service.usecases.simulated import simulated_phones
from service.usecases.typed_numbers import shown_number
from service.web.forms import Typed
from service.web.forms_numbers import number_countries, number_of
from service.web.guard import filled_in, signed_in
from service.web.running import WORD, Running, once_of, word_of
from service.web.trip_access import open_trip
from service.web.wizard import see

PATH = "/number"
NUMBER_NEEDED = N_("Write the new number. The code goes to it.")


def router(service: Service) -> APIRouter:
    """Her numbers, a new one, one to take off."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    def running_of(request: Request, session: Session) -> Running:
        return Running(service, request, open_trip(service, session))

    def show(running: Running, request: Request, typed: Typed) -> Response:
        waiting = asked_number(service, running.trip.key)
        calls = show_missed_calls(service, running.trip.key)
        lines = [
            (shown_number(one.phone), running.when(one.goes_at), f"{PATH}/{_tag(service, one)}/remove")
            for one in her_numbers(service, running.trip.key)
        ]
        return running.form(
            "running_number.html",
            typed,
            numbers=lines,
            waiting=shown_number(waiting) if waiting else "",
            countries=number_countries(request),
            write_to=shown_number(service.number_to_text or ""),
            calls=calls,
            call_to=shown_number(calls.number),
        )

    def ask_code(running: Running, typed: Typed, phone: str, status: int | None = None) -> Response:
        simulated = simulated_phones(service) is not None
        return running.form(
            "running_number_code.html",
            typed,
            status,
            shown_phone=shown_number(phone),
            phone=phone,
            simulated=simulated,
        )

    @routes.get(PATH)
    def numbers(request: Request, session: Session = whose) -> Response:
        return show(running_of(request, session), request, Typed())

    @routes.post(PATH)
    def send_code(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        running, problems = running_of(request, session), Problems()
        phone = number_of(service, typed, "phone", problems)
        if not typed.text("phone"):
            problems.add("phone", NUMBER_NEEDED)
        try:
            problems.refuse()
            ask_number(service, running.trip.key, phone or "")
        except Invalid as refused:
            return show(running, request, typed.refused(refused.problems))
        return see(f"{PATH}/code")

    @routes.post(f"{PATH}/calls")
    def missed_calls(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        running = running_of(request, session)
        on = typed.text("calls") == "on"
        set_missed_calls(service, running.trip.key, on=on)
        return running.noted(_calls(running, shown_number(number_to_call(service)), on=on), back=PATH, timed=False)

    @routes.get(f"{PATH}/code")
    def code(request: Request, session: Session = whose) -> Response:
        running = running_of(request, session)
        phone = asked_number(service, running.trip.key)
        return see(PATH) if phone is None else ask_code(running, Typed(), phone)

    @routes.post(f"{PATH}/code")
    def prove(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        running = running_of(request, session)
        key, word = running.trip.key, word_of(running.trip, typed)
        phone = asked_number(service, key) or ""
        if running.has_words and word is None:
            return ask_code(running, typed.refused([FieldProblem(WORD, NEEDED)]), phone)
        digits = "".join(typed.text("code").split())
        try:
            add_number(service, key, digits, word=word, sender=session.token_hash, once=once_of(typed))
        except Invalid as refused:
            return ask_code(running, typed.refused(refused.problems), phone)
        except TooManyTries as refused:
            return ask_code(running, typed.refused([FieldProblem("code", refused.message)]), phone, 429)
        return running.noted(_added(running), back=PATH, timed=False)

    @routes.get(f"{PATH}/{{tag}}/remove")
    def doubt(request: Request, tag: str, session: Session = whose) -> Response:
        running = running_of(request, session)
        number = _number(service, running, tag)
        return running.form("running_number_remove.html", Typed(), shown_phone=shown_number(number.phone))

    @routes.post(f"{PATH}/{{tag}}/remove")
    def remove(request: Request, tag: str, session: Session = whose, typed: Typed = filled) -> Response:
        running = running_of(request, session)
        try:
            number = _number(service, running, tag)
        except NotFound:
            # Sent twice, it is done already.
            return see(PATH)
        key, word = running.trip.key, word_of(running.trip, typed)
        change = RemoveNumber(number.phone)
        try:
            request_change(service, key, change, word=word, sender=session.token_hash, once=once_of(typed))
        except Invalid as refused:
            shown = shown_number(number.phone)
            return running.form("running_number_remove.html", typed.refused(refused.problems), shown_phone=shown)
        return running.noted(_removed(running, number.phone), back=PATH)

    return routes


def _tag(service: Service, number: HerNumber) -> str:
    """What names a number in an address, which a browser remembers."""
    return service.keys.token_hash(f"number:{number.phone}").hex()[:16]


def _number(service: Service, running: Running, tag: str) -> HerNumber:
    for one in her_numbers(service, running.trip.key):
        if hmac.compare_digest(_tag(service, one), tag.encode("ascii", "replace").decode()):
            return one
    raise NotFound


def _added(running: Running) -> list[str]:
    _ = running.translate
    if running.has_words:
        first = _("With one of your words the new number is yours from now on. Without one nothing has changed.")
    else:
        first = _("The new number is yours from now on. Your people are told.")
    return [first, _("We ask you there first. You can answer and sign in from each of your numbers.")]


def _calls(running: Running, number: str, *, on: bool) -> list[str]:
    _ = running.translate
    if not on:
        return [_("A missed call is no answer any more. Texts and your page are, as before.")]
    return [_("From now on a call to {number} is an answer. Nobody picks up. We confirm it.").format(number=number)]


def _removed(running: Running, phone: str) -> list[str]:
    _, goes = running.translate, running.when(running.facts.effective_at)
    if running.has_words:
        said = _("With one of your words {number} leaves the list now. Without one it leaves on {time}.")
    else:
        said = _("{number} leaves the list on {time}. Your people are told today that a change was asked for.")
    return [said.format(number=shown_number(phone), time=goes)]
