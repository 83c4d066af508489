"""Mail scanners, link previews and browsers that fetch ahead open every link they see. Opening changes nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from service.db.stored import Stored
from tests.web.api_world import GULNAR
from tests.web.form_world import FormWorld, forms_once

__all__ = ["forms_once"]

OPENINGS = int(os.environ.get("TEST_OPENINGS", "150"))
"""`make soak` asks for 10,000."""

SCANNERS = (
    {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) SafeLinks"},
    {"User-Agent": "WhatsApp/2.23", "Accept": "*/*", "Range": "bytes=0-4095"},
    {"User-Agent": "TelegramBot (like TwitterBot)"},
    {"User-Agent": "Googlebot/2.1", "Purpose": "prefetch", "Sec-Purpose": "prefetch"},
    {"User-Agent": "curl/8.5", "Accept-Language": "x-none", "Cookie": "s=stolen; v=guess; lang=kk"},
)
ENDINGS = ("", "?lang=ru", "?lang=kk&answered=1", "?answer=2&nonce=1", "?do=accept&pin=1234", "/", "?utm_source=mail#1")


def rows(world: FormWorld) -> dict[str, list[Any]]:
    """All that is stored."""

    def read(conn: Any) -> dict[str, list[Any]]:
        tables = Stored.metadata.sorted_tables
        return {table.name: sorted(map(repr, conn.execute(select(table)).all())) for table in tables}

    return world.service.read(read)


def links(world: FormWorld) -> Iterator[str]:
    """Every link that went out, and her own page's."""
    for text in (*world.texts(GULNAR), *world.texts("+77000000003")):
        yield from re.findall(r"http://127\.0\.0\.1:8000(/\S+)", text)


def test_opening_links_changes_nothing(forms_once: FormWorld) -> None:
    trip = forms_once.armed()
    own_page = forms_once.get(trip).json()["check_in_url"].removeprefix("http://127.0.0.1:8000")
    assert forms_once.post(f"{trip}/rehearsal").status_code == 202
    forms_once.work()
    forms_once.wait(hours=13)
    forms_once.work()
    forms_once.wait(hours=2)
    forms_once.work()
    found = sorted({own_page, *links(forms_once)})
    assert {path[:3] for path in found} >= {"/c/", "/a/", "/i/", "/r/"}
    before = rows(forms_once)
    statuses = set()
    forms_once.client.cookies.clear()
    for number in range(OPENINGS):
        path = found[number % len(found)] + ENDINGS[number % len(ENDINGS)]
        answer = forms_once.client.get(path, headers=SCANNERS[number % len(SCANNERS)], follow_redirects=False)
        statuses.add(answer.status_code)
    for path in found:
        statuses.add(forms_once.client.head(path).status_code)
        statuses.add(forms_once.client.options(path).status_code)
    assert statuses <= {200, 307, 404, 405}
    assert rows(forms_once) == before


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_no_other_method_does_anything(forms_once: FormWorld, method: str) -> None:
    for path in ("/c/x", "/a/x", "/i/x", "/home", "/in"):
        assert forms_once.client.request(method, path, follow_redirects=False).status_code in (303, 404, 405)
