"""T34: nobody can leave a file here: no photograph, no recording, no copy of a passport."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.params import File
from fastapi.routing import APIRoute
from sqlalchemy import select

import service
from service.db.routing import Inbox
from service.db.stored import table_of
from tests.web.form_world import FormWorld, forms_once

__all__ = ["forms_once"]

PICTURE = b"\x89PNG\r\n\x1a\n" + b"what nobody may leave here" * 40
INBOX = table_of(Inbox)


def test_no_route_takes_a_file(forms_once: FormWorld) -> None:
    """T34: by what each route declares, and by what the API says of itself."""
    routes = list(_routes(forms_once.client.app))
    assert len(routes) > 60
    assert [route.path for route in routes if any(_is_file(one) for one in _all_of(route.dependant))] == []
    said = forms_once.client.get("/api/v1/openapi.json").text
    assert "multipart/form-data" not in said
    assert '"format":"binary"' not in said


def _routes(app: Any) -> Iterator[APIRoute]:
    for route in app.routes:
        if (inner := getattr(route, "original_router", None)) is not None:
            yield from _routes(inner)
        elif isinstance(route, APIRoute):
            yield route


def _all_of(dependant: Dependant) -> list[object]:
    return [*dependant.body_params, *(one for part in dependant.dependencies for one in _all_of(part))]


def _is_file(field: object) -> bool:
    return isinstance(getattr(field, "field_info", None), File)


def test_no_page_asks_for_one_and_no_code_takes_one() -> None:
    """T34: no field of a form, and nothing in the code that would read it."""
    here = Path(service.__file__).parent
    pages = [path.name for path in here.rglob("*.html") if re.search(r'type="file"|multipart', path.read_text("utf-8"))]
    code = [
        path.name
        for path in here.rglob("*.py")
        if re.search(r"UploadFile|\bFile\(|request\.form\(", path.read_text("utf-8"))
    ]
    assert (pages, code) == ([], [])


def test_a_file_that_is_sent_all_the_same_is_kept_nowhere(forms_once: FormWorld) -> None:
    """T34: the button counts, and what came with it is not read; the folder of files beside the pages lists nothing."""
    trip = forms_once.armed()
    link = forms_once.get(trip).json()["check_in_url"].removeprefix("http://127.0.0.1:8000")
    answer = forms_once.client.post(link, files={"text": ("passport.png", PICTURE, "image/png")})
    assert answer.status_code == 200
    kept = forms_once.service.read(lambda conn: conn.execute(select(INBOX.c.sealed)).scalars().all())
    assert [len(sealed) for sealed in kept if len(sealed) > 300] == []
    assert forms_once.client.get("/static/").status_code == 404
    assert forms_once.client.get("/static/..%2ftemplates%2fhome.html").status_code == 404
