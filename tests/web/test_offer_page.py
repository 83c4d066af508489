"""`/offer` and its call of the API: for anybody, without a trace; and the way of what was found to her sheet."""

from __future__ import annotations

import re
from html import unescape
from inspect import iscoroutinefunction

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import Connection, MetaData, func, select

from service.core.offer import check
from service.usecases.check_offer import LONGEST_FACT, MOST_CHECKS, OfferDesk, TooManyChecks, said_signs
from service.web.offer_page import OPENLY, router
from tests.web.api_world import AIZHAN, TRIP, errors
from tests.web.form_world import FormWorld, forms_once, shown

__all__ = ["forms_once"]

LURE = "Girls 18-25, hostess in Istanbul, 3000$. The ticket is worked off. Your passport stays with the manager."
CROWDED = """Таиланд! Требуется оператор чата. Опыт и язык не нужны, возраст 18-30. Зарплата от 2500 $ в месяц.
Билет и жильё за счёт компании, потом вычтем из зарплаты. Заезд по туристической визе, документы оформим на месте."""
HONEST = "Шымкент, ТОО «Сервис», сварщик 5 разряда, 5/2, 350 000 тенге, договор, ул. Абая 1, опыт от 2 лет"


def rows(world: FormWorld) -> dict[str, int]:
    """How many rows each table has."""

    def count(conn: Connection) -> dict[str, int]:
        tables = MetaData()
        tables.reflect(conn)
        found = tables.tables.items()
        return {name: conn.execute(select(func.count()).select_from(table)).scalar_one() for name, table in found}

    return world.service.read(count)


def test_an_ad_is_checked_without_a_trace(forms_once: FormWorld, capsys: pytest.CaptureFixture[str]) -> None:
    """N2, N5, N10, N14, N15: what it found, why, what to ask; how to check; a pause; and no row, no line, no cookie."""
    world, before = forms_once, rows(forms_once)
    world.client.cookies.clear()
    for language, level in (("en", "Strong warning signs"), ("ru", "Серьёзные"), ("kk", "Қатты")):
        answer = world.client.post(f"/offer?lang={language}", data={"text": LURE})
        told = shown(answer)
        assert (answer.status_code, level in told) == (200, True)
        assert len(answer.content) < 50_000
        assert "“" not in re.findall(r"<q[^>]*>(.*?)</q>", answer.text)[0]
        quotes = [unescape(one) for one in re.findall(r"<q[^>]*>(.*?)</q>", answer.text)]
        assert "passport stays with the manager" in quotes
        assert all(quote in LURE for quote in quotes)
        assert ('href="/countries/KZ"' in answer.text, 'href="#how"' in answer.text) == (True, True)
        world.client.cookies.clear()
    english = shown(world.client.post("/offer", data={"text": LURE}))
    assert "Will my passport stay in my own hands every day?" in english
    assert "Kindness is not proof." in english
    assert "48 hours" in english
    low = world.client.post("/offer", data={"text": HONEST})
    assert "No warning signs found in the text This is not a check of the employer" in shown(low)
    assert "Keep it with my trip" not in english
    assert "set-cookie" not in low.headers
    assert rows(world) == before
    assert not re.search("hostess|passport stays|сварщик", "".join(capsys.readouterr()))


def test_of_many_signs_the_heaviest_are_read_and_each_is_kept_with_its_question(forms_once: FormWorld) -> None:
    """N10: the others are folded away, and how to check them stands once. E6, T17: what is kept can be asked."""
    answer = forms_once.client.post("/offer?lang=ru", data={"text": CROWDED})
    found = check(CROWDED).findings
    openly, folded = answer.text.split("<details>")
    assert openly.count("<q ") == OPENLY
    assert f"Менее серьёзные признаки: {len(found) - OPENLY}" in folded
    assert [unescape(one) for one in re.findall(r"<q[^>]*>(.*?)</q>", answer.text)] == [one.quote for one in found]
    assert answer.text.count('href="#how"') == 1
    for language in ("en", "ru", "kk"):
        kept = said_signs(found, language).split("\n")
        assert kept[0] == f"{found[0].why[language]} {found[0].ask[language]}"
        assert len(kept) > 1
        for one in found:
            assert len(said_signs([one], language)) <= LONGEST_FACT
            assert said_signs([one], language).endswith(one.ask[language])


