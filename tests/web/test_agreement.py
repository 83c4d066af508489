"""What she and her people agreed, on paper: when, what follows, what to do and what never, and no secret."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

from httpx2 import Response
from pypdf import PdfReader

from service.web.agreement import Agreement
from service.web.agreement_pdf import write_agreement
from tests.web.api_world import BROTHER, EVENINGS, WORDS
from tests.web.form_world import FormWorld, forms_once, shown

__all__ = ["forms_once"]

PAGE = "/trip/agreement"
SECRETS = (*WORDS["safe"], *WORDS["duress"], WORDS["question"], WORDS["not_free_answer"], WORDS["passphrase"])


def sheets(answer: Response) -> list[str]:
    """The pages of the paper."""
    assert answer.status_code == 200
    document = PdfReader(BytesIO(answer.content))
    assert document.metadata is None
    return [" ".join(page.extract_text().split()) for page in document.pages]


def test_it_says_when_what_follows_and_what_each_does(forms_once: FormWorld) -> None:
    world = forms_once
    world.sign_in()
    trip = world.trip()
    world.put(f"{trip}/plan", EVENINGS)
    mother, brother = world.contact(trip), world.contact(trip, BROTHER, accepted=False)
    assert world.put(f"{trip}/words", WORDS).status_code == 204
    world.enter_later()
    page = world.open(PAGE)
    told = shown(page)
    first, second = sheets(world.send(PAGE, {"do": "paper", "who": [mother, brother], "secret": "1"}))
    for fact in (
        "Every day at 20:00 (Istanbul)",
        "20:00 there is 22:00 at home",
        "30 minutes before it, at the time, 30 minutes after it Aizhan is asked",
        "1 hour after it A message goes to Gulnar.",
        "1 hour 15 minutes after it A message goes to Gulnar, Daniyar.",
        "1 I take it. The others are told that you act.",
        "If a message begins “Do NOT call”",
        "Do not call, do not write, do not post anything.",
        "A question that only Aizhan can answer right",
        "Daniyar, brother",
    ):
        assert fact in told, fact
        assert fact in first, fact
    for fact in ("The first hour", "After 72 hours", "Do not send money.", "Open the page that the message brings"):
        assert fact in told
        assert fact in second, fact
    whole = f"{told} {first} {second}"
    for secret in (*SECRETS, "Antalya", "7700", "000 0002", "manba"):
        assert secret not in whole.replace("+7 700 000 0001", ""), secret

    fewer = sheets(world.send(PAGE, {"do": "paper", "who": [mother], "places": "1", "language": "kk"}))[0]
    assert "Antalya, Түркия" in fewer
    assert "ҚОҢЫРАУ ШАЛМАҢЫЗ" not in fewer, "left out where she wants it left out"
    assert "Daniyar" not in fewer
    assert "Хабарды алатындар: Gulnar және басқалар." in fewer
    assert "1 сағат өткен соң" in fewer
    odd = sheets(world.send(PAGE, {"do": "paper", "who": ["nobody", "<b>"], "language": "xx"}))
    assert len(odd) == 2
    assert "A message goes to others." in odd[0]


def test_everybody_finds_a_line_to_sign_on() -> None:
    agreement = Agreement("Agreed", "", (), "", (), (), "day and signature", "")
    for many in (1, 9, 10, 21):
        names = [f"Person {number}." for number in range(many)]
        (page, _guide) = PdfReader(BytesIO(write_agreement(replace(agreement, signers=tuple(names))))).pages
        text = page.extract_text()
        assert all(name in text for name in names), many
        assert text.count(agreement.sign_here) == many


def test_with_words_it_lies_behind_the_passphrase(forms_once: FormWorld) -> None:
    world = forms_once
    world.sign_in()
    world.armed(words=True, plan={"every_hours": 24})
    world.enter_later()
    assert world.open(PAGE).headers["location"] == "/home"
    world.open("/private")
    world.send("/private", {"passphrase": WORDS["passphrase"]})
    told = shown(world.open(PAGE))
    # Her people read it: nobody is spoken to, and no hour is named that her next answer moves.
    assert "Each time 24 hours after the last answer Between these times" in told
    assert world.client.post(PAGE, data={"do": "paper"}).status_code == 403
