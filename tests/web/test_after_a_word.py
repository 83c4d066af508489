"""After a word of duress her pages go on as after a safe one: also those of a next trip, and what they refuse."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from service.core.alarm import AlarmKind
from service.usecases.accept import Inbound, accept
from service.usecases.apply_changes import apply_due
from service.usecases.typed_numbers import shown_number
from tests.web.api_world import BROTHER, EVENINGS, MOTHER, NOW, TRIP, WORDS
from tests.web.form_world import FormWorld, forms_once

__all__ = ["forms_once"]

SAFE, DURESS = WORDS["safe"][0], WORDS["duress"][0]
SECRETS = re.compile(r'name="(form|once|contact)" value="[^"]*"|/number/\w+/remove|/c/\w{43}|[0-9a-f]{8}-[0-9a-f-]{27}')
NOT_THE_SAME = ("date", "content-length")
COOKIE = re.compile(r"^(\w+)=[^;]*")
"""A cookie's name; its value is random."""


class Her:
    """A traveler with an armed trip with words, its pages open, who says `word`; compared with another one."""

    def __init__(self, forms: FormWorld, place: int, word: str) -> None:
        self.forms, self.word = forms, word
        forms.times[0] = NOW
        forms.leave_behind()
        forms.token = ""
        self.own = f"+7700000020{place}"
        forms.sign_in(self.own)
        self.trip = forms.armed(words=True)
        forms.enter_later(self.own)
        forms.send("/private", {"passphrase": WORDS["passphrase"]})
        self.seen: list[Any] = []

    def open(self, path: str) -> None:
        self._keep(self.forms.open(path))

    def send(self, path: str, fields: dict[str, str] | None = None, to: str | None = None) -> None:
        self.forms.hidden.pop(path, None)
        self.forms.open(path)
        self._keep(self.forms.client.post(to or path, data={**self.forms.hidden[path], **(fields or {})}, **KEPT))

    def says(self, path: str, fields: dict[str, str] | None = None) -> None:
        """Sends a form with her word, and the engine does what follows."""
        self.send(path, {**(fields or {}), "word": self.word})
        self.forms.read_inbox()
        apply_due(self.forms.service, self.forms.now)
        self.forms.wait(seconds=10)

    def person(self, name: str) -> str:
        return next(one.id for one in self.forms.state(self.trip).contacts if one.name == name)

    def _keep(self, answer: Any) -> None:
        headers = [
            (name, COOKIE.sub(r"\1", value) if name == "set-cookie" else value)
            for name, value in answer.headers.multi_items()
            if name not in NOT_THE_SAME
        ]
        text = SECRETS.sub("", answer.text)
        text = text.replace(shown_number(self.own), "own").replace(self.own, "own")
        self.seen.append((answer.status_code, headers, text))


KEPT: dict[str, Any] = {"follow_redirects": False}


def same_for_both(forms: FormWorld, story: Callable[[Her], None]) -> list[Any]:
    """Tell the story twice, with a safe word and with one of duress; what was shown is the same. The first one's."""
    told = []
    for place, word in enumerate((SAFE, DURESS)):
        her = Her(forms, place, word)
        story(her)
        told.append(her)
    alarm = forms.state(told[1].trip).alarm
    assert alarm is not None
    assert alarm.view.kind is AlarmKind.DURESS
    for safe, duress in zip(told[0].seen, told[1].seen, strict=True):
        assert safe == duress
    return told[0].seen


def test_the_button_of_her_own_page(forms_once: FormWorld) -> None:
    """T2: the same page, headers, cookies and next time, and after it every day the same texts."""

    def story(her: Her) -> None:
        her.send("/home", {"text": her.word})
        for hours in (0, 8, 5, 1, 10):
            her.forms.wait(hours=hours)
            her.forms.work()
            her.open("/home")
            her.open("/trip/all")
            her.seen.append([text for text in her.forms.texts(her.own) if "code" not in text])

    assert same_for_both(forms_once, story)[-1], "she was asked"


def test_who_has_left_may_be_asked_again(forms_once: FormWorld) -> None:
    def story(her: Her) -> None:
        her.says(f"/people/{her.person('Gulnar')}/remove")
        her.send("/people/add", {**MOTHER, "name": "Gulnar again"})
        her.open("/people")

    assert "Gulnar again" in same_for_both(forms_once, story)[-1][2]


def test_a_number_of_somebody_who_has_left_may_become_hers(forms_once: FormWorld) -> None:
    def story(her: Her) -> None:
        her.says(f"/people/{her.person('Gulnar')}/remove")
        her.send("/number", {"phone": MOTHER["phone"]})

    assert same_for_both(forms_once, story)[-1][0] == 303


def test_in_a_pause_nothing_is_late(forms_once: FormWorld) -> None:
    def story(her: Her) -> None:
        her.says("/pause", {"day": "2026-12-12", "clock": "15:00"})
        her.open("/late")
        her.send("/late", {"late_until": "2026-12-12T20:00:00+00:00"})
        her.open("/home")
        her.open("/trip/all")

    same_for_both(forms_once, story)


