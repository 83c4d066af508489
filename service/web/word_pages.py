"""`/phrases`: other words on the way, or the first ones; and with them another question and another passphrase."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Depends, Request, Response

from service.usecases.changes import NewWords
from service.usecases.context import Service
from service.usecases.problems import Invalid, Problems
from service.usecases.request_change import request_change
from service.usecases.sessions import Session
from service.usecases.set_words import prepare_words
from service.web.forms import Typed
from service.web.guard import filled_in, signed_in
from service.web.running import Running, once_of, word_of
from service.web.trip_access import open_trip
from service.web.words_form import boxes, words_form

PATH = "/phrases"


def router(service: Service) -> APIRouter:
    """Her words of a running trip. What was set before is shown nowhere."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    def show(running: Running, typed: Typed) -> Response:
        return running.form("running_words.html", typed, **boxes(running.language))

    @routes.get(PATH)
    def ask(request: Request, session: Session = whose) -> Response:
        return show(Running(service, request, open_trip(service, session)), Typed())

    @routes.post(PATH)
    def change(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        running, problems = Running(service, request, open_trip(service, session)), Problems()
        form = words_form(typed, problems)
        if form is None or list(problems):
            return show(running, typed.refused(problems))
        key, word, once = running.trip.key, word_of(running.trip, typed), once_of(typed)
        try:
            words = NewWords(prepare_words(service, form))
            request_change(service, key, words, word=word, sender=session.token_hash, once=once)
        except Invalid as refused:
            return show(running, typed.refused(refused.problems))
        return running.noted(_set(running))

    return routes


def _set(running: Running) -> Iterator[str]:
    _, begins = running.translate, running.when(running.facts.effective_at)
    if running.has_words:
        yield _("With one of your words the new ones count now. Without one they count from {time}.").format(
            time=begins
        )
        yield _("Until then the words that you had count, and the passphrase that you had.")
    else:
        yield _("Your words count from {time}. Your people are told today that a change was asked for.").format(
            time=begins
        )
    yield _("Do not write them down. Do not try them out: a real one counts.")
