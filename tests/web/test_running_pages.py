"""Late, a pause, the end, a new number, other people: the pages of a running trip."""

from __future__ import annotations

import re
from typing import Any

import pytest

from service.core.alarm import AlarmKind
from service.usecases.apply_changes import apply_due
from service.usecases.typed_numbers import shown_number
from tests.web.api_world import DANIYAR, GULNAR, NOW, WORDS
from tests.web.form_world import FormWorld, errors_of, forms_once, shown

__all__ = ["forms_once"]

SAFE, DURESS = WORDS["safe"][0], WORDS["duress"][0]
AUNT = {"name": "Сауле", "relation": "тётя", "language": "ru", "role": "full", "disclosure": "full"}
AUNT["phone"] = "+7 700 000 0004"
CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)


@pytest.fixture
def forms(forms_once: FormWorld) -> FormWorld:
    return forms_once


def armed(forms: FormWorld, *, words: bool = False) -> str:
    """An armed trip, 09:02 in Istanbul on the first day, the next answer due at 20:00; its pages are open."""
    trip = forms.armed(words=words)
    forms.enter_later()
    if words:
        forms.send("/private", {"passphrase": WORDS["passphrase"]})
    return trip


def gulnar(forms: FormWorld, trip: str) -> str:
    return next(one.id for one in forms.state(trip).contacts if one.name == "Gulnar")


class TestWhoSeesThem:
    PAGES = ("/late", "/pause", "/end", "/number", "/phrases", "/people", "/people/add")

    def test_a_stranger_signs_in_first_and_a_trip_must_run(self, forms: FormWorld) -> None:
        assert [forms.open(path).headers["location"] for path in self.PAGES] == ["/in"] * len(self.PAGES)
        forms.enter()
        assert [forms.open(path).headers["location"] for path in self.PAGES] == ["/trip/where"] * len(self.PAGES)

    def test_with_words_only_behind_the_passphrase(self, forms: FormWorld) -> None:
        forms.armed(words=True)
        forms.enter_later()
        assert [forms.open(path).headers["location"] for path in self.PAGES] == ["/home"] * len(self.PAGES)
        forms.send("/private", {"passphrase": WORDS["passphrase"]})
        assert [forms.open(path).status_code for path in self.PAGES] == [200] * len(self.PAGES)
        forms.wait(minutes=11)
        for path in ("/late", "/pause", "/end", "/people/add"):
            assert forms.send(path, {"word": DURESS}).headers["location"] == "/home", "closed by itself, without a word"

    def test_what_is_looked_at_changes_nothing_and_names_no_product(self, forms: FormWorld) -> None:
        trip = armed(forms)
        before = forms.state(trip)
        for path in (*self.PAGES, f"/people/{gulnar(forms, trip)}/hand-over", f"/people/{gulnar(forms, trip)}/remove"):
            page = forms.open(path)
            assert page.status_code == 200
            assert "manba" not in shown(page).lower()
        assert forms.state(trip) == before

    def test_an_unknown_person_or_number_is_not_here(self, forms: FormWorld) -> None:
        trip = armed(forms)
        own = gulnar(forms, trip)
        forms.leave_behind()
        forms.token = ""
        forms.sign_in("+77000000009")
        forms.armed()
        forms.enter_later("+77000000009")
        for path in (f"/people/{own}/hand-over", f"/people/{own}/remove", "/people/x/remove", "/number/x/remove"):
            assert forms.open(path).status_code == 404


class TestLate:
    def test_one_time_is_moved_once(self, forms: FormWorld) -> None:
        armed(forms)
        page = forms.open("/late")
        assert "21:00 one hour later" in shown(page)
        choice = re.findall(r'name="late_until" value="([^"]+)"', page.text)[1]
        assert "until 22:00" in shown(forms.send("/late", {"late_until": choice}))
        again = forms.send("/late", {"late_until": "other", "clock": "23:30"})
        assert "It cannot be moved again. We wait for your answer until 22:00." in shown(again)
        assert forms.texts(GULNAR, "notice") == []

    def test_a_time_of_her_own_is_on_her_own_clock(self, forms: FormWorld) -> None:
        trip = armed(forms)
        assert "until 23:30" in shown(forms.send("/late", {"late_until": "other", "clock": "23.30"}))
        watch = forms.state(trip).watch
        assert watch is not None
        assert f"{watch.deadline:%d %H:%M}" == "01 20:30"


