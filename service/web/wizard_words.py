"""`/trip/words`: how we write to her, and words that nobody else knows. What was set is never shown again."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Depends, Request, Response

from service.core.wording import Wording
from service.core.wording_text import N_
from service.texts import known_language
from service.usecases.clear_words import clear_words
from service.usecases.context import Service
from service.usecases.drafts import TripKey
from service.usecases.preview_texts import wording_samples
from service.usecases.problems import Problems
from service.usecases.sessions import Session
from service.usecases.set_wording import set_wording
from service.usecases.set_words import set_words
from service.usecases.show_words import show_words
from service.web.forms import Typed
from service.web.guard import filled_in, signed_in
from service.web.pages import language_of
from service.web.wizard import draft_of, go_on, see, step_page
from service.web.words_form import boxes, has_any, words_form

REPLACE = "replace"
"""The button that sets other words in the place of those that are there."""

CHOOSE_WORDING = N_("Choose one of the two.")


def router(service: Service) -> APIRouter:
    """The step."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    def show_step(request: Request, key: TripKey, form: Typed) -> Response:
        shown = show_words(service, key)
        return step_page(
            service,
            request,
            "words",
            "wizard_words.html",
            form,
            wording=form.text("wording") or shown.wording.value,
            has_words=shown.has_words,
            samples=_samples(shown.language),
            samples_language=known_language(shown.language),
            **boxes(language_of(request)),
        )

    @routes.get("/trip/words")
    def show(request: Request, session: Session = whose) -> Response:
        return show_step(request, draft_of(service, session), Typed())

    @routes.post("/trip/words")
    def save(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        key = draft_of(service, session)
        problems = Problems()
        if typed.text("wording") not in list(Wording):
            problems.add("wording", CHOOSE_WORDING)
        wants_words = _wants_words(typed, has_words=show_words(service, key).has_words)
        form = words_form(typed, problems) if wants_words else None
        if found := list(problems):
            return show_step(request, key, typed.refused(found))
        if form is not None:
            set_words(service, key, form)
        set_wording(service, key, Wording(typed.text("wording")))
        # What is to be done with the words is said once they are set.
        return see("/trip/words") if wants_words else go_on("words")

    @routes.post("/trip/words/clear")
    def clear(session: Session = whose, typed: Typed = filled) -> Response:  # noqa: ARG001 - the form's token is checked
        clear_words(service, draft_of(service, session))
        return see("/trip/words")

    return routes


def _samples(language: str) -> dict[str, Sequence[str]]:
    return {kind.value: texts for kind, texts in wording_samples(language).items()}


def _wants_words(typed: Typed, *, has_words: bool) -> bool:
    """Whether words are to be set: those that are there stay unless the button to replace them was pressed."""
    return typed.says(REPLACE) if has_words else has_any(typed)
