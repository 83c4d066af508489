"""What holds for every page, in every language: no text untranslated, every field named, every form guarded, nothing
that a stranger over her shoulder should not read. A page that is missing from the installation fails here."""

from __future__ import annotations

import re
from html import unescape

import pytest
from babel.messages.pofile import read_po
from fastapi import FastAPI
from httpx2 import Response

from service.texts import DOMAIN, LOCALE
from tests.web.form_world import FormWorld, forms_once, shown
from tests.web.installation import Installation, Place, furnish

__all__ = ["forms_once"]

NO_PAGES = {
    # Are here with a country and a language of their own.
    "/away/{code}",
    "/phrasebook/{tongue}",
    "/api/v1/openapi.json",
    "/healthz",
    "/readyz",
    "/metrics",
    "/static/{name}",
    # Read by a calendar.
    "/calendar/{token}.ics",
    # Heard in a call.
    "/voice/{language}/{name}.wav",
    "/voice/{token}.wav",
    # Lead elsewhere, or exist only beside simulated phones.
    "/leave",
    "/in/code",
    "/number/code",
    "/number/{tag}/remove",
    "/a/{token}/sheet",
    "/a/{token}/found",
    "/phones",
    "/phones/fragment",
    "/trip/begun",
    # Where chats are offered, which this installation does not: see `test_telegram_pages.py`.
    "/telegram",
    "/telegram/remove",
}
SAME = {"OK", "SMS", "PIN", "E-mail", "WhatsApp", "Telegram", "Visa", "Number", "Code", "English"}
"""Words that a translation may share with English, or that names and texts of the installation hold."""
TOLD = re.compile(r'<(p|li|span|div|q)\b[^>]*\blang="[a-z]+"[^>]*>.*?</\1>', re.S)
NEVER_HERS = ("Amanba", "Аманба", "duress", "alarm", "тревог", "дабыл", "traffick", "victim", "SOS", "streak")
"""What no page of a traveler's phone says (SAFETY T4). The planning pages may name people, never an alarm."""


@pytest.fixture
def installation(forms_once: FormWorld) -> Installation:
    return furnish(forms_once)


def opened(world: FormWorld, place: Place, language: str) -> Response:
    world.client.cookies.clear()
    if place.session:
        world.client.cookies.set(place.cookie, place.session)
    answer: Response = world.client.get(f"{place.path}?lang={language}", follow_redirects=False)
    return answer


def test_every_page_in_every_language(forms_once: FormWorld, installation: Installation) -> None:
    """T4: and nothing on the pages of her phone names what this is for."""
    faults: list[tuple[object, ...]] = []
    for language in ("en", "ru", "kk"):
        english = _english_of(language)
        for name, place in installation.places.items():
            answer = opened(forms_once, place, language)
            if answer.status_code != (404 if name == "not_here" else 200):
                faults.append((name, language, answer.status_code, answer.headers.get("location")))
                continue
            faults += [(name, language, fault) for fault in _faults(answer, language, english, name, installation)]
    assert faults == [], "\n" + "\n".join(" ".join(map(str, fault)) for fault in faults)


def _faults(answer: Response, language: str, english: set[str], name: str, made: Installation) -> list[str]:
    html, words = answer.text, shown(answer)
    # What is sent to somebody stands there in her own language, and says so.
    ours = " ".join(unescape(re.sub(r"<[^>]+>", " ", TOLD.sub(" ", html))).split())
    there = (text for text in english if text in ours)
    found = [f"untranslated: {text}" for text in there if re.search(rf"(?<!\w){re.escape(text)}(?!\w)", ours)]
    if f'<html lang="{language}">' not in html:
        found.append("says another language than it was asked for")
    if re.search(r"<script(?! src=\"/static/)|\son\w+=|\sstyle=|javascript:|<style", html):
        found.append("inline script or style")
    found += [f"from elsewhere: {url}" for url in re.findall(r'(?:src|href)="(https?://[^"]+)"', html) if _foreign(url)]
    found += _unlabelled(html)
    found += _unguarded(html)
    if name in made.quiet:
        found += [f"says {word}" for word in NEVER_HERS if word.lower() in words.lower()]
        if 'class="leave"' not in html.split("<a ", 2)[1]:
            found.append("the way out is not the first link")
    if answer.headers["cache-control"] != "no-store":
        found.append("may be kept in a cache")
    return found


def _foreign(url: str) -> bool:
    return not url.startswith("http://127.0.0.1:8000/")


def _unlabelled(html: str) -> list[str]:
    """Fields without a name that is read aloud."""
    labelled = set(re.findall(r'<label[^>]*\sfor="([^"]+)"', html))
    inside = "".join(re.findall(r"<label.*?</label>", html, re.S))
    found = []
    for field in re.findall(r"<(?:input|select|textarea)\b[^>]*>", html):
        if 'type="hidden"' in field or "aria-label=" in field or field in inside:
            continue
        ident = re.search(r'\sid="([^"]+)"', field)
        if ident is None or ident.group(1) not in labelled:
            found.append(f"no label: {field[:90]}")
    return found


def _unguarded(html: str) -> list[str]:
    """Forms that a page of somebody else could send. Behind a secret link the link itself is the secret."""
    found = []
    for tag, body in re.findall(r"(<form\b[^>]*>)(.*?)</form>", html, re.S):
        # Whoever only looks sends nothing that anybody could send in her name.
        if re.search(r'method="get" action="/(countries|away)"|action="/offer"', tag):
            continue
        secret = re.search(r'action="/[aciro]/\w+', tag)
        if not secret and 'name="form"' not in body:
            found.append(f"no token: {tag}")
        if 'method="post"' not in tag:
            found.append(f"not a POST: {tag}")
    return found


def _english_of(language: str) -> set[str]:
    """The English texts that a page in this language must not show."""
    if language == "en":
        return set()
    with (LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as source:
        catalog = read_po(source)
    texts = set()
    for entry in catalog:
        text = entry.id if isinstance(entry.id, str) else entry.id[0]
        if len(text) > 3 and "{" not in text and text not in SAME and entry.string != text:
            texts.add(" ".join(unescape(text).split()))
    return texts


def test_no_page_is_missing_here(forms_once: FormWorld, installation: Installation) -> None:
    patterns = {_pattern(place.path) for place in installation.places.values()}
    served = {path for path in _paths(forms_once.client.app) if not path.startswith("/api/")}  # type: ignore[arg-type]
    assert {_pattern(path) for path in served - NO_PAGES} - patterns == set()


def _pattern(path: str) -> str:
    """A path with its ids and tokens left out."""
    return re.sub(r"/(\{\w+\}|[0-9a-f-]{36}|(?<=/[aciro]/)\w+|(?<=/countries/)[A-Z]{2})", "/*", path)


def _paths(app: FastAPI) -> set[str]:
    """Every path that answers GET."""
    found: set[str] = set()

    def walk(routes: list[object]) -> None:
        for route in routes:
            if (inner := getattr(route, "original_router", None)) is not None:
                walk(inner.routes)
            elif "GET" in (getattr(route, "methods", None) or ()):
                found.add(str(getattr(route, "path", "")))

    walk(list(app.routes))
    return {path for path in found if not path.startswith(("/trips", "/countries/{country}", "/travelers"))}