class TestPause:
    def test_it_begins_after_the_cooling_off_and_says_so(self, forms: FormWorld) -> None:
        trip = armed(forms)
        asked = forms.send("/pause", {"day": "2026-12-10", "clock": "15:00"})
        assert "begins on Thursday, 3 December, 09:02" in shown(asked)
        assert "until Thursday, 10 December, 15:00" in shown(asked)
        assert [len(forms.texts(phone, "notice")) for phone in (GULNAR, DANIYAR)] == [1, 1]
        forms.send("/pause", {"day": "2026-12-10", "clock": "15:00"})
        assert len(forms.texts(GULNAR, "notice")) == 1, "sent twice it is one"
        forms.wait(hours=48)
        assert apply_due(forms.service, forms.now) == 1
        plan = forms.state(trip).plan
        assert plan is not None
        assert [f"{span.ends_at:%d %H:%M}" for span in plan.quiet] == ["10 12:00"]

    def test_what_would_end_before_it_begins_or_never(self, forms: FormWorld) -> None:
        armed(forms, words=True)
        for day, says in (("2026-12-02", "would begin on"), ("2026-11-02", "future"), ("2027-12-02", "too long")):
            asked = forms.send("/pause", {"day": day, "clock": "15:00"})
            assert says in errors_of(asked)["day"]
        assert errors_of(forms.send("/pause", {})).keys() == {"day", "clock"}
        kept = forms.send("/pause", {"day": "2026-12-02", "clock": "15:00"})
        assert 'value="2026-12-02"' in kept.text
        assert "Noted" in shown(forms.send("/pause", {"day": "2026-12-02", "clock": "15:00", "word": "anything"}))

    def test_another_word_in_a_form_that_came_back_counts_too(self, forms: FormWorld) -> None:
        trip = armed(forms, words=True)
        assert errors_of(forms.send("/pause", {"day": "2027-12-02", "clock": "15:00", "word": SAFE}))
        corrected = forms.send("/pause", {"day": "2026-12-10", "clock": "15:00", "word": DURESS})
        assert DURESS not in corrected.text
        forms.read_inbox()
        alarm = forms.state(trip).alarm
        assert alarm is not None
        assert alarm.view.kind is AlarmKind.DURESS


class TestEnd:
    def test_her_people_confirm_it(self, forms: FormWorld) -> None:
        trip = armed(forms)
        asked = shown(forms.send("/end"))
        assert "As soon as one of them confirms it, the trip ends." in asked
        assert "due: 20:00" in asked
        assert "сапар аяқталды" in forms.texts(GULNAR, "notice")[0]
        assert forms.state(trip).status == "armed"


class TestNumber:
    def test_a_code_goes_to_it_and_makes_it_hers(self, forms: FormWorld) -> None:
        armed(forms)
        assert forms.send("/number", {"phone": "8 700 000 00 07", "phone_country": "KZ"}).headers["location"] == (
            "/number/code"
        )
        form = {"code": f" {forms.code('+77000000007')} "}
        wrong = forms.send("/number/code", {"code": "12"})
        assert "does not fit" in errors_of(wrong)["code"]
        assert "The new number is yours from now on" in shown(forms.send("/number/code", form))
        assert "The new number is yours from now on" in shown(forms.send("/number/code", form)), "sent twice it is one"
        page = forms.open("/number")
        assert "+7 700 000 0007 Remove we ask you here first +7 700 000 0001" in shown(page)
        assert forms.open("/number/code").headers["location"] == "/number"

    def test_an_old_one_is_taken_off_later(self, forms: FormWorld) -> None:
        armed(forms)
        forms.send("/number", {"phone": "+77000000007"})
        forms.send("/number/code", {"code": forms.code("+77000000007")})
        old = re.findall(r'href="(/number/\w+/remove)"', forms.open("/number").text)[1]
        assert "leaves the list on Thursday, 3 December" in shown(forms.send(old))
        assert "leaves the list on Thursday, 3 December, 09:02" in shown(forms.open("/number"))
        only = re.findall(r'href="(/number/\w+/remove)"', forms.open("/number").text)[0]
        assert "only number" in errors_of(forms.send(only))["remove_number"]

    def test_where_there_are_words_it_says_what_to_do_without_her_phone(self, forms: FormWorld) -> None:
        """T11: from any phone, by her old number and one of her words."""
        armed(forms, words=True)
        assert "Write from any phone to +48 732 000 000: your old number" in shown(forms.open("/number"))

    def test_a_lone_number_has_no_way_off(self, forms: FormWorld) -> None:
        armed(forms)
        assert "Remove" not in shown(forms.open("/number"))


