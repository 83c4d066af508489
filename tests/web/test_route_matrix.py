"""Every route, and everybody who may come to it: what each gets, what it shows of her, and whether it changes anything.

The table is `route_matrix.txt`. A route that is missing from it fails here, and so does a line that names none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from service.usecases import passphrase
from service.worker_app import create_worker_app
from tests.web.api_world import AIZHAN, EVENINGS, TRIP, WORDS
from tests.web.form_world import FormWorld, forms_once
from tests.web.matrix_world import PIN, Matrix, call_for_help, furnish

__all__ = ["forms_once"]

TABLE = Path(__file__).with_name("route_matrix.txt")
CALM = ("nobody", "another", "theirs", "contact", "caseworker", "traveler", "unlocked", "planning")
IN_ALARM = ("contact", "caseworker")
HERS = ("traveler", "unlocked")
COLUMNS = (*CALM, *(f"{name}!" for name in IN_ALARM))

Route = tuple[str, str]
Row = dict[str, str]

AUNT = {"name": "Saule", "language": "en", "role": "full", "disclosure": "full", "phone": "+77000000004"}
LADDER = {"rungs": [{"contacts": ["CONTACT"], "wait_seconds": 900}], "repeat_seconds": 900}
FORMS: Mapping[str, Mapping[str, Any]] = {
    "/in": {"phone": "+77000000009"},
    "/in/code": {"phone": "+77000000009", "code": "000000"},
    "/offer": {"text": "Cyprus. Dancer needed."},
    "/offer/keep": {"text": "Cyprus. Dancer needed.", "keep": "1"},
    "/private": {"passphrase": WORDS["passphrase"]},
    "/data": {"passphrase": WORDS["passphrase"]},
    "/notes": {"do": "note", "text": "a van without a plate"},
    "/late": {"late_until": "other", "clock": "21:00"},
    "/pause": {"day": "2026-12-12", "clock": "15:00"},
    "/number": {"phone": "+77000000007"},
    "/number/code": {"code": "000000", "word": "hello"},
    "/trip/order": {"repeat_seconds": "7200"},
    "/trip/times": {"rhythm": "every", "every": "12"},
    "/trip/times/preview": {"rhythm": "every", "every": "12"},
    "/trip/place": {"leg.country": "GE"},
    "/trip/checklist": {"point": "original", "original.have": "1"},
    "/people/add": AUNT,
    "/people/{contact_id}/hand-over": AUNT,
    "/trip/people/add": AUNT,
    "/trip/people": AUNT,
    "/trip/people/{contact_id}": AUNT,
    "/trip/all": {"do": "weekly_on"},
    "/trip/calendar": {"do": "keep", "name": "Yoga"},
    "/operator/test": {"channel": "sms", "to.sms": "+77000000009"},
    "/i/{token}": {"do": "worried"},
    "/a/{token}": {"answer": "1"},
    "/a/{token}/sheet": {"pin": PIN},
    "/a/{token}/paper": {"copy": "police", "language": "ru"},
    "/a/{token}/found": {"ticket": "", "officer": "KZ-118"},
    "/api/v1/offers/check": {"text": "Cyprus. Dancer needed."},
    "/api/v1/travelers": {"name": "A", "phone": "+77000000009", "language": "kk"},
    "/api/v1/travelers/verify": {"phone": AIZHAN, "code": "000000"},
    "/api/v1/travelers/me/numbers": {"phone": "+77000000007"},
    "/api/v1/travelers/me/numbers/verify": {"code": "000000", "word": "hello"},
    "/api/v1/trips": TRIP,
    "/api/v1/trips/{trip_id}/plan": EVENINGS,
    "/api/v1/trips/{trip_id}/contacts": AUNT,
    "/api/v1/trips/{trip_id}/contacts/{contact_id}": {"relation": "aunt"},
    "/api/v1/trips/{trip_id}/ladder": {
        "rungs": [{"contacts": ["CONTACT"], "wait_seconds": 900}],
        "repeat_seconds": 900,
    },
    "/api/v1/trips/{trip_id}/words": WORDS,
    "/api/v1/trips/{trip_id}/changes": {"end": True},
    "/api/v1/trips/{trip_id}/weekly-word": {"allowed": True},
    "/api/v1/trips/{trip_id}/calendar": {"name": "Yoga"},
    "/api/v1/trips/{trip_id}/card": {"language": "en"},
    "/api/v1/trips/{trip_id}/agreement": {"language": "en"},
    "/api/v1/trips/{trip_id}/contacts/{contact_id}/worry": {"allowed": False},
    "/api/v1/trips/{trip_id}/checklist": {"lawyer": {"not_needed": True}},
    "/api/v1/trips/{trip_id}/checklist/practice": {"number": "113", "typed": "113"},
}
"""What is sent to an address, so that it would do something; to the others, an empty form."""

MAY_WRITE = {"/readyz", "/leave"}
"""What writes when it is opened: a proof that the database takes anything, and a session that ends on the way out."""


@pytest.fixture
def matrix(forms_once: FormWorld, monkeypatch: pytest.MonkeyPatch) -> Iterator[Matrix]:
    # How slow the hash is shows elsewhere; here it would take half of the time.
    quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    monkeypatch.setattr(passphrase, "_HASHER", quick)
    made = furnish(forms_once)
    yield made
    made.close()


def test_every_route_answers_everybody_as_the_table_says(matrix: Matrix) -> None:
    """T18, T21: a contact gets nothing before an alarm but her own page, and changes nothing but her own things.
    T3, T4: an alarm changes nothing that her phone shows, whoever holds it."""
    table, routes = _table(), _routes(matrix)
    assert sorted(routes - table.keys()) == [], "not in the table"
    assert sorted(table.keys() - routes) == [], "in the table, and not served"
    found = {route: {name: _visited(matrix, name, route) for name in CALM} for route in table}
    assert _differences(table, found) == []
    assert list(_meddled(matrix, table)) == []
    call_for_help(matrix)
    found = {route: {f"{name}!": _visited(matrix, name, route) for name in IN_ALARM} for route in table}
    assert _differences(table, found) == []
    shown = {
        route: {name: _visited(matrix, name, route) for name in HERS if table[route][name].startswith("200")}
        for route in table
        if route[0] == "GET"
    }
    assert _differences(table, shown) == []


def _meddled(matrix: Matrix, table: Iterable[Route]) -> Iterator[tuple[Route, str]]:
    """Where her ids do something for others, also where people are still written down freely."""
    named = [route for route in table if "_id}" in route[1] or "{tag}" in route[1]]
    assert len(named) > 20
    for route in named:
        answer = _visited(matrix, "meddling", route)
        if answer not in (">home", ">where", ">people", "404"):
            yield route, answer


def test_a_link_changes_nothing_when_it_is_opened() -> None:
    for (method, path), row in _table().items():
        if method == "GET" and path not in MAY_WRITE:
            assert not any("*" in cell for cell in row.values()), path


def test_a_worker_serves_nothing_but_its_own_state(forms_once: FormWorld) -> None:
    paths = {getattr(route, "path", "") for route in create_worker_app(forms_once.service).routes}
    assert paths == {"/healthz", "/readyz", "/metrics"}


def _table() -> dict[Route, Row]:
    lines = [line for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    head, *rows = [line.split() for line in lines]
    assert tuple(head[2:]) == COLUMNS
    return {(method, path): dict(zip(COLUMNS, cells, strict=True)) for method, path, *cells in rows}


def _routes(matrix: Matrix) -> set[Route]:
    """Every method and path that the application answers."""

    def walk(routes: Iterable[Any], before: str) -> Iterator[Route]:
        for route in routes:
            if (inner := getattr(route, "original_router", None)) is not None:
                yield from walk(inner.routes, before + route.include_context.prefix)
            else:
                yield from ((method, before + route.path) for method in route.methods - {"HEAD"})

    app: Any = matrix.world.client.app
    # The button is answered before all routes.
    return {*walk(app.routes, ""), ("POST", "/c/{token}")}


def _visited(matrix: Matrix, name: str, route: Route) -> str:
    method, path = route
    return matrix.visit(name, method, path, FORMS.get(path) if method in ("POST", "PUT", "PATCH") else None)


def _differences(table: Mapping[Route, Row], found: Mapping[Route, Row]) -> list[str]:
    """Where an answer is another than the table's."""
    return [
        f"{' '.join(route)}, {name}: {answer} instead of {table[route][name]}"
        for route, row in found.items()
        for name, answer in row.items()
        if answer != table[route][name]
    ]
