"""`/trip/agreement`: what she and her people have agreed, to look at, to print and to sign. Nothing of it is stored."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from service.texts import LANGUAGES
from service.usecases.agreement import AgreementFacts, show_agreement
from service.usecases.context import Service
from service.usecases.sessions import Session
from service.web.agreement import Agreement, agreement_of
from service.web.forms import Typed
from service.web.guard import filled_in, form_token, signed_in
from service.web.hand_over_page import as_pdf
from service.web.pages import language_of, page
from service.web.trip_access import planned_or_open

PATH = "/trip/agreement"
TONGUES = (("kk", "Қазақша"), ("ru", "Русский"), ("en", "English"))


def router(service: Service) -> APIRouter:
    """The agreement."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    def shown(request: Request, facts: AgreementFacts, form: Typed) -> Response:
        language = _language(request, form)
        return page(
            request,
            "agreement.html",
            csrf=form_token(service, request),
            form=form,
            people=facts.people,
            tongues=TONGUES,
            tongue=language,
            agreement=_agreement(facts, form, language),
        )

    @routes.get(PATH)
    def show(request: Request, session: Session = whose) -> Response:
        facts = show_agreement(service, planned_or_open(service, session))
        return shown(request, facts, _as_offered(facts))

    @routes.post(PATH)
    async def chosen(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        return await run_in_threadpool(_chosen, request, session, typed)

    def _chosen(request: Request, session: Session, typed: Typed) -> Response:
        facts = show_agreement(service, planned_or_open(service, session))
        if typed.text("do") != "paper":
            return shown(request, facts, typed)
        # Large, and only for who prints.
        from service.web.agreement_pdf import write_agreement

        return as_pdf(write_agreement(_agreement(facts, typed, _language(request, typed))), "page.pdf")

    return routes


def _as_offered(facts: AgreementFacts) -> Typed:
    """Before she chooses: all of her people sign, and it says what is never to be got wrong."""
    return Typed([*(("who", one.id) for one in facts.people), ("secret", "1")])


def _language(request: Request, form: Typed) -> str:
    """Her people may read another one than she."""
    chosen = form.text("language")
    return chosen if chosen in LANGUAGES else language_of(request)


def _agreement(facts: AgreementFacts, form: Typed, language: str) -> Agreement:
    chosen = frozenset(form.texts("who"))
    return agreement_of(facts, language, names=chosen, places=form.says("places"), secret=form.says("secret"))