class TestPeople:
    def test_another_one_is_asked_at_once(self, forms: FormWorld) -> None:
        armed(forms)
        assert "We ask Сауле today." in shown(forms.send("/people/add", AUNT))
        forms.send("/people/add", AUNT)
        assert len(forms.texts("+77000000004", "invitation")) == 1
        assert "Сауле , тётя asked, has not answered yet" in shown(forms.open("/people"))

    def test_one_hands_over_to_another(self, forms: FormWorld) -> None:
        trip = armed(forms)
        path = f"/people/{gulnar(forms, trip)}/hand-over"
        taken = forms.send(path, {**AUNT, "phone": DANIYAR})
        assert errors_of(taken) == {"phone": "Another contact of this trip has this already."}
        assert 'value="Сауле"' in taken.text
        noted = shown(forms.send(path, AUNT))
        assert "Gulnar also stays until Thursday, 3 December, 09:02 at least" in noted
        page = shown(forms.open("/people"))
        assert "Сауле has been asked to take this place." in page
        assert "is to take the place of Gulnar" in page
        forms.hidden.clear()
        assert "asked already" in shown(forms.send(path, {**AUNT, "phone": "+77000000005"}))

    def test_one_leaves_later_and_is_not_told(self, forms: FormWorld) -> None:
        trip = armed(forms)
        path = f"/people/{gulnar(forms, trip)}/remove"
        assert "Gulnar leaves the list on Thursday, 3 December" in shown(forms.send(path))
        assert [len(forms.texts(phone, "notice")) for phone in (GULNAR, DANIYAR)] == [0, 1]
        forms.wait(hours=48)
        apply_due(forms.service, forms.now)
        forms.hidden.clear()
        forms.wait(minutes=1)
        assert [person.status for person in forms.state(trip).contacts] == ["removed", "accepted"]

    def test_one_with_whom_she_is_not_safe_is_gone_with_her_word(self, forms: FormWorld) -> None:
        """T23: the page takes the reason, and says the same for any word."""
        trip = armed(forms, words=True)
        path = f"/people/{gulnar(forms, trip)}/remove"
        assert "I am not safe with Gulnar" in shown(forms.open(path))
        noted = shown(forms.send(path, {"unsafe": "1", "word": SAFE}))
        assert "With one of your words Gulnar is gone now and hears nothing more." in noted
        assert [person.status for person in forms.state(trip).contacts] == ["removed", "accepted"]
        assert [len(forms.texts(phone, "notice")) for phone in (GULNAR, DANIYAR)] == [0, 1]

    def test_without_words_there_is_nothing_to_prove_it_by(self, forms: FormWorld) -> None:
        trip = armed(forms)
        path = f"/people/{gulnar(forms, trip)}/remove"
        assert "not safe" not in shown(forms.open(path))
        forms.send(path, {"unsafe": "1"})
        assert [person.status for person in forms.state(trip).contacts] == ["accepted", "accepted"]


class TestTakenBack:
    """T9: what waits stands on her page, and can be taken back there."""

    def test_a_pause_is_taken_back_with_her_word(self, forms: FormWorld) -> None:
        trip = armed(forms, words=True)
        forms.send("/pause", {"day": "2026-12-10", "clock": "15:00"})
        page = forms.open("/trip/all")
        [path] = re.findall(r'href="(/asked/[0-9a-f-]{36})"', page.text)
        assert "a pause Take it back" in shown(page)
        assert "Take back: a pause" in shown(forms.open(path))
        seen = [shown(forms.send(path, {"word": word, "once": word})) for word in ("сегодня дождь", SAFE)]
        assert "With one of your words it is taken back" in seen[0]
        assert seen[0] == seen[1]
        assert "/asked/" not in forms.open("/trip/all").text
        assert forms.send(path, {"word": SAFE, "once": "again"}).headers["location"] == "/trip/all"
        assert forms.open(path).headers["location"] == "/trip/all"
        forms.wait(hours=48)
        forms.read_inbox()
        assert (apply_due(forms.service, forms.now), len(forms.texts(DANIYAR, "notice"))) == (0, 2)
        assert forms.state(trip).status == "armed"

    def test_a_lone_end_is_taken_back_without_words(self, forms: FormWorld) -> None:
        trip = armed(forms)
        forms.send("/end")
        page = forms.open("/trip/all")
        assert "As soon as somebody confirms it: the end of the trip" in shown(page)
        [path] = re.findall(r'href="(/asked/[0-9a-f-]{36})"', page.text)
        assert "all stays as it was" in shown(forms.send(path))
        assert forms.state(trip).end_requested_at is None
        assert forms.open("/asked/x").status_code == 404


SECRETS = re.compile(r'name="(form|once)" value="[^"]*"|/number/\w+/remove')
NOT_THE_SAME = ("date", "set-cookie", "content-length")


