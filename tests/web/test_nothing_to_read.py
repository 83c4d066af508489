"""T4: nothing that a traveler's phone may ever show says what this is for, in any language.

`test_every_page` reads the pages as they come out of an installation; here every text is read that they could show, and
every text that goes to her phone, whichever state it belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file

from service import app
from service.core import wording
from service.core.wording import Reply, TravelerNotice, Wording
from service.texts import LANGUAGES, translator

WEB = Path(app.__file__).parent / "web"
TEMPLATES = WEB / "templates"
FORBIDDEN = {
    "en": r"amanba|duress|alarm|traffick|victim|\bsos\b|streak|coerc|captiv|kidnap|slave|safe word|rescue",
    "ru": r"аманба|тревог|принужд|торговл|жертв|\bсос\b|\bsos\b|похищ|рабств|плен|спасат",
    "kk": r"аманба|дабыл|мәжбүр|сауда|құрбан|\bsos\b|ұрла|құлдық|тұтқын|құтқар",
}
"""No product, no name for what may happen to her, no name for what she may do about it."""
PARTS = re.compile(r'{%-?\s*(?:extends|include|from|import)\s+"([^"]+)"')


@cache
def quiet_templates() -> frozenset[str]:
    """The pages of a traveler's phone, by what they say of themselves, with all that they are made of."""
    sources = {path.name: path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.html")}
    made_of = {name: set(PARTS.findall(source)) for name, source in sources.items()}

    def whole(name: str) -> set[str]:
        return {name}.union(*(whole(part) for part in made_of[name]))

    pages = [name for name in sources if any("quiet = true" in sources[part] for part in whole(name))]
    return frozenset(part for page in pages for part in whole(page)) - {"base.html"}


def texts_of_pages() -> Iterator[tuple[str, str]]:
    """Where a text stands, and the text."""
    files = [("jinja2", TEMPLATES / name) for name in sorted(quiet_templates())]
    files += [("python", Path(str(module.__file__))) for module in app.TRAVELER]
    for method, path in files:
        for _line, message, _comments, _context in extract_from_file(method, path):
            for text in (message,) if isinstance(message, str) else message:
                yield path.name, text


def test_the_pages_of_her_phone_are_found() -> None:
    assert {"home.html", "check_in.html", "private.html", "wizard_where.html", "running_late.html"} <= quiet_templates()
    assert not {"alarm.html", "landing.html", "invitation.html"} & quiet_templates()
    assert len(list(texts_of_pages())) > 300


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_of_her_pages_names_it(language: str) -> None:
    """T4: whatever state a page is in."""
    _, forbidden = translator(language), re.compile(FORBIDDEN[language], re.IGNORECASE)
    found = [(place, said) for place, text in texts_of_pages() if forbidden.search(said := _(text))]
    assert found == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_to_her_names_it(language: str) -> None:
    """T4: in a trip with words or a discreet one, and the codes that come before any trip."""
    _, forbidden = translator(language), re.compile(FORBIDDEN[language], re.IGNORECASE)
    of_trips = [(Wording.PLAIN, True), (Wording.DISCREET, False), (Wording.DISCREET, True)]
    said = [wording.to_traveler(TravelerNotice.CODE, _, code="123456"), wording.reminder_subject(_)]
    for kind, has_words in of_trips:
        constant = wording.is_constant(kind, has_words=has_words)
        replies = {
            wording.reply(one, _, constant=constant, deadline="20:00", until="21:00") for one in wording_replies()
        }
        assert len(replies) == 1, "whatever happened"
        said += replies
        for asks_home in (False, True):
            reminders = {
                wording.reminder(
                    stage, _, wording=kind, has_words=has_words, deadline="20:00", asks_home=asks_home, number="+48732"
                )
                for stage in (1, 2, 3)
            }
            assert len(reminders) == 1, "whichever reminder it is"
            said += reminders
    assert [text for text in said if forbidden.search(text) or "OK" in text] == []


def wording_replies() -> list[Reply]:
    """All that a traveler could be answered."""
    every = list(Reply)
    return every[: every.index(Reply.TAKEN)]


def test_a_page_of_hers_has_no_name_and_no_mark() -> None:
    """T4: the frame leaves them out where a page says that it is quiet, and has another icon there."""
    frame = (TEMPLATES / "base.html").read_text(encoding="utf-8")
    quiet = re.sub(r"{% else %}.*?{% endif %}", "{% endif %}", frame, flags=re.S)
    assert "Amanba" in frame
    assert not re.search(r"Amanba|Аманба|_mark", quiet)
    assert "'dot.svg' if quiet" in frame
    titles = [
        (name, title)
        for name in sorted(quiet_templates())
        for title in re.findall(r"{% block title %}(.*?){% endblock %}", (TEMPLATES / name).read_text(encoding="utf-8"))
    ]
    assert titles
    assert [found for found in titles if re.search(r"brand|Amanba|Аманба", found[1])] == []
