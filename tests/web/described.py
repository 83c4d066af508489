"""Requests that are made from the description of the API, right ones and wrong ones, and what is wrong with an answer.

What makes them takes a second to load: whoever needs this module imports it when it begins.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

import requests
import schemathesis
from httpx2 import Response
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.web.api_world import MOTHER
from tests.web.form_world import FormWorld

EXAMPLES = int(os.environ.get("TEST_FUZZ", "2"))
"""Right and as many wrong requests to each operation; `make soak` sends more, and others each time."""
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
NOT_YET = 501
"""Described, and not available: the one answer above 500 that is none of a failure."""
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)

AUNT = {**MOTHER, "name": "Saule", "phone": "+77000000004"}

Operation = Any
Case = Any
Ids = dict[str, str]


def faults_of_the_api(world: FormWorld) -> list[str]:
    """What is wrong with the answers of every operation there is."""
    armed, draft = world.armed(), world.trip()
    known = [_ids(armed, str(world.state(armed).contacts[0].contact_id)), _ids(draft, world.contact(draft, AUNT))]
    schema = schemathesis.openapi.from_dict(world.client.get("/api/v1/openapi.json").json())
    operations = [cast("Ok[Operation]", found).ok() for found in schema.get_all_operations()]
    assert len(operations) > 20
    # She may be erased, or sign out: that comes last.
    operations.sort(key=lambda operation: operation.method == "delete")
    return [fault for operation in operations for mode in MODES for fault in _faults(world, operation, mode, known)]


def _ids(trip: str, contact: str) -> Ids:
    return {"trip_id": trip.rpartition("/")[2], "contact_id": contact, "country": "TR"}


def _faults(world: FormWorld, operation: Operation, mode: GenerationMode, known: Sequence[Ids]) -> list[str]:
    """What was wrong with the answers to requests of this kind, each once."""
    faults: dict[str, str] = {}

    @settings(
        max_examples=EXAMPLES,
        derandomize="TEST_FUZZ" not in os.environ,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(mode), st.sampled_from([*known, None]), st.booleans())
    def send(case: Case, ids: Ids | None, known_to_us: bool) -> None:
        for name in case.path_parameters or {}:
            if ids is not None:
                case.path_parameters[name] = ids[name]
        answer = _sent(world, case, world.token if known_to_us or ids else "")
        if answer is not None and answer.status_code != NOT_YET:
            said = _said(case, answer)
            if said:
                faults.setdefault(said.splitlines()[0], f"{operation.label}: {answer.status_code} {said}")

    with suppress(Unsatisfiable):
        # Nothing can be wrong with a request that has nothing in it.
        send()
    return list(faults.values())


def _sent(world: FormWorld, case: Case, token: str) -> Response | None:
    """The answer, or None when it is no request that can be sent."""
    if token:
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
    try:
        ready: Any = requests.Request(**case.as_transport_kwargs(base_url="http://127.0.0.1:8000")).prepare()
    except (requests.exceptions.InvalidHeader, UnicodeError):
        return None
    return world.client.request(ready.method, ready.url, content=ready.body, headers=dict(ready.headers))


def _said(case: Case, answer: Response) -> str:
    """What is wrong with an answer; nothing when it is as described."""
    if answer.status_code >= 500:
        return f"failed: {answer.request.content!r}"
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as failures:
        return "\n".join(str(one) for one in failures.exceptions)
    return ""