def test_an_empty_box_is_asked_for_again_and_a_page_leads_there(forms_once: FormWorld) -> None:
    for nothing in ("  ", "\u202e…!", "🙂🙂"):
        answer = forms_once.client.post("/offer", data={"text": nothing})
        assert (answer.status_code, "This is needed." in answer.text) == (422, True), "and not called without a sign"
    assert forms_once.client.post("/offer", data={"text": "a" * 60_000}).status_code == 413
    forms_once.client.cookies.clear()
    assert 'href="/offer"' in forms_once.open("/").text


def test_T17_what_was_found_goes_to_her_sheet_only_when_she_ticks_it(forms_once: FormWorld) -> None:
    """T17, E1, E6: shown before she begins, it keeps her from nothing; the text stays out unless she ticks that too."""
    world = forms_once
    world.sign_in()
    trip = world.trip(**TRIP)
    world.enter_later(AIZHAN)
    assert 'href="/offer"' in world.open("/trip/work").text
    result = world.client.post("/offer?lang=en", data={"text": LURE})
    token = re.findall(r'name="form" value="(\w+)"', result.text)
    assert token
    kept = {"form": token[0], "text": LURE}

    def person() -> dict[str, str]:
        found: dict[str, str] = world.state(trip).details.get("person") or {}
        return found

    assert world.client.post("/offer/keep", data=kept, follow_redirects=False).headers["location"] == "/trip/work"
    assert "offer_signs" not in person()
    assert world.client.post("/offer/keep", data={**kept, "form": "0"}).status_code == 403
    world.client.post("/offer/keep", data={**kept, "keep": "1"}, follow_redirects=False)
    assert "Somebody else would hold your passport" in person()["offer_signs"]
    assert "Will my passport stay in my own hands every day?" in person()["offer_signs"]
    assert "advert" not in person()
    assert len(person()["offer_signs"]) <= 500
    signs = person()["offer_signs"]
    world.client.post("/offer/keep", data={**kept, "keep_text": "1"}, follow_redirects=False)
    assert (person()["advert"], person()["offer_signs"]) == (LURE, signs)
    assert "Somebody else would hold your passport" in world.open("/trip/ready").text


def test_the_api_says_the_same_and_names_what_it_cannot_read(forms_once: FormWorld) -> None:
    world = forms_once
    world.token = ""
    answer = world.post("/offers/check", {"text": LURE})
    found = answer.json()
    assert (answer.status_code, found["level"]) == (200, "high")
    assert {"rule", "quote", "why", "ask"} == set(found["findings"][0])
    assert all(one["quote"] in LURE for one in found["findings"])
    spoken = world.post("/offers/check", {"text": LURE, "language": "kk"}).json()["findings"]
    assert [one["quote"] for one in spoken] == [one["quote"] for one in found["findings"]]
    assert "жұмыс" in " ".join(one["why"] for one in spoken)
    assert world.post("/offers/check", {"text": "Кипр. Биші керек."}).json()["findings"][0]["ask"].startswith("Ол елде")
    for body, field in (({}, "text"), ({"text": ""}, "text"), ({"text": LURE, "language": "de"}, "language")):
        refused = world.post("/offers/check", body)
        assert (refused.status_code, set(errors(refused))) == (422, {field})
    assert set(errors(world.post("/offers/check", {"text": "a" * 20_001}))) == {"text"}
    assert errors(world.post("/offers/check", {"text": "a", "name": "b"}))


def test_no_answer_to_a_reminder_waits_while_an_ad_is_read(forms_once: FormWorld) -> None:
    """Its words are read in a thread, not in the loop that takes check-ins."""
    endpoints = [route.endpoint for route in router(forms_once.service).routes if isinstance(route, APIRoute)]
    assert len(endpoints) == 3
    assert not any(iscoroutinefunction(one) for one in endpoints)


def test_who_asks_without_an_end_waits_a_little_and_nobody_else(forms_once: FormWorld) -> None:
    desk = OfferDesk(forms_once.service)
    for _ in range(MOST_CHECKS):
        desk.check("", visitor="203.0.113.7")
    with pytest.raises(TooManyChecks) as refused:
        desk.check("", visitor="203.0.113.7")
    assert 0 < refused.value.again_in.total_seconds() <= 600
    desk.check("", visitor="203.0.113.8")
    forms_once.wait(minutes=10)
    desk.check("", visitor="203.0.113.7")