class OneOfThree:
    """A traveler whose pages are compared with those of two others, her own numbers and ids taken out of them."""

    def __init__(self, forms: FormWorld, place: int) -> None:
        self.forms = forms
        forms.times[0] = NOW
        forms.leave_behind()
        forms.token = ""
        self.own, self.new, self.aunt = (f"+7700000{block}{place}" for block in ("002", "003", "004"))
        forms.sign_in(self.own)
        self.trip = forms.armed(words=True)
        forms.enter_later(self.own)
        forms.send("/private", {"passphrase": WORDS["passphrase"]})
        forms.send("/number", {"phone": self.new})

    def page(self, answer: Any) -> tuple[int, list[tuple[str, str]], str]:
        """All by which a reader could tell one page from another."""
        headers = [(name, value) for name, value in answer.headers.items() if name not in NOT_THE_SAME]
        text = SECRETS.sub("", answer.text)
        for person in self.forms.state(self.trip).contacts:
            text = text.replace(person.id, person.name)
        for name, number in (("own", self.own), ("new", self.new)):
            text = text.replace(shown_number(number), name).replace(number, name)
        return answer.status_code, headers, text

    def asks(self) -> list[tuple[str, dict[str, str]]]:
        first, second = (person.id for person in self.forms.state(self.trip).contacts)
        return [
            ("/number/code", {"code": self.forms.code(self.new)}),
            ("/pause", {"day": "2026-12-12", "clock": "15:00"}),
            (f"/people/{first}/hand-over", {**AUNT, "phone": self.aunt}),
            (f"/people/{second}/remove", {"unsafe": "1"}),
            ("/end", {}),
        ]


def test_every_page_is_the_same_for_any_word_and_what_follows_for_each_of_hers(forms: FormWorld) -> None:
    answers, later, kinds = [], [], []
    for place, word in enumerate((SAFE, DURESS, "сегодня дождь")):
        her = OneOfThree(forms, place)
        answered, seen = [], []
        for path, fields in her.asks():
            answered.append(her.page(forms.send(path, {**fields, "word": word})))
            seen += [her.page(forms.open(where)) for where in ("/people", "/number", "/home", "/late")]
        forms.read_inbox()
        apply_due(forms.service, forms.now)
        seen += [her.page(forms.open(where)) for where in ("/people", "/number", "/home", "/late")]
        answers.append(answered)
        later.append(seen)
        alarm = forms.state(her.trip).alarm
        kinds.append(alarm.view.kind if alarm else None)
    assert kinds == [None, AlarmKind.DURESS, None]
    for safe, duress in zip(answers[0], answers[1], strict=True):
        assert safe[0] == 200
        assert safe == duress
    # The page of the end names the next answer, which the pause has moved only for those with a word of theirs.
    assert answers[2][:-1] == answers[0][:-1]
    for after_safe, after_duress in zip(later[0], later[1], strict=True):
        assert after_safe == after_duress


HOSTILE = (
    "x" * 5000,
    "a\x07b",
    "<script>alert(1)</script>",
    "\u202etxt.exe",
    "\U0001f600" * 3,
    "'; DROP TABLE trips; --",
    "[]",
    "-1",
)
FIELDS = (
    ("/late", {"late_until": "other", "clock": "21:00"}),
    ("/pause", {"day": "2026-12-10", "clock": "15:00"}),
    ("/number", {"phone": "+77000000007"}),
    ("/number/code", {"code": "123456"}),
    ("/people/add", {**AUNT, "email": "saule@example.org"}),
)


@pytest.mark.parametrize(("path", "good"), FIELDS, ids=[path for path, _ in FIELDS])
def test_hostile_input_is_shown_escaped_or_refused_in_her_language(
    forms: FormWorld, path: str, good: dict[str, str]
) -> None:
    trip = armed(forms)
    if path == "/number/code":
        forms.send("/number", {"phone": "+77000000007"})
    for field in good:
        for value in HOSTILE:
            before = forms.state(trip)
            answer = forms.send(path, {**good, field: value}, language="ru")
            assert answer.status_code in (200, 303, 422, 429), (field, value)
            assert "<script>alert" not in answer.text
            if answer.status_code == 422:
                said = errors_of(answer)
                assert said, (field, value)
                assert all(CYRILLIC.search(one) for one in said.values()), said
                assert forms.state(trip) == before
            forms.hidden.clear()


def test_a_form_without_its_token_does_nothing(forms: FormWorld) -> None:
    trip = armed(forms)
    before = forms.state(trip)
    for path in ("/late", "/pause", "/end", "/number", "/number/code", "/people/add"):
        assert (
            forms.send(path, {"form": "x"}, to=path).status_code == 403 if forms.open(path).status_code == 200 else True
        )
    assert forms.state(trip) == before
