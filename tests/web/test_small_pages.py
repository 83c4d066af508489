"""What the first view of a page costs on a slow line: the page, its stylesheet, its script and its icon, compressed."""

from __future__ import annotations

import re

import pytest

from tests.web.api_world import GULNAR
from tests.web.form_world import FormWorld, forms_once

__all__ = ["forms_once"]

MOST = 14_600
"""Ten packets of a first round trip (RFC 6928)."""


def first_view(world: FormWorld, path: str, language: str) -> int:
    """All bytes of a page that nothing is cached of, without headers."""
    page = world.client.get(path, headers={"Accept-Language": language, "Accept-Encoding": "gzip"})
    assert page.status_code == 200, path
    assets = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
    assert assets
    return sum(_size(world, one) for one in (path, *assets))


def _size(world: FormWorld, path: str) -> int:
    with world.client.stream("GET", path, headers={"Accept-Language": "kk", "Accept-Encoding": "gzip"}) as answer:
        return sum(len(chunk) for chunk in answer.iter_raw())


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_the_pages_that_matter_fit_the_first_round_trip(forms_once: FormWorld, language: str) -> None:
    trip = forms_once.armed(
        consulate={"name": "Consulate in Antalya", "phone": "+902422480000"},
        companions=[{"name": "Zarina", "phone": "+77000000031"}],
    )
    check_in = forms_once.get(trip).json()["check_in_url"].removeprefix("http://127.0.0.1:8000")
    forms_once.enter_later()
    costs = {path: first_view(forms_once, path, language) for path in ("/", check_in, "/home")}
    forms_once.wait(hours=12)
    forms_once.work()
    forms_once.wait(hours=3)
    forms_once.work()
    alarm = re.findall(r"/a/\w+", " ".join(forms_once.texts(GULNAR, "alert")))[0]
    costs[alarm] = first_view(forms_once, alarm, language)
    assert max(costs.values()) <= MOST, costs
