"""`/trip/words`: how we write to her, and words that nobody else knows. What was set is never shown again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from service.core.wording import Wording
from service.core.wording_text import N_
from service.core.words import PROPOSALS
from service.texts import known_language
from service.usecases.clear_words import clear_words
from service.usecases.context import Service
from service.usecases.drafts import TripKey
from service.usecases.preview_texts import wording_samples
from service.usecases.problems import FieldProblem, Problems
from service.usecases.sessions import Session
from service.usecases.set_wording import set_wording
from service.usecases.set_words import WordsForm, check_words, set_words
from service.usecases.show_words import show_words
from service.web.forms import Typed, collect
from service.web.guard import filled_in, signed_in
from service.web.pages import language_of
from service.web.schemas import WordsIn
from service.web.wizard import draft_of, go_on, see, step_page

MOST_WORDS = 5
SHOWN_WORDS = 3
LISTS = {"safe": "safe", "duress": "quiet"}
"""The API's names of the lists, and ours: a stranger may look at the page's source."""
AGAIN = "passphrase_again"
REPLACE = "replace"
"""The button that sets other words in the place of those that are there."""

CHOOSE_WORDING = N_("Choose one of the two.")
NOT_THE_SAME = N_("The two are not the same. Type both of them again.")


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
            proposals=PROPOSALS[known_language(language_of(request))],
            shown_words=SHOWN_WORDS,
            most_words=MOST_WORDS,
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
        form = _words_form(typed, problems) if wants_words else None
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
    if has_words:
        return typed.says(REPLACE)
    filled = (text for _, _, text in _listed(typed))
    return any(filled) or any(typed.text(name) for name in ("question", "passphrase", AGAIN))


def _listed(typed: Typed) -> list[tuple[str, str, str]]:
    """The words typed: the API's list, the field's name, the text. Empty boxes between them are passed over."""
    names = [(ours, f"{shown}[{place}]") for ours, shown in LISTS.items() for place in range(MOST_WORDS)]
    return [(ours, name, text) for ours, name in names if (text := typed.text(name))]


def _words_form(typed: Typed, problems: Problems) -> WordsForm | None:
    """The words as they may be set; otherwise `problems` says why not, beside the fields that were typed into."""
    listed = _listed(typed)
    # Not trimmed by us: the form trims, and so does whoever compares a passphrase.
    values: dict[str, Any] = {ours: [text for which, _, text in listed if which == ours] for ours in LISTS}
    values |= {"passphrase": typed.text("passphrase"), "question": typed.text("question") or None}
    found = Problems()
    taken = collect(found, WordsIn, values)
    form = taken.form() if taken is not None else None
    if form is not None:
        found.extend(check_words(form))
    problems.extend(_beside(found, listed))
    if typed.text("passphrase") != typed.text(AGAIN):
        problems.add(AGAIN, NOT_THE_SAME)
    return form


def _beside(found: Problems, listed: Sequence[tuple[str, str, str]]) -> list[FieldProblem]:
    """The problems under the names of the fields in the page: a list without a word is its first box."""
    names = {ours: f"{shown}[0]" for ours, shown in LISTS.items()}
    for ours in LISTS:
        fields = [name for which, name, _ in listed if which == ours]
        names |= {f"{ours}[{place}]": name for place, name in enumerate(fields)}
    return [FieldProblem(names.get(one.field, one.field), one.message, one.values) for one in found]
