"""A card for her pocket: numbers and a call time, no word, no answer, no service's name, for who may see the trip."""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO
from typing import Any

from httpx2 import Response
from pypdf import PdfReader

from service.directory import emergency
from service.usecases.show_card import CardFacts
from service.web.card import card_of
from tests.web.api_world import AIZHAN, EVENINGS, WORDS
from tests.web.form_world import FormWorld, forms_once, shown

__all__ = ["forms_once"]

CARD = "/trip/card"
CONSULATE = {"consulate": {"name": "Consulate in Antalya", "phone": "+902422480000"}}
SECRETS = (*WORDS["safe"], *WORDS["duress"], WORDS["question"], WORDS["passphrase"], "Amanba", "duress", "alarm")


def draft(world: FormWorld, **more: Any) -> str:
    """A trip that is being planned, whose mother has said yes; her id."""
    world.sign_in()
    trip = world.trip(**{**CONSULATE, **more})
    assert world.put(f"{trip}/plan", EVENINGS).status_code == 200
    mother = world.contact(trip)
    assert world.put(f"{trip}/words", WORDS).status_code == 204
    world.enter_later()
    return mother


def paper(answer: Response) -> str:
    """What stands on both sheets of the paper."""
    assert answer.status_code == 200
    document = PdfReader(BytesIO(answer.content))
    assert len(document.pages) == 2
    assert document.metadata is None
    return " ".join(" ".join(page.extract_text() for page in document.pages).split())


def smallest_letters(answer: Response) -> float:
    """The size of the smallest letters on the paper, in points."""
    sizes: list[float] = []

    def read(text: str, _matrix: object, _place: object, _font: object, size: float) -> None:
        if text.strip():
            sizes.append(size)

    for page in PdfReader(BytesIO(answer.content)).pages:
        page.extract_text(visitor_text=read)
    return min(sizes)


