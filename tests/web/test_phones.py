"""The demonstration's pages: the story, and that nothing but a demonstration can show it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifiers.base import Message
from notifiers.phones import Phones
from service.usecases.seed_demo import DURESS_WORD, SAFE_WORD, seed_demo
from service.usecases.show_phones import list_trips, show_board
from service.usecases.show_switch import Stage
from tests.browser.demonstration import AIZHAN, DANIYAR, GULNAR, SAULE, SECOND, Demonstration
from tests.client import Client


@pytest.fixture
def demo(sqlite_url: str, tmp_path: Path) -> Iterator[Demonstration]:
    demonstration = Demonstration(sqlite_url, tmp_path)
    yield demonstration
    demonstration.close()


@pytest.fixture
def site(demo: Demonstration) -> Client:
    return Client(demo.app(), base_url="http://127.0.0.1")


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def phone(html: str, place: int) -> str:
    """The part of the page that is one phone."""
    return html[html.index(f'id="phone-{place}"') :].split("</section>")[0]


def send(site: Client, number: str, said: str, nonce: str = "") -> None:
    answer = site.post("/phones/text", data={"number": number, "quick": said, "nonce": nonce}, follow_redirects=False)
    assert answer.status_code == 303


class TestTheStory:
    def test_it_begins_well_and_says_what_comes_next(self, site: Client) -> None:
        said = text_of(site.get("/phones").text)
        assert "All is well. Aizhan: next OK by 12:01:00." in said
        assert "At 12:00:45, in 45 s, we ask Aizhan." in said
        assert "sees nothing" in said

    def test_left_alone_it_stays_well_for_hours(self, demo: Demonstration) -> None:
        demo.advance(400)
        assert demo.received(GULNAR, "alert") == []
        assert len(demo.received(AIZHAN, "reminder")) > 4

    def test_an_ok_counts_and_the_next_one_is_due_later(self, demo: Demonstration, site: Client) -> None:
        demo.advance(30)
        send(site, AIZHAN, "OK")
        demo.work()
        assert "next OK by 12:01:30" in text_of(site.get("/phones").text)

    def test_silence_is_first_asked_then_told_until_a_voice_is_heard(self, demo: Demonstration, site: Client) -> None:
        site.post("/phones/answering", data={"number": AIZHAN, "on": "0"})
        demo.advance(45)
        assert "We have asked Aizhan" in text_of(site.get("/phones").text)
        demo.advance(20)
        page = text_of(site.get("/phones").text)
        assert "Aizhan has not answered since 12:01:00." in page
        assert "The switch waits for 12:01:30, another 25 s. Then it tells Gulnar." in page
        assert demo.received(GULNAR, "alert") == []
        demo.advance(30)
        alarm = " ".join(demo.received(GULNAR, "alert"))
        for fact in ("Antalya", "Lotus Garden Hotel", "+902420000002", "invented number", "+902420000003"):
            assert fact in alarm
        assert demo.received(DANIYAR, "alert") == []
        send(site, GULNAR, "1")
        demo.work()
        assert "Gulnar has it. The others wait." in text_of(site.get("/phones").text)
        send(site, GULNAR, "2")
        demo.work()
        page = text_of(site.get("/phones").text)
        assert "Gulnar heard the voice of Aizhan: all is well." in page
        assert "voice heard" in text_of(phone(site.get("/phones").text, 2))
        assert len(demo.received(GULNAR, "all_clear")) == 1

    def test_everybody_who_was_told_gets_the_all_clear_and_nobody_else(self, demo: Demonstration) -> None:
        demo.stop_answering()
        demo.advance(130)
        assert demo.received(DANIYAR, "alert") != []
        assert demo.received(SAULE, "alert") == []
        demo.type(GULNAR, "2")
        demo.advance(2)
        assert [len(demo.received(number, "all_clear")) for number in (GULNAR, DANIYAR, SAULE)] == [1, 1, 0]

    def test_a_text_from_her_phone_in_the_alarm_only_waits_for_a_voice(self, demo: Demonstration, site: Client) -> None:
        demo.stop_answering()
        demo.advance(100)
        send(site, AIZHAN, "OK")
        demo.work()
        assert "It does not prove who wrote." in text_of(site.get("/phones").text)
        assert demo.received(GULNAR, "all_clear") == []

    def test_her_own_phone_shows_nothing_of_a_quiet_signal(self, sqlite_url: str, tmp_path: Path) -> None:
        shown: dict[str, str] = {}
        for word in (SAFE_WORD, DURESS_WORD):
            (tmp_path / word).mkdir()
            copied = tmp_path / word / "amanba.db"
            copied.write_bytes(Path(sqlite_url.removeprefix("sqlite:///")).read_bytes())
            demo = Demonstration(f"sqlite:///{copied}", tmp_path / word)
            site = Client(demo.app())
            demo.advance(20)
            send(site, AIZHAN, word)
            demo.advance(3)
            page = phone(site.get("/phones/fragment").text, 1)
            shown[word] = text_of(page).replace(SAFE_WORD, "…").replace(DURESS_WORD, "…")
            told = demo.received(GULNAR, "alert")
            assert bool(told) == (word == DURESS_WORD)
            demo.close()
        assert "… 12:00:20 Спасибо!" in shown[SAFE_WORD]
        assert shown[SAFE_WORD] == shown[DURESS_WORD]

    def test_what_is_foreseen_happens(self, demo: Demonstration) -> None:
        demo.stop_answering()
        demo.advance(5)
        board = show_board(demo.service, demo.network, list_trips(demo.service)[0])
        assert board is not None
        foreseen = board.switch.ahead.tellings
        demo.advance(5 + int((foreseen[2].at - demo.now).total_seconds()))
        after = show_board(demo.service, demo.network, list_trips(demo.service)[0])
        assert after is not None
        assert after.switch.stage is Stage.ALARM
        assert [telling.people for telling in after.switch.told] == [telling.people for telling in foreseen[:3]]
        for told, expected in zip(after.switch.told, foreseen, strict=False):
            assert abs((told.at - expected.at).total_seconds()) <= 1


class TestTexts:
    def test_a_double_tap_is_one_text(self, demo: Demonstration, site: Client) -> None:
        for _ in range(2):
            send(site, AIZHAN, "OK", nonce="once")
        demo.work()
        assert [text.body for text in demo.thread(AIZHAN) if text.mine] == ["OK"]
        assert len(demo.received(AIZHAN, "reply")) == 1

    def test_another_button_of_the_same_form_is_another_text(self, demo: Demonstration, site: Client) -> None:
        send(site, AIZHAN, "OK", nonce="once")
        send(site, AIZHAN, "SOS", nonce="once")
        assert [text.body for text in demo.thread(AIZHAN) if text.mine] == ["OK", "SOS"]

    def test_what_was_typed_survives_a_restart(self, demo: Demonstration, site: Client, tmp_path: Path) -> None:
        send(site, GULNAR, "Қызым қайда?")
        again = Phones(tmp_path / "phones.db", lambda: demo.now)
        assert [text.body for text in again.threads([GULNAR], 50)[GULNAR] if text.mine] == ["1", "Қызым қайда?"]
        assert again.answering() == {AIZHAN: "OK"}

    def test_an_empty_text_is_not_sent(self, demo: Demonstration, site: Client) -> None:
        send(site, AIZHAN, "  ")
        assert [text for text in demo.thread(AIZHAN) if text.mine] == []

    @pytest.mark.parametrize("number", ["", "OK", "77000000001", "+7700", "+7 700 000 00 01"])
    def test_a_number_that_is_none_is_refused(self, site: Client, number: str) -> None:
        assert site.post("/phones/text", data={"number": number, "text": "OK"}).status_code == 422

    def test_a_text_longer_than_any_sms_is_refused(self, demo: Demonstration, site: Client) -> None:
        assert site.post("/phones/text", data={"number": AIZHAN, "text": "я" * 1601}).status_code == 422
        assert demo.thread(AIZHAN) == []

    def test_another_site_cannot_text_from_here(self, demo: Demonstration, site: Client) -> None:
        from_elsewhere = {"Sec-Fetch-Site": "cross-site"}
        answer = site.post("/phones/text", data={"number": AIZHAN, "text": "SOS"}, headers=from_elsewhere)
        assert answer.status_code == 403
        assert demo.thread(AIZHAN) == []

    def test_what_people_type_is_shown_as_text(self, site: Client) -> None:
        send(site, AIZHAN, '<script>alert("1")</script>')
        assert "<script>alert" not in site.get("/phones").text


class TestLive:
    def test_nothing_is_sent_when_nothing_changed(self, site: Client) -> None:
        first = site.get("/phones/fragment")
        again = site.get("/phones/fragment", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")

    def test_what_changed_is_sent(self, demo: Demonstration, site: Client) -> None:
        first = site.get("/phones/fragment")
        demo.advance(46)
        later = site.get("/phones/fragment", headers={"If-None-Match": first.headers["ETag"]})
        assert later.status_code == 200
        assert "We have asked Aizhan" in later.text

    def test_her_phone_answers_also_when_only_the_page_is_open(self, demo: Demonstration, site: Client) -> None:
        for _ in range(16):
            demo.now += 5 * SECOND
            demo.work()
            site.get("/phones/fragment")
        assert [text.kind for text in demo.thread(AIZHAN) if text.mine] == ["answered"]

    def test_a_form_of_the_script_gets_the_part_that_lives(self, site: Client) -> None:
        data = {"number": AIZHAN, "quick": "OK", "nonce": "n"}
        answer = site.post("/phones/text?lang=kk", data=data, headers={"Amanba-Fragment": "1"})
        assert answer.status_code == 200
        assert answer.text.lstrip().startswith("<section")
        assert "Бәрі жақсы" in answer.text


class TestWhere:
    def test_without_simulated_phones_there_is_no_such_page(self, demo: Demonstration) -> None:
        demo.service.notifiers.clear()  # type: ignore[attr-defined]
        site = Client(demo.app())
        for answer in (
            site.get("/phones"),
            site.get("/phones/fragment"),
            site.post("/phones/text", data={"number": AIZHAN, "text": "OK"}),
            site.post("/phones/answering", data={"number": AIZHAN, "on": "1"}),
        ):
            assert answer.status_code == 404
        assert "/phones" not in site.get("/").text

    def test_an_empty_installation_says_so(self, sqlite_url: str, tmp_path: Path) -> None:
        demo = Demonstration(sqlite_url, tmp_path, seeded=False)
        assert "No phones yet" in Client(demo.app()).get("/phones").text
        demo.close()

    def test_phones_of_nobody_s_trip_can_be_seen_and_answered(self, demo: Demonstration, site: Client) -> None:
        demo.stop_answering()
        demo.advance(100)
        demo.type(GULNAR, "1")
        demo.network.send(Message("code", "+77010000055", "123456 is your code", "sign_up", None, None, None))
        page = site.get("/phones?of=others").text
        assert "+7 701 000 0055" in page
        assert "123456 is your code" in page
        assert 'href="/phones?of=others"' in site.get("/phones").text


class TestSeed:
    def test_it_is_written_once(self, demo: Demonstration) -> None:
        before = {number: len(demo.thread(number)) for number in (GULNAR, DANIYAR, SAULE)}
        assert seed_demo(demo.service) is False
        assert {number: len(demo.thread(number)) for number in before} == before

    def test_each_contact_was_asked_and_said_yes(self, demo: Demonstration) -> None:
        for number in (GULNAR, DANIYAR, SAULE):
            assert [(text.kind, text.mine) for text in demo.thread(number)] == [
                ("invitation", False),
                ("typed", True),
                ("reply", False),
            ]

    def test_it_works_on_either_database(self, database_url: str, tmp_path: Path) -> None:
        demo = Demonstration(database_url, tmp_path, "kk")
        demo.stop_answering()
        demo.advance(100)
        assert "Анталия" in " ".join(demo.received(GULNAR, "alert"))
        assert "Гүлнар" in Client(demo.app()).get("/phones?lang=kk").text
        demo.close()
