"""Her own numbers over the API: what `/number` does, with the passphrase and the word where the page needs them."""

from __future__ import annotations

from typing import Any

from httpx2 import Response

from service.core.alarm import AlarmKind
from service.usecases.apply_changes import apply_due
from tests.web.api_world import AIZHAN, DANIYAR, GULNAR, WORDS, World, errors
from tests.web.form_world import FormWorld, forms_once

__all__ = ["forms_once"]

PATH = "/travelers/me/numbers"
NEW = "+77000000007"
SAFE, DURESS, PASSPHRASE = WORDS["safe"][0], WORDS["duress"][0], WORDS["passphrase"]


def numbers(world: World, **headers: str) -> list[tuple[str, Any]]:
    answer = world.get(PATH, **headers)
    assert answer.status_code == 200, answer.text
    return [(one["phone"], one["leaves_at"]) for one in answer.json()["numbers"]]


def missing(answer: Response) -> list[str]:
    assert answer.status_code == 409, answer.text
    found: list[str] = answer.json()["missing"]
    return found


def test_a_code_makes_a_number_hers_and_an_old_one_leaves_later(forms_once: FormWorld) -> None:
    world = forms_once
    trip = world.armed()
    assert world.post(PATH, {"phone": NEW}).status_code == 202
    assert "does not fit" in errors(world.post(f"{PATH}/verify", {"code": "000000"}))["code"]
    proof = {"code": world.code(NEW)}
    for _ in range(2):
        answer = world.post(f"{PATH}/verify", proof, Idempotency_Key="k")
        assert (answer.status_code, answer.json()) == (202, {}), "sent twice it is one"
    assert numbers(world) == [(NEW, None), (AIZHAN, None)]
    told = [text for text in world.texts(AIZHAN, "traveler_notice") if "one of your numbers" in text]
    assert len(told) == 1, "whoever reads her old number hears of it"
    assert [len(world.texts(phone, "notice")) for phone in (GULNAR, DANIYAR)] == [1, 1]

    assert world.post(f"{trip}/changes", {"remove_number": AIZHAN}).status_code == 202
    assert numbers(world) == [(NEW, None), (AIZHAN, "2026-12-03T06:00:00Z")]
    assert "only number" in errors(world.post(f"{trip}/changes", {"remove_number": NEW}))["remove_number"]
    world.wait(hours=48)
    assert apply_due(world.service, world.now) == 1
    assert world.state(trip).traveler.phones == (NEW,)


def test_what_cannot_be_hers_is_said_beside_it_and_nobody_elses_number_is_given_away(forms_once: FormWorld) -> None:
    world = forms_once
    world.sign_in()
    assert missing(world.get(PATH)) == ["not_armed"]
    world.armed()
    for phone, says in (("700", "number"), (AIZHAN, "your number already"), (GULNAR, "somebody of this trip")):
        assert says in errors(world.post(PATH, {"phone": phone}))["phone"]
    hers = world.token
    world.token = ""
    world.sign_in("+77000000009")
    world.armed()
    world.token, theirs = hers, "+77000000009"
    known, unknown = (world.post(PATH, {"phone": phone}) for phone in (theirs, NEW))
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (202, b"{}")


def test_with_words_it_takes_the_passphrase_and_one_of_them(forms_once: FormWorld) -> None:
    """T3, T11: and the same is answered for each of them and for what is none."""
    world = forms_once
    trip = world.armed(words=True)
    removal = (f"{trip}/changes", {"remove_number": AIZHAN})
    closed = [world.get(PATH), world.post(PATH, {"phone": NEW}), world.post(*removal)]
    assert [missing(answer) for answer in closed] == [["passphrase"]] * 3
    assert world.texts(NEW) == []
    opened = {"Amanba_Passphrase": PASSPHRASE}
    assert world.post(PATH, {"phone": NEW}, **opened).status_code == 202
    code = world.code(NEW)
    assert errors(world.post(f"{PATH}/verify", {"code": code}, **opened)).keys() == {"word"}
    none = world.post(f"{PATH}/verify", {"code": code, "word": "сегодня дождь"}, **opened)
    assert (none.status_code, none.content, numbers(world, **opened)) == (202, b"{}", [(AIZHAN, None)])
    world.wait(minutes=2)
    world.post(PATH, {"phone": NEW}, **opened)
    proof = {"code": world.code(NEW), "word": SAFE}
    safe = world.post(f"{PATH}/verify", proof, **opened)
    assert (safe.content, numbers(world, **opened)[0]) == (none.content, (NEW, None))


def test_a_word_of_duress_counts_although_the_passphrase_is_missing(forms_once: FormWorld) -> None:
    world = forms_once
    trip = world.armed(words=True)
    assert missing(world.post(f"{PATH}/verify", {"code": "123456", "word": DURESS})) == ["passphrase"]
    world.read_inbox()
    alarm = world.state(trip).alarm
    assert alarm is not None
    assert alarm.view.kind is AlarmKind.DURESS


def test_the_usual_order_comes_back(forms_once: FormWorld) -> None:
    world = forms_once
    trip = world.armed()
    brother = world.state(trip).contacts[1].id
    own = {"rungs": [{"contacts": [brother], "wait_seconds": 600}], "repeat_seconds": 600}
    for change in ({"ladder": own}, {"usual_ladder": True}):
        world.post(f"{trip}/changes", change)
        world.wait(hours=48)
        assert apply_due(world.service, world.now) == 1
        assert bool(world.state(trip).ladder_rungs) == ("ladder" in change)
    assert world.state(trip).repeat is None
