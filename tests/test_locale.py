"""Every text of the code and the pages is translated, and every translation keeps its places."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

import service
from service.texts import DOMAIN, FALLBACK, LANGUAGES, LOCALE, known_language, translations, translator

SERVICE = Path(service.__file__).parent
TRANSLATED = [language for language in LANGUAGES if language != FALLBACK]

Message = str | tuple[str, ...]

in_each_translation = pytest.mark.parametrize("language", TRANSLATED)


@cache
def extracted() -> dict[Message, str]:
    """Every text marked for translation, and the file that it stands in, as `pybabel extract` finds it."""
    with (LOCALE / "babel.cfg").open(encoding="utf-8") as mapping:
        methods, options = parse_mapping_cfg(mapping)  # type: ignore[no-untyped-call]
    found: dict[Message, str] = {}
    for file, _line, message, _comments, _context in extract_from_dir(SERVICE, methods, options):
        found[message] = file
    return found


@cache
def catalog(language: str) -> Catalog:
    with (LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as source:
        return read_po(source)


def places(text: str) -> list[str]:
    return sorted(re.findall(r"\{\w*\}|%\(\w+\)[sd]", text))


def forms(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def test_texts_are_found_at_all() -> None:
    assert extracted()["Thank you!"] == "core/wording_replies.py"
    assert len(extracted()) > 100


def test_no_text_hides_where_extraction_does_not_look() -> None:
    """In a formatted string no text is found, so it would never be translated."""
    hidden = re.compile(r"""f(['"]).*\{_\(.*\1""")
    found = [str(path) for path in SERVICE.rglob("*.py") if hidden.search(path.read_text(encoding="utf-8"))]
    assert found == []


@in_each_translation
def test_every_text_is_translated(language: str) -> None:
    known = catalog(language)
    missing = {}
    for message, file in extracted().items():
        entry = known.get(forms(message)[0])
        if entry is None or not all(forms(entry.string)):
            missing[message] = file
    assert missing == {}


@in_each_translation
def test_no_translation_is_a_guess(language: str) -> None:
    assert [entry.id for entry in catalog(language) if entry.id and entry.fuzzy] == []
    assert not catalog(language).fuzzy


@in_each_translation
def test_no_translation_has_outlived_its_text(language: str) -> None:
    used = {forms(message)[0] for message in extracted()}
    assert [entry.id for entry in catalog(language) if entry.id and forms(entry.id)[0] not in used] == []
    assert list(catalog(language).obsolete) == []


@in_each_translation
def test_every_translation_keeps_its_places(language: str) -> None:
    wrong = {}
    for entry in catalog(language):
        singular, *_plural = forms(entry.id)
        for translated in forms(entry.string):
            # A plural form may write its number out in words; every other place stays.
            allowed = [places(form) for form in forms(entry.id)]
            if singular and places(translated) not in allowed and set(places(translated)) != set(places(singular)):
                wrong[entry.id] = translated
    assert wrong == {}


@in_each_translation
def test_every_plural_form_is_there(language: str) -> None:
    known = catalog(language)
    assert [e.id for e in known if e.pluralizable and len(forms(e.string)) != known.num_plurals] == []


def test_kazakh_waits_for_its_native_readers_and_russian_does_not() -> None:
    assert not any("native review" in entry.user_comments for entry in catalog("ru"))
    assert {comment for entry in catalog("kk") for comment in entry.user_comments if entry.id} <= {"native review"}


class TestLoading:
    @pytest.mark.parametrize(("language", "thanks"), [("en", "Thank you!"), ("ru", "Спасибо!"), ("kk", "Рақмет!")])
    def test_a_text_comes_in_the_language_asked_for(self, language: str, thanks: str) -> None:
        assert translator(language)("Thank you!") == thanks

    def test_a_language_is_known_by_any_of_its_tags(self) -> None:
        assert [known_language(tag) for tag in ("kk-KZ", "RU", "ru_RU", "en-GB")] == ["kk", "ru", "ru", "en"]

    @pytest.mark.parametrize("tag", ["ky", "uz", "uz-Latn-UZ", "tg"])
    def test_whose_language_is_not_written_here_is_written_to_in_the_nearest(self, tag: str) -> None:
        assert known_language(tag) == "ru"

    @pytest.mark.parametrize("tag", ["de", "", "../ru", "x-klingon"])
    def test_a_language_that_we_do_not_speak_is_english(self, tag: str) -> None:
        assert translator(tag)("Thank you!") == "Thank you!"

    def test_a_catalog_is_loaded_once(self) -> None:
        assert translations("ru") is translations("ru-KZ")
