"""T49: signing in tells nobody whose number it is: not by what is said, not by what is done, not by how long it takes.

`make soak` measures how long: TEST_TIMING=300 asks for so many known and as many unknown numbers in turn.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import sqrt

import pytest
from httpx2 import Response

from service.clock import monotonic
from service.usecases.register import SignUpForm, sign_up, verify
from tests.client import Client
from tests.one_app import app_for
from tests.web.api_world import AIZHAN, DANIYAR, World, world
from tests.web.form_world import FormWorld, forms
from tests.web.statements import statements

__all__ = ["forms", "world"]

TRIALS = int(os.environ.get("TEST_TIMING", "0"))
Ask = Callable[[FormWorld, str], list[Response]]
APART_BY_CHANCE = 3.3
"""Standard deviations; equal samples lie further apart once in a thousand runs."""


def seen(answer: Response, number: str) -> tuple[int, list[tuple[str, str]], str]:
    """All of an answer but the number itself, and what is random on every page."""
    spelled = f"+7 {number[2:5]} {number[5:8]} {number[8:]}"
    headers = sorted((name, value.replace(number, "N")) for name, value in answer.headers.items())
    return answer.status_code, headers, answer.text.replace(number, "N").replace(spelled, "N")


def test_the_same_is_said_and_done_for_known_and_unknown_numbers(forms: FormWorld) -> None:
    """T49. The same statements, in the same order: what takes as long, whatever the machine."""
    forms.sign_in()
    forms.token = ""
    for codes_a_day in (500, 1):
        # With the day's codes used up, only the known number gets one.
        limited = replace(forms.service, limits=replace(forms.service.limits, codes_a_day=codes_a_day))
        with app_for(limited) as app:
            # Unpacked: two numbers of one length make pages of one length.
            forms.client = Client(app, headers={"Accept-Encoding": "identity"}, raise_server_exceptions=False)
            for ask in (_by_form, _by_program):
                forms.wait(hours=2)
                # Once before, so that what is made once a day is there for both.
                ask(forms, "+77000000061")
                known, unknown = (_all(forms, ask, number) for number in (AIZHAN, DANIYAR))
                assert known == unknown
                assert len(known[1]) > 10, "somebody listened"


def _all(forms: FormWorld, ask: Ask, number: str) -> tuple[list[object], list[str]]:
    with statements(forms.service) as said:
        answers = ask(forms, number)
    return [seen(answer, number) for answer in answers], said


def _by_form(forms: FormWorld, number: str) -> list[Response]:
    forms.open("/in?other=1")
    asked = forms.client.post("/in", data={**forms.hidden["/in?other=1"], "phone": number})
    fields = {**forms.hidden["/in?other=1"], "phone": number, "code": "none"}
    wrong = [forms.client.post("/in/code", data=fields) for _ in range(6)]
    return [asked, forms.client.post("/in", data={**forms.hidden["/in?other=1"], "phone": number}), *wrong]


def _by_program(forms: FormWorld, number: str) -> list[Response]:
    form = {"name": "Aizhan", "phone": number, "language": "en"}
    asked = [forms.post("/travelers", form) for _ in range(2)]
    return asked + [forms.post("/travelers/verify", {"phone": number, "code": "none"}) for _ in range(6)]


@pytest.mark.skipif(not TRIALS, reason="make soak measures this")
def test_no_clock_tells_them_apart(world: World) -> None:
    """T49. Asked in turn, hundreds of known and of unknown numbers take as long."""
    known, unknown = (tuple(f"+7700{kind}{number:06}" for number in range(TRIALS)) for kind in (1, 2))
    for number in known:
        sign_up(world.service, SignUpForm("Aizhan", number, "en"))
        verify(world.service, number, world.code(number))
    world.wait(hours=25)
    took: dict[str, list[list[float]]] = {"known": [[], []], "unknown": [[], []]}
    for one, other in zip(known, unknown, strict=True):
        for kind, number in (("known", one), ("unknown", other)):
            for place, (path, form) in enumerate(
                (
                    ("/travelers", {"name": "Aizhan", "phone": number, "language": "en"}),
                    ("/travelers/verify", {"phone": number, "code": "000000"}),
                )
            ):
                began = monotonic()
                world.post(path, form)
                took[kind][place].append(monotonic() - began)
    for place in (0, 1):
        first, second = took["known"][place], took["unknown"][place]
        medians = [1000 * statistics.median(times) for times in (first, second)]
        apart = ranks_apart(first, second)
        print(
            f"{world.service.db.dialect}: {medians[0]:.2f} ms known, {medians[1]:.2f} unknown, {apart:.1f} deviations"
        )
        assert abs(apart) < APART_BY_CHANCE
        assert abs(medians[0] - medians[1]) < 50


def ranks_apart(first: Sequence[float], second: Sequence[float]) -> float:
    """How far two samples lie apart by their ranks (Mann and Whitney 1947), in standard deviations of equal ones."""
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    ranks = sum(rank for rank, (_value, which) in enumerate(ranked, start=1) if which == 0)
    n, m = len(first), len(second)
    u = ranks - n * (n + 1) / 2
    return (u - n * m / 2) / sqrt(n * m * (n + m + 1) / 12)
