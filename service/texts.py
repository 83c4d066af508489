"""Loads the message catalogs: one translation a language, kept for the life of the process."""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from service.core.wording import Translate

LANGUAGES = ("en", "ru", "kk")
FALLBACK = "en"
NEAREST = {"ky": "ru", "tg": "ru", "tk": "ru", "uz": "ru"}
"""For a language that we do not write in one of ours that most of its speakers read, where that is not English."""
DOMAIN = "amanba"
LOCALE = Path(__file__).parent / "locale"


def known_language(tag: str) -> str:
    """The language that we speak for a BCP 47 tag such as `kk-KZ`; the nearest, or English, for one that we do not."""
    primary = tag.replace("_", "-").split("-")[0].lower()
    return primary if primary in LANGUAGES else NEAREST.get(primary, FALLBACK)


def translations(tag: str) -> NullTranslations:
    """The catalog for a language tag, as templates want it. The English texts stand in the code itself."""
    return _load(known_language(tag))


def translator(tag: str) -> Translate:
    """Translates a text of the code into the language of `tag`."""
    return translations(tag).gettext


@cache
def _load(language: str) -> NullTranslations:
    if language == FALLBACK:
        return NullTranslations()
    source = LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    compiled = source.with_suffix(".mo")
    if compiled.is_file() and compiled.stat().st_mtime >= source.stat().st_mtime:
        return GNUTranslations(BytesIO(compiled.read_bytes()))
    return GNUTranslations(_compile(source))


def _compile(source: Path) -> BytesIO:
    """A catalog not compiled since its last change is read from its source: slower to start, never untranslated."""
    # Not needed where catalogs have been compiled.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with source.open("rb") as text:
        catalog = read_po(text)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return compiled
