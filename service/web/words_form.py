"""The boxes for her words, the question and the passphrase, as typed: when a trip is planned and on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from service.core.wording_text import N_
from service.core.words import PROPOSALS
from service.texts import known_language
from service.usecases.problems import FieldProblem, Problems
from service.usecases.set_words import WordsForm, check_words
from service.web.forms import Typed, collect
from service.web.schemas import WordsIn

MOST_WORDS = 5
SHOWN_WORDS = 3
LISTS = {"safe": "safe", "duress": "quiet"}
"""The API's names of the lists, and ours: a stranger may look at the page's source."""
AGAIN = "passphrase_again"
BESIDES = ("question", "not_free_answer", "passphrase", AGAIN)

NOT_THE_SAME = N_("The two are not the same. Type both of them again.")


def boxes(language: str) -> dict[str, Any]:
    """What `_words.html` needs besides what was typed."""
    return {
        "proposals": PROPOSALS[known_language(language)],
        "shown_words": SHOWN_WORDS,
        "most_words": MOST_WORDS,
    }


def has_any(typed: Typed) -> bool:
    """Whether anything was typed into them."""
    return any(text for _, _, text in _listed(typed)) or any(typed.text(name) for name in BESIDES)


def words_form(typed: Typed, problems: Problems) -> WordsForm | None:
    """The words as they may be set; otherwise `problems` says why not, beside the fields that were typed into."""
    listed = _listed(typed)
    # Not trimmed by us: the form trims, and so does whoever compares a passphrase.
    values: dict[str, Any] = {ours: [text for which, _, text in listed if which == ours] for ours in LISTS}
    values |= {name: typed.text(name) or None for name in ("question", "not_free_answer")}
    values["passphrase"] = typed.text("passphrase")
    found = Problems()
    taken = collect(found, WordsIn, values)
    form = taken.form() if taken is not None else None
    if form is not None:
        found.extend(check_words(form))
    problems.extend(_beside(found, listed))
    if typed.text("passphrase") != typed.text(AGAIN):
        problems.add(AGAIN, NOT_THE_SAME)
    return form


def _listed(typed: Typed) -> list[tuple[str, str, str]]:
    """The words typed: the API's list, the field's name, the text. Empty boxes between them are passed over."""
    names = [(ours, f"{shown}[{place}]") for ours, shown in LISTS.items() for place in range(MOST_WORDS)]
    return [(ours, name, text) for ours, name in names if (text := typed.text(name))]


def _beside(found: Problems, listed: Sequence[tuple[str, str, str]]) -> list[FieldProblem]:
    """The problems under the names of the fields in the page: a list without a word is its first box."""
    names = {ours: f"{shown}[0]" for ours, shown in LISTS.items()}
    for ours in LISTS:
        fields = [name for which, name, _ in listed if which == ours]
        names |= {f"{ours}[{place}]": name for place, name in enumerate(fields)}
    return [FieldProblem(names.get(one.field, one.field), one.message, one.values) for one in found]
