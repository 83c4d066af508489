"""The sentences of calls in languages that nothing else of the service is translated into.

`ky.json` and `uz.json` beside this file hold, by the English sentence, its translation for the ear.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from service.core.wording_text import Translate
from service.texts import LANGUAGES, translator

FOLDER = Path(__file__).parent
ALONE = ("ky", "uz")
"""Languages in which calls are made and nothing is written."""


def primary(tag: str) -> str:
    """The language of a BCP 47 tag, without country and letters."""
    return tag.replace("_", "-").split("-")[0].lower()


def translator_aloud(tag: str) -> Translate:
    """Translates a sentence of a call into the language of `tag`; what is missing there stays English."""
    language = primary(tag)
    if language in LANGUAGES or language not in ALONE:
        return translator(tag)
    known = _sentences(language)
    return lambda text: known.get(text, text)


@cache
def _sentences(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return found
