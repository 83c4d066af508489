"""What all pages share: templates, languages, headers, and the few files beside them.

No inline script or style, nothing from elsewhere: a page is its HTML, one stylesheet, and at most one script.
"""

from __future__ import annotations

import gzip
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from babel import negotiate_locale
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.texts import FALLBACK, LANGUAGES, translator
from service.usecases.typed_numbers import shown_number

HERE = Path(__file__).parent
COOKIE = "lang"
COOKIE_SECONDS = 365 * 24 * 3600
LEAVE_URL = "https://www.wikipedia.org/"
"""Where the way out leads: a page that anybody may have open."""
LANGUAGE_NAMES = {"kk": "Қаз", "ru": "Рус", "en": "Eng"}
"""In their own letters, in the order shown."""

HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
"""On every page. They keep it out of caches, logs of other sites, search engines and frames."""

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file beside the pages. `version` changes with its bytes."""

    body: bytes
    zipped: bytes
    media_type: str
    version: str


@cache
def static_files() -> Mapping[str, StaticFile]:
    """The files beside the pages by name, read once."""
    found = {}
    for path in sorted((HERE / "static").iterdir()):
        if path.suffix in _TYPES:
            body = path.read_bytes()
            version = hashlib.sha256(body).hexdigest()[:12]
            found[path.name] = StaticFile(body, gzip.compress(body, mtime=0), _TYPES[path.suffix], version)
    return found


def static_router() -> APIRouter:
    """`/static/NAME`: the stylesheet, the script and the icons."""
    router = APIRouter(include_in_schema=False)

    @router.get("/static/{name}")
    def static(name: str, request: Request, v: str = "") -> Response:
        file = static_files().get(name)
        if file is None:
            return Response(status_code=404)
        lasts = "public, max-age=31536000, immutable" if v == file.version else "no-cache"
        headers = {
            "Cache-Control": lasts,
            "ETag": f'"{file.version}"',
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(file.zipped, media_type=file.media_type, headers={**headers, "Content-Encoding": "gzip"})
        return Response(file.body, media_type=file.media_type, headers=headers)

    return router


def chosen_language(request: Request) -> str | None:
    """What was chosen by `?lang=`, or by an earlier choice."""
    for chosen in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if chosen in LANGUAGES:
            return str(chosen)
    return None


def language_of(request: Request, default: str | None = None) -> str:
    """The language of a page: what was chosen, else what the browser asks for."""
    chosen = chosen_language(request)
    if chosen is not None:
        return chosen
    wanted = [part.split(";")[0].strip() for part in _by_weight(request.headers.get("accept-language", ""))]
    installed: str = getattr(request.app.state, "language", FALLBACK)
    return negotiate_locale(wanted, LANGUAGES, sep="-") or default or installed


def page(
    request: Request,
    template: str,
    *,
    default_language: str | None = None,
    language: str | None = None,
    status: int = 200,
    **context: Any,
) -> HTMLResponse:
    """A whole page in the reader's language, with the headers of every page. Remembers a language chosen just now.

    `language` is given by pages that know their reader: theirs goes before what the browser asks for.
    """
    language = language or language_of(request, default_language)
    # Every page of a demonstration says what it is.
    context.setdefault("demo", getattr(request.app.state, "demo", False))
    context.setdefault("leave_url", getattr(request.app.state, "leave_url", LEAVE_URL))
    kept = [(key, value) for key, value in request.query_params.multi_items() if key != "lang"]
    # With two slashes it would be another host's address.
    links = language_links(language, f"/{request.url.path.lstrip('/')}", kept)
    html = render(template, language, languages=links, **context)
    response = HTMLResponse(html, status_code=status, headers={**HEADERS, "Content-Language": language})
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie(
            COOKIE,
            language,
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="lax",
            secure=is_encrypted(request),
        )
    return response


def is_encrypted(request: Request) -> bool:
    """Whether a cookie may be kept to encrypted connections: also when a proxy does not say that it encrypts, and the
    request came to the host that people know by https."""
    known: str = getattr(request.app.state, "encrypted_host", "")
    return request.url.scheme == "https" or (bool(known) and request.headers.get("host") == known)


def render(template: str, language: str, **context: Any) -> str:
    """A template in one language. A variable that it needs and does not get is an error, not a gap."""
    return _environment().get_template(template).render(language=language, _=translator(language), **context)


def set_in(template: str, language: str) -> Mapping[str, Any]:
    """What a template of parts sets at its top, in one language: paper says the same as a page."""
    module = _environment().get_template(template).make_module({"_": translator(language), "language": language})
    return vars(module)


def language_links(language: str, path: str = "", kept: Sequence[tuple[str, str]] = ()) -> list[dict[str, Any]]:
    """The languages to choose from, each as a link to the page at `path` with these parameters kept; without a path, to
    the very page that it stands on."""
    return [
        {
            "tag": tag,
            "name": name,
            "href": f"{path}?{urlencode([*kept, ('lang', tag)])}",
            "current": tag == language,
        }
        for tag, name in LANGUAGE_NAMES.items()
    ]


def arch_point(share: float, cx: float, base: float, rx: float, ry: float) -> tuple[float, float]:
    """Where a dot stands on an arch when `share` (0 to 1) of its time has gone."""
    angle = math.pi * min(1.0, max(0.0, share))
    return round(cx - rx * math.cos(angle), 1), round(base - ry * math.sin(angle), 1)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = _static_url
    environment.globals["arch_point"] = arch_point
    environment.filters["number"] = shown_number
    return environment


def _static_url(name: str) -> str:
    return f"/static/{name}?v={static_files()[name].version}"


def _by_weight(header: str) -> list[str]:
    """The languages of an Accept-Language header (RFC 9110), best first; a weight that is no number comes last."""

    def weight(part: str) -> float:
        _name, _sep, value = part.partition(";q=")
        try:
            return float(value) if value else 1.0
        except ValueError:
            return 0.0

    return sorted((part for part in header.split(",") if part.strip()), key=weight, reverse=True)