def test_T43_it_works_without_us(forms_once: FormWorld) -> None:
    """T43: the agreed call time, that there is a question, and the numbers, with their sources."""
    mother = draft(forms_once)
    page = forms_once.open(CARD)
    told = shown(page)
    turkey = emergency("TR")
    assert turkey is not None
    for fact in (
        "Every day at 20:00",
        "Gulnar",
        "+7 700 000 0002",
        "our question",
        turkey.general,
        f"Checked on {turkey.checked:%d.%m.%Y}",
        "Consulate in Antalya",
        "+90 242 248 00 00",
        "Türkiye: (0242) 248 00 00",
        "as I wrote it myself",
        "Türkiye: 00 7 700 000 0002",
        "Kazakhstan: 8 (700) 000 0002",
        "Help line: Türkiye (2025) 157",
        "only from within: Türkiye",
        "Pasaportum yalnızca bana aittir.",
        "My passport belongs only to me.",
        "Please call my consulate.",
    ):
        assert fact in told, fact
    answer = forms_once.send(CARD, {"do": "paper", "who": mother, f"name-{mother}": "Auntie", "question": "1"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="card.pdf"'
    assert answer.headers["Cache-Control"] == "no-store"
    text = paper(answer)
    assert text.count("Auntie") == 1 + 3, "on the sheet that folds, and on three small ones"
    assert "Gulnar" not in text
    assert text.count("+90 242 248 00 00") == 1 + 3 + 4, "and on four labels"
    for secret in SECRETS:
        assert secret.lower() not in (told + text).lower(), secret


def test_E22_numbers_that_nobody_has_looked_up_for_a_year_are_called_old(forms_once: FormWorld) -> None:
    draft(forms_once)
    assert "(older than a year): GOV.UK" not in shown(forms_once.open(CARD))
    forms_once.wait(days=400)
    forms_once.enter_later()
    assert "(older than a year): GOV.UK" in shown(forms_once.open(CARD))


def test_she_chooses_what_stands_on_it_and_nothing_is_stored(forms_once: FormWorld) -> None:
    mother = draft(forms_once)
    forms_once.open(CARD)
    answer = forms_once.send(CARD, {"do": "show"})
    front = re.search(r'<section class="card.*?</section>', answer.text, re.S)
    assert front is not None
    assert "+7 700" not in front.group()
    assert "our question" not in front.group()
    again = forms_once.send(CARD, {"do": "show", "who": [mother, "nobody"], f"name-{mother}": "<b>" + "x" * 90})
    card = re.findall(r'<section class="card.*?</section>', again.text, re.S)[0]
    assert "&lt;b&gt;" in card
    assert "x" * 38 not in card, "a name has room on it"
    assert "Auntie" not in forms_once.open(CARD).text


def test_no_name_breaks_it(forms_once: FormWorld) -> None:
    mother = draft(forms_once)
    for name in ("<script>alert(1)</script>\u202e", "שלום 你好 🙂", "é" * 5000):
        fields = {"do": "paper", "who": mother, f"name-{mother}": name, "question": "1" * 99}
        assert "+7 700 000 0002" in paper(forms_once.send(CARD, fields))


def test_what_is_not_known_is_said_to_be(forms_once: FormWorld) -> None:
    where = {"country": "AQ", "city": "McMurdo", "zone": "Antarctica/McMurdo"}
    assert emergency("AQ") is None
    draft(forms_once, consulate=None, destination=where)
    told = shown(forms_once.open(CARD))
    assert "not known to us; ask on arrival" in told
    assert "The consulate’s phone not known" in " ".join(told.split())


def test_each_country_on_the_way_brings_its_own_numbers_and_sentences(forms_once: FormWorld) -> None:
    """E16, E20, E22: where she wrote no consulate our list steps in, and the card says so and of when it is."""
    legs = [{"from": "2026-12-10T00:00:00+03:00", "country": "KR", "city": "Seoul", "zone": "Asia/Seoul"}]
    forms_once.sign_in(citizenship="KZ")
    trip = forms_once.trip(**CONSULATE, legs=legs)
    mother = forms_once.contact(trip)
    forms_once.enter_later()
    told = shown(forms_once.open(CARD))
    korea = emergency("KR")
    assert korea is not None
    for fact in (
        "Emergency numbers: Türkiye",
        f"police {korea.police}",
        "제 여권은 저만의 것입니다.",
        "from a list of",
    ):
        assert fact in told, fact
    assert told.index("as I wrote it myself") < told.index("Embassy of Kazakhstan, Seoul")
    answer = forms_once.send(CARD, {"do": "paper", "who": mother}, language="kk")
    text = paper(answer)
    assert "제 여권은 저만의 것입니다." in text
    assert "Паспортым тек өзімдікі." in text
    assert text.count("Консулдықтың телефоны: Оңтүстік Корея") == 1 + 3, "whose number it is"
    assert text.count("I need a doctor.") == 1 + 3, "the small cards lose nothing of it"
    assert smallest_letters(answer) >= 4, "in points"


def test_one_consulate_for_two_countries_stands_under_both() -> None:
    facts = CardFacts(None, "", (), (("LA", ""), ("TH", "")), "KZ", {}, False, date(2026, 11, 23))
    labels = [line.label for line in card_of(facts, {}, "en", question=False).helpers]
    assert [label for label in labels if "phone" in label] == ["The consulate’s phone: Laos, Thailand"]


def test_on_a_phone_in_other_hands_it_lies_behind_the_passphrase(forms_once: FormWorld) -> None:
    forms_once.sign_in()
    forms_once.armed(words=True, **CONSULATE)
    forms_once.enter_later()
    for answer in (forms_once.open(CARD), forms_once.client.get(CARD, follow_redirects=False)):
        assert (answer.status_code, answer.headers["location"]) == (303, "/home")
    forms_once.open("/private")
    forms_once.send("/private", {"passphrase": WORDS["passphrase"]})
    assert "Gulnar" in forms_once.open(CARD).text
    assert AIZHAN not in forms_once.open(CARD).text


def test_nobody_else_prints_it(forms_once: FormWorld) -> None:
    mother = draft(forms_once)
    assert forms_once.client.post(CARD, data={"do": "paper", "who": mother}).status_code == 403
    forms_once.leave_behind()
    assert forms_once.open(CARD).headers["location"].startswith("/in")
