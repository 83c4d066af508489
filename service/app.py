"""Wires the web: the only place that knows all routes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from service.settings import Settings
from service.usecases.context import Service
from service.web import (
    agreement_page,
    alarm_page,
    api,
    away,
    calendar_page,
    card_page,
    change_pages,
    check_in,
    checklist_page,
    countries,
    drill_page,
    hand_over_page,
    health,
    home,
    invitation_page,
    landing,
    later,
    metrics,
    my_data,
    my_trip_page,
    number_pages,
    offer_page,
    operator_page,
    order_page,
    own_notes,
    pages,
    people_pages,
    phones,
    phrases_page,
    place_page,
    problems,
    rehearsal_page,
    self_check,
    sign_in,
    telegram_page,
    times_page,
    voice_files,
    wizard_consulate,
    wizard_order,
    wizard_people,
    wizard_plan,
    wizard_ready,
    wizard_rehearsal,
    wizard_texts,
    wizard_where,
    wizard_who,
    wizard_words,
    wizard_work,
    word_pages,
)
from service.web.guard import EveryAnswer, SameOrigin
from service.web.health import Duty
from service.web.hooks import android, http, telegram, twilio, twilio_voice
from service.web.intake import Intake
from service.wiring import build

__all__ = ["Duty", "create_app"]

PUBLIC = (landing, offer_page, countries, away, self_check, phrases_page, phones, sign_in, operator_page)
CONTACT = (invitation_page, hand_over_page)
ANSWERED = (alarm_page, rehearsal_page)
"""Pages of contacts whose buttons go through the inbox."""
TRAVELER = (
    check_in,
    home,
    my_trip_page,
    card_page,
    calendar_page,
    agreement_page,
    later,
    own_notes,
    checklist_page,
    drill_page,
    wizard_who,
    wizard_where,
    wizard_work,
    wizard_consulate,
    wizard_plan,
    wizard_order,
    wizard_people,
    wizard_words,
    wizard_texts,
    wizard_rehearsal,
    wizard_ready,
    change_pages,
    times_page,
    order_page,
    place_page,
    number_pages,
    telegram_page,
    people_pages,
    word_pages,
    my_data,
)
"""The modules of pages by their readers; each has a `router`."""


def create_app(settings: Settings | None = None, service: Service | None = None, duty: Duty = Duty.WEB) -> FastAPI:
    """The web application for `service`, or for one built from `settings`."""
    service = service or build(settings or Settings())
    intake = Intake(service)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await intake.drain()

    app = FastAPI(
        title="Amanba",
        version="1",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        # It would lead to whatever host a request names.
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.demo = service.demo
    app.state.language = service.language
    app.state.leave_url = service.leave_url
    public = urlsplit(service.public_url)
    app.state.encrypted_host = public.netloc if public.scheme == "https" else ""
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    problems.install(app)
    # Behind the button, which brings its own: it lies on the busiest path.
    app.add_middleware(EveryAnswer)
    app.add_middleware(check_in.CheckIns, service=service, intake=intake)
    # What is added last is asked first.
    app.add_middleware(SameOrigin, public_url=service.public_url)
    app.router.routes.extend((*health.routes(service, duty), *metrics.routes(service)))
    app.include_router(pages.static_router())
    app.include_router(twilio.router(service, intake))
    app.include_router(twilio_voice.router(service, intake))
    app.include_router(voice_files.router(service))
    app.include_router(android.router(service, intake))
    app.include_router(http.router(service, intake))
    app.include_router(telegram.router(service, intake))
    for answered in ANSWERED:
        app.include_router(answered.router(service, intake))
    app.include_router(api.router(service), prefix="/api/v1")
    for audience in (PUBLIC, CONTACT, TRAVELER):
        for routes in audience:
            app.include_router(routes.router(service))
    return app
