"""The demonstration: every phone of a trip side by side, what its switch waits for, and a box to text from each.

Only where the simulated network serves SMS; elsewhere there is no such page.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from service.texts import translator
from service.usecases.context import Service
from service.usecases.numbers import NotANumber, parse_number
from service.usecases.show_phones import TripChoice, list_trips, other_phones, show_board
from service.usecases.simulated import SimulatedPhones, simulated_phones
from service.usecases.type_on_phone import LONGEST_TEXT, answer_reminders, type_on_phone
from service.web.pages import HEADERS, language_of, page, render
from service.web.phone_view import board_view, others_view

OTHERS = "others"


def router(service: Service) -> APIRouter:
    """`/phones`, what its script asks for, and its forms."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/phones")
    def show(request: Request, of: str = "") -> Response:
        phones = simulated_phones(service)
        if phones is None:
            return _not_here(request)
        language = language_of(request)
        choices = list_trips(service)
        view = _view(service, phones, choices, of, language)
        links = _links(service, phones, choices, view["of"], language)
        return page(request, "phones.html", view=view, choices=links, nonce=secrets.token_hex(12), demo=service.demo)

    @routes.get("/phones/fragment")
    def fragment(request: Request, of: str = "") -> Response:
        phones = simulated_phones(service)
        if phones is None:
            return _not_here(request)
        # The worker lets her phone answer too; whoever comes first does it, and only once.
        answer_reminders(service, phones)
        return _fragment(request, service, phones, of)

    @routes.post("/phones/text")
    def text(
        request: Request,
        number: Annotated[str, Form()] = "",
        text: Annotated[str, Form()] = "",
        quick: Annotated[str, Form()] = "",
        nonce: Annotated[str, Form()] = "",
        of: Annotated[str, Form()] = "",
    ) -> Response:
        phones = simulated_phones(service)
        if phones is None:
            return _not_here(request)
        sender, said = _number(number), (quick or text).strip()
        if sender is None or len(said) > LONGEST_TEXT or "\0" in said:
            return _refused(request)
        if said:
            type_on_phone(service, phones, sender, said, _provider_id(nonce, sender, said))
        return _back(request, service, phones, of)

    @routes.post("/phones/answering")
    def answering(
        request: Request,
        number: Annotated[str, Form()] = "",
        on: Annotated[str, Form()] = "",
        of: Annotated[str, Form()] = "",
    ) -> Response:
        phones = simulated_phones(service)
        if phones is None:
            return _not_here(request)
        sender = _number(number)
        if sender is None:
            return _refused(request)
        phones.answer_reminders(sender, "OK" if on == "1" else None)
        return _back(request, service, phones, of)

    return routes


def _view(
    service: Service, phones: SimulatedPhones, choices: tuple[TripChoice, ...], of: str, language: str
) -> dict[str, Any]:
    """What the templates show: the trip asked for, else the first one, else the phones of nobody's trip."""
    chosen = next((one for one in choices if str(one.trip_id) == of), None)
    if chosen is None and of != OTHERS and choices:
        chosen = choices[0]
    board = show_board(service, phones, chosen) if chosen else None
    if board is None:
        return others_view(other_phones(service, phones), language, service.segments, service.clock(), OTHERS)
    # Two pages of one second are equal, so that nothing is sent twice.
    switch = replace(board.switch, now=board.switch.now.replace(microsecond=0))
    return board_view(replace(board, switch=switch), language, service.segments)


def _links(
    service: Service, phones: SimulatedPhones, choices: tuple[TripChoice, ...], of: str, language: str
) -> list[dict[str, Any]]:
    """The trips to choose from, and other phones when there are any."""
    links = [
        {
            "name": ", ".join(part for part in (one.name, one.city) if part),
            "href": f"/phones?of={one.trip_id}",
            "current": str(one.trip_id) == of,
        }
        for one in choices
    ]
    if of == OTHERS or other_phones(service, phones):
        _ = translator(language)
        links.append({"name": _("Other phones"), "href": f"/phones?of={OTHERS}", "current": of == OTHERS})
    return links


def _fragment(request: Request, service: Service, phones: SimulatedPhones, of: str) -> Response:
    language = language_of(request)
    view = _view(service, phones, list_trips(service), of, language)
    html = render("_board.html", language, view=view, nonce="")
    etag = f'"{hashlib.sha256(html.encode()).hexdigest()[:20]}"'
    headers = {**HEADERS, "ETag": etag}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return HTMLResponse(html, headers=headers)


def _back(request: Request, service: Service, phones: SimulatedPhones, of: str) -> Response:
    """The page again, or for its script the part that lives."""
    if request.headers.get("amanba-fragment"):
        return _fragment(request, service, phones, of)
    return RedirectResponse(f"/phones?of={quote(of, safe='')}", status_code=303, headers=dict(HEADERS))


def _number(text: str) -> str | None:
    try:
        return parse_number(text, invented=True)
    except NotANumber:
        return None


def _provider_id(nonce: str, number: str, text: str) -> str:
    """Names a text: a double tap of one form is one text, another button of the same form is another."""
    if not nonce:
        return secrets.token_hex(16)
    return hashlib.sha256(f"{nonce}\0{number}\0{text}".encode()).hexdigest()[:32]


def _not_here(request: Request) -> HTMLResponse:
    return page(request, "message.html", status=404, message="no_phones")


def _refused(request: Request) -> HTMLResponse:
    return page(request, "message.html", status=422, message="not_sent")
