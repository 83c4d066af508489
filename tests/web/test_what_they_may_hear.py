"""On her own page she says what her people may hear and ask while nothing is wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from service.db.stored import table_of
from service.db.tables import Contact, Trip
from tests.web.api_world import WORDS
from tests.web.form_world import FormWorld, forms_once, shown

__all__ = ["forms_once"]

TRIPS, CONTACTS = table_of(Trip), table_of(Contact)
PAGE = "/trip/all"


def away(forms: FormWorld, *, words: bool = False) -> str:
    trip = forms.armed(words=words)
    forms.enter_later()
    if words:
        forms.send("/private", {"passphrase": WORDS["passphrase"]})
    return trip


def choose(forms: FormWorld, **fields: str) -> tuple[int, str]:
    forms.hidden.pop(PAGE, None)
    answer = forms.send(PAGE, fields)
    return answer.status_code, answer.headers["location"]


def weekly(forms: FormWorld) -> bool:
    return forms.service.read(lambda conn: conn.execute(select(TRIPS.c.weekly_at)).scalar()) is not None


def contacts(forms: FormWorld) -> list[Any]:
    return list(forms.service.read(lambda conn: conn.execute(select(CONTACTS).order_by(CONTACTS.c.position)).all()))


@pytest.mark.parametrize("words", [False, True])
def test_she_switches_both_on_and_off_and_reads_what_they_mean(forms_once: FormWorld, words: bool) -> None:
    """T20, T22: off unless she turns it on; with words on the private page alone."""
    away(forms_once, words=words)
    before = shown(forms_once.open(PAGE))
    assert "So a Sunday without it proves nothing: tell them that." in before
    assert not weekly(forms_once)
    assert choose(forms_once, do="weekly_on") == (303, f"{PAGE}?chosen=1")
    assert weekly(forms_once)
    assert "No weekly word any more" in shown(forms_once.open(PAGE))
    choose(forms_once, do="weekly_off")
    assert not weekly(forms_once)
    mother = contacts(forms_once)[0].contact_id
    for do, blocked in (("worry_block", True), ("worry_allow", False)):
        choose(forms_once, do=do, contact=str(mother))
        assert [row.worry_blocked_at is not None for row in contacts(forms_once)] == [blocked, False]
    if words:
        forms_once.wait(minutes=11)
        assert forms_once.client.get(PAGE, follow_redirects=False).headers["location"] == "/home"


def test_a_form_of_somebody_else_and_one_that_names_nobody_do_nothing(forms_once: FormWorld) -> None:
    away(forms_once)
    assert forms_once.client.post(PAGE, data={"do": "weekly_on"}).status_code == 403
    forms_once.hidden.pop(PAGE, None)
    for contact in ("", "x", "00000000-0000-0000-0000-000000000000"):
        assert forms_once.send(PAGE, {"do": "worry_block", "contact": contact}).status_code == 404
    assert choose(forms_once, do="nonsense") == (303, f"{PAGE}?chosen=1")
    assert not weekly(forms_once)


def test_by_the_api_with_words_only_by_the_passphrase(forms_once: FormWorld) -> None:
    """T20: the answer is the same; whoever holds the phone turns nothing on or off."""
    trip = away(forms_once, words=True)
    mother = contacts(forms_once)[0].contact_id
    word, worry = f"{trip}/weekly-word", f"{trip}/contacts/{mother}/worry"
    right = WORDS["passphrase"]
    for path, allowed, passphrase in ((word, True, "open sesame"), (worry, False, None), (word, True, right)):
        headers = {"Amanba_Passphrase": passphrase} if passphrase else {}
        answer = forms_once.call("PUT", path, {"allowed": allowed}, **headers)
        assert (answer.status_code, answer.json()) == (200, {})
        assert weekly(forms_once) is (passphrase == right)
        assert contacts(forms_once)[0].worry_blocked_at is None
    forms_once.call("PUT", worry, {"allowed": False}, Amanba_Passphrase=right)
    assert contacts(forms_once)[0].worry_blocked_at is not None
    assert forms_once.put(word, {"allowed": "yes"}).status_code == 422


def test_who_has_not_said_that_the_number_is_hers_is_marked_on_her_pages(forms_once: FormWorld) -> None:
    """T31: after a week without an answer, on the page and nowhere else; she goes on being told. Whether she was asked,
    which an open alarm forbids, makes no difference."""
    away(forms_once)
    asked = {"accepted_at": forms_once.now - timedelta(days=37)}
    mother = contacts(forms_once)[0].contact_id
    this = CONTACTS.c.contact_id == mother
    forms_once.service.run(lambda conn: conn.execute(update(CONTACTS).where(this).values(**asked)))
    for page in (PAGE, "/people"):
        assert shown(forms_once.open(page)).count("has not said that the number is still right: please ask") == 1
    forms_once.service.run(lambda conn: conn.execute(update(CONTACTS).where(this).values(proven_at=forms_once.now)))
    for page in (PAGE, "/people"):
        assert "has not said" not in shown(forms_once.open(page))
