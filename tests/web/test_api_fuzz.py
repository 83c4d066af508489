"""Whatever is sent, the API answers, and never that we failed."""

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.easy import one_database
from tests.web.api_world import BROTHER, EVENINGS, MOTHER, TRIP, WORDS, World, world

__all__ = ["world"]

LEG = {"from": "2026-12-05T00:00:00Z", "country": "GE", "city": "Batumi", "zone": "Asia/Tbilisi"}
RUNGS = {"rungs": [{"contacts": ["7c9e6679-7425-40de-944b-e07fc1f90ae7"], "wait_seconds": 900}], "repeat_seconds": 900}
PLAN = {
    **EVENINGS,
    "once": ["2026-12-03T14:30:00+04:00"],
    "quiet": [{"from": "2026-12-03T14:30:00+04:00", "to": "2026-12-03T15:30:00+04:00"}],
    "zone": "Asia/Almaty",
    "grace_seconds": 3600,
    "max_weak": 3,
}
WHOLE_TRIP = {
    **TRIP,
    "legs": [LEG],
    "agency": {"name": "Agency", "phone": "+77012345678", "licence": "1"},
    "consulate": {"name": "Consulate", "email": "consul@example.org"},
    "companions": [{"name": "Dana", "phone": "+77000000009"}],
    "visa": {"kind": "work", "number": "1"},
    "insurance": {"company": "Insurer"},
    "person": {"height": "165"},
    "consent": {"police": True},
    "notes": "none",
}
CONTACT = {**MOTHER, "email": "g@example.org", "channels": [{"channel": "telegram", "address": "@gulnar"}]}
SMS = {"phone": None, "email": None, "channels": [{"channel": "sms", "address": "+77000000005"}]}
FORMS: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/travelers", {"name": "A", "phone": "+77000000001", "language": "kk", "email": "a@example.org"}),
    ("POST", "/travelers/verify", {"phone": "+77000000001", "code": "123456"}),
    ("POST", "/trips", WHOLE_TRIP),
    ("PUT", "{draft}/plan", PLAN),
    ("PUT", "{draft}/plan", {"every_hours": 12}),
    ("POST", "{draft}/contacts", CONTACT),
    ("POST", "{draft}/contacts", {**BROTHER, **SMS}),
    ("PUT", "{draft}/ladder", RUNGS),
    ("PUT", "{draft}/words", {**WORDS, "passphrase": "short"}),
    ("POST", "{armed}/check-ins", {"text": "OK"}),
    ("POST", "{armed}/sos", {}),
    ("POST", "{armed}/changes", {"late_until": "2026-12-01T18:00:00Z", "word": "OK"}),
    ("POST", "{armed}/changes", {"leg": LEG}),
    ("POST", "{armed}/changes", {"plan": PLAN}),
    ("POST", "{armed}/changes", {"add_contact": CONTACT}),
    ("POST", "{armed}/changes", {"ladder": RUNGS}),
]

TIMES = ["99:99", "2026-13-45T99:99:99Z", "9999-12-31T23:59:59-23:59"]
PLACES = ["Etc/GMT+12", "/etc/passwd", "٣", "+7"]
TEXTS = ["", " ", "\0", "\ud800", "x" * 5000, "\u202e", "-1", "1e999", "null", "{name}", "%s"]
nasty = st.sampled_from([*TIMES, *PLACES, *TEXTS])
leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | nasty | st.just(10**400)
value = st.recursive(
    leaf, lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=8), one, max_size=3), max_leaves=6
)


def places(form: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a form where something else might stand."""
    yield path
    if isinstance(form, dict):
        for name in form:
            yield from places(form[name], (*path, name))
    elif isinstance(form, list):
        for index in range(len(form)):
            yield from places(form[index], (*path, index))


def put(form: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    form = copy.copy(form)
    form[path[0]] = put(form[path[0]], path[1:], other)
    return form


@one_database
def test_no_form_breaks_the_service(world: World) -> None:
    armed = world.armed()
    draft = world.trip()
    described = world.client.get("/api/v1/openapi.json").json()["paths"]

    @settings(max_examples=100, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def send(data: st.DataObject) -> None:
        method, path, form = data.draw(st.sampled_from(FORMS))
        spoiled = put(form, data.draw(st.sampled_from(list(places(form)))), data.draw(value))
        answer = world.client.request(
            method,
            "/api/v1" + path.format(draft=draft, armed=armed),
            content=json.dumps(spoiled),
            headers={"Authorization": f"Bearer {world.token}", "Content-Type": "application/json"},
        )
        assert answer.status_code < 500, (method, path, spoiled)
        whole = "/api/v1" + path.format(draft="/trips/{trip_id}", armed="/trips/{trip_id}")
        assert str(answer.status_code) in described[whole][method.lower()]["responses"], (method, path, spoiled)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"

    send()
    world.read_inbox()
    assert world.get(armed).status_code == 200
