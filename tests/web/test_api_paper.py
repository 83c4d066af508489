"""Calendar, card and agreement over the API: the same as the pages give, and as closed."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from pypdf import PdfReader

from tests.web.api_world import WORDS, errors
from tests.web.form_world import FormWorld, forms_once

__all__ = ["forms_once"]


def test_what_she_carries_away_and_only_with_the_passphrase(forms_once: FormWorld) -> None:
    world = forms_once
    trip = world.armed(words=True)
    opens = {"Amanba-Passphrase": WORDS["passphrase"]}
    mother = world.call("GET", trip, **opens).json()["contacts"][0]["contact_id"]
    wanted = {"name": "Call home"}
    closed: list[tuple[str, str, Any]] = [
        ("GET", "calendar", None),
        ("PUT", "calendar", wanted),
        ("DELETE", "calendar", None),
    ]
    for method, what, body in (*closed, ("POST", "card", {}), ("POST", "agreement", {})):
        assert world.call(method, f"{trip}/{what}", body).status_code == 404, (method, what)
    assert world.call("GET", f"{trip}/calendar", **opens).status_code == 404, "none yet"
    made = world.call("PUT", f"{trip}/calendar", wanted, **opens)
    assert made.status_code == 200, made.text
    assert made.json() == world.call("GET", f"{trip}/calendar", **opens).json()
    path = made.json()["url"].removeprefix(world.service.public_url)
    assert world.client.get(path).content.count(b"SUMMARY:Call home") == 100
    long = world.call("PUT", f"{trip}/calendar", {"name": "x" * 61, "ring_before_seconds": -1}, **opens)
    assert set(errors(long)) == {"name", "ring_before_seconds"}
    assert world.call("DELETE", f"{trip}/calendar", **opens).status_code == 204
    assert world.client.get(path).status_code == 404

    card: dict[str, Any] = {"contacts": [{"contact_id": mother, "name": "Auntie"}], "question": True, "language": "ru"}
    paper: dict[str, Any] = {"contacts": [mother], "places": True}
    for what, body, fact in (("card", card, "наш вопрос"), ("agreement", paper, "Antalya, Türkiye")):
        answer = world.call("POST", f"{trip}/{what}", body, **opens)
        assert answer.headers["content-type"] == "application/pdf"
        pages = PdfReader(BytesIO(answer.content)).pages
        text = " ".join(" ".join(page.extract_text() for page in pages).split())
        assert fact in text
        assert ("Auntie" if what == "card" else "Gulnar, mother") in text
        assert WORDS["question"] not in text