def test_in_a_pause_nobody_asks_and_it_ends_as_on_any_day(forms_once: FormWorld) -> None:
    def story(her: Her) -> None:
        her.says("/pause", {"day": "2026-12-03", "clock": "15:00"})
        for hours in (8, 7, 18, 18, 6, 5):
            her.forms.wait(hours=hours)
            her.forms.work()
            her.open("/home")
            her.seen.append([text for text in her.forms.texts(her.own) if "code" not in text])

    assert same_for_both(forms_once, story)[-1], "asked when the pause had ended"


def test_other_times_order_and_place(forms_once: FormWorld) -> None:
    """T1, T2: what counts, what waits and by whose clock is said in the same bytes, and so are the texts after it."""

    def story(her: Her) -> None:
        her.says("/trip/times", {"rhythm": "every", "every": "48", "grace_seconds": "3600", "max_weak": "3"})
        for path in ("/trip/times", "/home", "/trip/all"):
            her.open(path)
        order = {"rungs[0].contacts": her.person("Daniyar"), "rungs[0].wait_seconds": "900", "repeat_seconds": "3600"}
        her.says("/trip/order", order)
        her.open("/trip/order")
        her.says("/trip/order", {"usual": "1"})
        her.says("/trip/place", {"leg.country": "DE"})
        her.says("/trip/times", {"rhythm": "every", "every": "12", "grace_seconds": "3600", "max_weak": "3"})
        her.forms.wait(hours=13)
        her.forms.work()
        her.send("/private", {"passphrase": WORDS["passphrase"]})
        for path in ("/home", "/trip/times", "/trip/order", "/trip/place"):
            her.open(path)
        assert [one[0] for one in her.seen[-4:]] == [200, 200, 200, 200]
        her.seen.append([text for text in her.forms.texts(her.own) if "code" not in text])

    seen = same_for_both(forms_once, story)
    assert seen[-1], "she was asked"
    assert ["Back to the usual order" in one[2] for one in (seen[5], seen[-3])] == [True, False]


def test_other_words_bring_their_passphrase(forms_once: FormWorld) -> None:
    def story(her: Her) -> None:
        fresh: dict[str, Any] = {
            "safe": ["the rain has stopped"],
            "duress": ["aunt bought a goat"],
            "passphrase": "pears by the gate",
        }
        changed = her.forms.post(f"{her.trip}/changes", {"words": fresh, "word": her.word})
        assert changed.status_code == 202, changed.text
        her.forms.read_inbox()
        apply_due(her.forms.service, her.forms.now)
        her.forms.open("/home")
        her.send("/home", to="/private/close")
        for passphrase in (WORDS["passphrase"], fresh["passphrase"]):
            her.send("/private", {"passphrase": passphrase})
            her.open("/trip/all")
            seen = her.forms.get(her.trip, Amanba_Passphrase=passphrase).json()
            her.seen.append(sorted(seen))

    seen = same_for_both(forms_once, story)
    assert ("details" in seen[-4], "details" in seen[-1]) == (False, True)


def test_when_a_trip_has_ended_the_next_one_is_planned_and_begins(forms_once: FormWorld) -> None:
    def story(her: Her) -> None:
        forms = her.forms
        her.says("/end")
        for path in ("/home", "/trip/who", "/trip/where", "/trip/all", "/private", "/late", "/people", "/trip/begun"):
            her.open(path)
        her.send("/trip/who", {"name": "Aizhan", "language": "en"})
        forms.wait(minutes=5)
        trip = forms.trip(**TRIP)
        assert forms.put(f"{trip}/plan", EVENINGS).status_code == 200
        her.open("/trip/ready")
        sender = forms.service.keys.phone_hash(her.own)
        accept(forms.service, Inbound("phones", f"ok {her.own}", sender, "OK", address=her.own))
        forms.read_inbox()
        her.open("/trip/ready")
        forms.contact(trip)
        forms.contact(trip, BROTHER)
        her.open("/trip/ready")
        her.send("/trip/ready")
        her.open("/trip/begun")
        her.open("/home")
        her.send("/home")
        forms.wait(minutes=1)
        forms.read_inbox()
        her.open("/home")

    seen = same_for_both(forms_once, story)
    assert dict(seen[-4][1]).get("location", "") == ""
    assert "The name" not in seen[9][2]


def test_a_program_guesses_no_passphrase_either(forms_once: FormWorld) -> None:
    trip = forms_once.armed(words=True)
    right, wrong = WORDS["passphrase"], "pears in the new garden"
    assert "details" in forms_once.get(trip, Amanba_Passphrase=right).json()
    short = [forms_once.get(trip, Amanba_Passphrase=wrong).json() for _ in range(5)]
    assert forms_once.get(trip, Amanba_Passphrase=right).json() == short[0] == short[4]
    forms_once.wait(minutes=15)
    assert "details" in forms_once.get(trip, Amanba_Passphrase=right).json()


@pytest.mark.parametrize("word", [SAFE, DURESS])
def test_signing_up_anew_changes_nothing_while_a_trip_with_words_runs(forms_once: FormWorld, word: str) -> None:
    her = Her(forms_once, 0, word)
    forms_once.wait(minutes=2)
    forms_once.sign_in(her.own, name="Somebody Else", email="else@example.org", language="ru")
    known = forms_once.state(her.trip).traveler
    assert (known.name, known.language) == ("Aizhan", "en")
    assert [one.channel for one in known.addresses] == ["sms"]
