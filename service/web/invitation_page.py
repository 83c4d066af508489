"""`/i/{token}`: a contact's own page. She is asked, says yes or no, chooses for herself, and may leave.

GET changes nothing: previews and scanners open links. Every POST may be sent twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from service.texts import known_language
from service.usecases import checklist_copies, contact_chat, contact_choices, contact_way, prove_again
from service.usecases import worry as worries
from service.usecases.context import Service
from service.usecases.problems import FieldProblem, Invalid, StorageUnavailable
from service.usecases.say_home import say_home
from service.web.check_in import busy, not_here
from service.web.forms import Typed, read_form
from service.web.pages import HEADERS, chosen_language, page

PLACE = "place-"
"""Fields that say which place an address shall have: `place-0` to `place-N` by the address's index."""

Act = Callable[[Service, str, Typed], bool]


def router(service: Service) -> APIRouter:
    """The contact's own page."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/i/{token}")
    def show(request: Request, token: str, done: str = "") -> Response:
        return _shown(service, request, token, Typed(), done if done in ACTS else "")

    @routes.post("/i/{token}")
    def act(request: Request, token: str, typed: Typed = Depends(read_form)) -> Response:
        name = typed.text("do")
        path = request.url.path
        if name not in ACTS:
            return RedirectResponse(path, status_code=303, headers=dict(HEADERS))
        try:
            found = ACTS[name](service, token, typed)
        except Invalid as refused:
            return _shown(service, request, token, typed.refused(refused.problems), "", status=422)
        except StorageUnavailable:
            return busy(request)
        if not found:
            return not_here(request)
        chosen = known_language(typed.text("language")) if name in ("accept", "language") else None
        query = f"?done={name}" + (f"&lang={chosen}" if chosen and typed.text("language") else "")
        return RedirectResponse(path + query, status_code=303, headers=dict(HEADERS))

    return routes


def _shown(service: Service, request: Request, token: str, form: Typed, done: str, *, status: int = 200) -> Response:
    shown = contact_way.show_way(service, token, chosen_language(request))
    if shown is None:
        return not_here(request)
    return page(
        request,
        "invitation.html",
        language=chosen_language(request) or known_language(shown.language),
        status=status,
        path=request.url.path,
        done=done,
        form=form,
        shown=shown,
        chat=contact_chat.shown_chat(service, token),
    )


def _accept(service: Service, token: str, typed: Typed) -> bool:
    """Accepted first: what she chose beside it must not cost us her yes."""
    found = contact_way.accept(service, token)
    problems: list[FieldProblem] = []
    for choose in (_language, _order, _pin):
        try:
            found = found and choose(service, token, typed)
        except Invalid as refused:
            problems.extend(refused.problems)
    if problems:
        raise Invalid(problems)
    return found


def _refuse(service: Service, token: str, _typed: Typed) -> bool:
    return contact_way.refuse(service, token)


def _leave(service: Service, token: str, _typed: Typed) -> bool:
    return contact_way.leave(service, token)


def _worried(service: Service, token: str, _typed: Typed) -> bool:
    """The answer is the same whatever became of it."""
    return worries.worry(service, token)


def _weekly(service: Service, token: str, typed: Typed) -> bool:
    return contact_choices.set_weekly(service, token, wanted=typed.text("weekly") != "no")


def _still_mine(service: Service, token: str, _typed: Typed) -> bool:
    return prove_again.still_mine(service, token)


def _have_copies(service: Service, token: str, _typed: Typed) -> bool:
    return checklist_copies.have_copies(service, token)


def _pin(service: Service, token: str, typed: Typed) -> bool:
    """A PIN may be chosen later."""
    if not typed.text("pin") and typed.text("do") == "accept":
        return True
    return contact_choices.choose_pin(service, token, typed.text("pin"), typed.text("present_pin"))


def _language(service: Service, token: str, typed: Typed) -> bool:
    if not typed.text("language") and typed.text("do") == "accept":
        return True
    return contact_choices.set_language(service, token, typed.text("language"))


def _letters(service: Service, token: str, typed: Typed) -> bool:
    return contact_choices.set_letters(service, token, latin=typed.text("letters") == "latin")


def _home(service: Service, token: str, _typed: Typed) -> bool:
    return say_home(service, token, home=True)


def _not_home(service: Service, token: str, _typed: Typed) -> bool:
    return say_home(service, token, home=False)


def _order(service: Service, token: str, typed: Typed) -> bool:
    """Her addresses by the places that she gave them; of two with one place the earlier field goes first."""
    given = [(name.removeprefix(PLACE), value) for name, value in typed.pairs if name.startswith(PLACE)]
    known = [(int(place), int(index)) for index, place in given if _is_small(index) and _is_small(place)]
    order = [index for _place, index in sorted(known, key=lambda one: one[0])]
    return contact_choices.order_channels(service, token, order)


def _is_small(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 2


def _email(service: Service, token: str, typed: Typed) -> bool:
    return contact_choices.ask_email(service, token, typed.text("email"), typed.text("email_pin"))


def _chat(service: Service, token: str, typed: Typed) -> bool:
    return contact_chat.ask_chat(service, token, typed.text("chat_pin"))


def _email_code(service: Service, token: str, typed: Typed) -> bool:
    return contact_choices.add_email(service, token, typed.text("email_code"))


ACTS: Mapping[str, Act] = {
    "accept": _accept,
    "refuse": _refuse,
    "leave": _leave,
    "worried": _worried,
    "weekly": _weekly,
    "still_mine": _still_mine,
    "have_copies": _have_copies,
    "pin": _pin,
    "home": _home,
    "not_home": _not_home,
    "language": _language,
    "letters": _letters,
    "order": _order,
    "email": _email,
    "email_code": _email_code,
    "chat": _chat,
}
"""What the page's buttons do, by their `do`."""
