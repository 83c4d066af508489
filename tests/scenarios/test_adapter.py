"""SMS by an adapter of one's own: what waits in its queue comes before any alarm, and only what is proven counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service.db import tables
from service.db.routing import Inbox
from service.db.stored import table_of
from service.db.trips import TripKey
from service.usecases.reconcile_inbound import reconcile_inbound
from service.usecases.recover import recover
from tests.notifiers.http_adapter import http_adapter
from tests.scenarios.programs import adapter, beside_twilio, catch_up, hand_over, post
from tests.scenarios.story import MOTHER, TRAVELER, Story, family, open_story

INBOX, OUTBOX, WATCHES = table_of(Inbox), table_of(tables.Outbox), table_of(tables.Watch)


@pytest.fixture
def home(sqlite_url: str) -> Iterator[Story]:
    """A story on SQLite alone."""
    with open_story(sqlite_url) as opened:
        yield opened


def rows(story: Story, table: Any = INBOX) -> list[Any]:
    return list(story.service.read(lambda conn: conn.execute(select(table)).all()))


def can_be_told(story: Story, name: str) -> bool:
    """Whether a contact has an address that we may write to."""
    key = TripKey(
        *(story.service.read(lambda conn: conn.execute(select(WATCHES.c.traveler_id, WATCHES.c.trip_id)).one()))
    )
    trip = story.service.read(lambda conn: story.service.trip(conn, key, story.now))
    assert trip is not None
    return any(not one.suppressed for contact in trip.contacts if contact.name == name for one in contact.addresses)


def watermark_age(story: Story) -> float:
    """How many seconds ago it said that it has nothing left."""
    reconcile_inbound(story.service)
    age = next(line for line in story.metrics().splitlines() if 'watermark_age_seconds{source="http_sms"}' in line)
    return float(age.rsplit(" ", 1)[1])


def down_for_two_hours(story: Story) -> None:
    """She was asked for the last time at 20:30; the alarm would be due at 21:00, and we are back at 22:45."""
    family(story)
    story.advance_to("2026-12-01T20:44+03:00")
    beside_twilio(story, adapter())
    assert catch_up(story) == 204
    reconcile_inbound(story.service)
    story.go_down()
    story.now += timedelta(hours=2)
    story.restart()
    recover(story.service)
    reconcile_inbound(story.service)
    story.run()
    story.mother.expect_nothing()


def test_an_ok_that_waited_in_its_queue_for_two_hours_comes_before_the_alarm(story: Story) -> None:
    down_for_two_hours(story)
    story.traveler.read_all()
    assert hand_over(story, TRAVELER, "ok", story.now - timedelta(hours=1, minutes=50)) == 204
    assert catch_up(story) == 204
    story.advance(minutes=30)
    assert "Thank you" in "\n".join(story.traveler.read_all())
    story.mother.expect_nothing()


def test_when_it_has_nothing_left_the_alarm_goes(home: Story) -> None:
    down_for_two_hours(home)
    # It is not through yet: this says nothing about the time when she might have answered.
    assert catch_up(home, home.now - timedelta(hours=1, minutes=55)) == 204
    home.advance(minutes=3)
    home.mother.expect_nothing()
    assert catch_up(home) == 204
    home.advance(minutes=2)
    text = home.mother.expect("Lotus Garden Hotel")
    assert "could not" not in text


def test_one_that_stays_silent_holds_no_alarm_for_ever(home: Story) -> None:
    down_for_two_hours(home)
    home.operator.read_all()
    for _ in range(2):
        home.now += timedelta(minutes=8)
        reconcile_inbound(home.service)
    home.run()
    assert "could not" in "\n".join(home.mother.read_all())
    home.operator.expect("http_sms cannot be read since")


def test_what_its_list_holds_comes_before_the_alarm(home: Story) -> None:
    family(home)
    home.advance_to("2026-12-01T20:44+03:00")
    with http_adapter() as phones:
        beside_twilio(home, adapter(phones.url, AMANBA_HTTP_SMS_LIST_URL=phones.list_url))
        home.go_down()
        phones.now = home.now + timedelta(minutes=6)
        name = phones.receive(TRAVELER, "ok")
        phones.now = home.now = home.now + timedelta(hours=2)
        home.traveler.read_all()
        home.restart()
        recover(home.service)
        reconcile_inbound(home.service)
        home.run()
        home.traveler.expect("Thank you")
        home.mother.expect_nothing()
        assert hand_over(home, TRAVELER, "ok", home.now, name) == 204
        assert [row.provider_id for row in rows(home) if row.source == "http_sms"] == [name], "posted late, it is known"


def test_a_call_counts_for_who_has_allowed_it_and_for_nobody_else(home: Story) -> None:
    family(home, missed_calls=True)
    beside_twilio(home, adapter())
    home.advance_to("2026-12-01T19:45+03:00")
    for name, caller in (("c1", MOTHER), ("c2", TRAVELER)):
        call = {"id": name, "from": caller, "received_at": home.now.isoformat(), "kind": "call"}
        assert post(home, call).status_code == 204
        home.run()
    assert [row.source for row in rows(home, table_of(tables.CheckIn))] == ["http_sms"]


def test_a_clock_that_is_ahead_vouches_for_nothing_that_is_to_come(home: Story) -> None:
    family(home)
    beside_twilio(home, adapter())
    ahead = timedelta(minutes=4)
    said = {"kind": "caught_up", "at": (home.now + ahead - timedelta(minutes=10)).isoformat()}
    assert post(home, said, at=home.now + ahead).status_code == 204
    assert watermark_age(home) == 600, "its queue is ten minutes behind, whatever its clock says"


def test_what_it_has_said_before_says_nothing_of_what_came_since(home: Story) -> None:
    """Its clock is four minutes ahead: its word, sent again by whoever has overheard it, would reach that far."""
    family(home)
    beside_twilio(home, adapter())
    said = {"kind": "caught_up", "at": (home.now + timedelta(minutes=4)).isoformat()}
    signed_at = home.now + timedelta(minutes=4)
    for minute in (0, 3, 5):
        assert post(home, said, at=signed_at).status_code == 204
        assert watermark_age(home) == minute * 60
        home.now = signed_at - timedelta(minutes=4) + timedelta(minutes={0: 3, 3: 5, 5: 5}[minute])


def test_a_time_that_has_not_come_is_no_word(home: Story) -> None:
    """Who takes her own hour for that of Greenwich would vouch for whatever waits in the queue."""
    family(home)
    beside_twilio(home, adapter())
    assert catch_up(home) == 204
    home.now += timedelta(minutes=10)
    answer = post(home, {"kind": "caught_up", "at": (home.now + timedelta(hours=5)).isoformat()})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert "zone" in answer.json()["detail"]
    assert watermark_age(home) == 600


def test_a_text_is_kept_once_and_its_answer_goes(home: Story) -> None:
    family(home)
    beside_twilio(home, adapter())
    home.advance_to("2026-12-01T19:45+03:00")
    home.traveler.read_all()
    for _ in range(3):
        assert hand_over(home, TRAVELER, "ok", home.now) == 204
    assert [row.source for row in rows(home)].count("http_sms") == 1
    home.traveler.expect("Thank you")
    home.advance_to("2026-12-01T21:30+03:00")
    home.mother.expect_nothing()


def test_a_number_counts_however_the_provider_writes_it_and_a_name_never_does(home: Story) -> None:
    family(home)
    beside_twilio(home, adapter())
    home.advance_to("2026-12-01T19:45+03:00")
    home.traveler.read_all()
    hand_over(home, "8701123GJMP", "ok", home.now, "as-a-name")
    home.traveler.expect_nothing()
    hand_over(home, TRAVELER.removeprefix("+"), "ok", home.now, "without-a-plus")
    home.traveler.expect("Thank you")


def test_the_time_of_a_clock_that_is_not_ours_counts_within_five_minutes(home: Story) -> None:
    family(home)
    beside_twilio(home, adapter())
    for name, off, counted in (("a", 4, 4), ("b", 6, 0), ("c", -4, 0), ("d", 60 * 24, 0)):
        hand_over(home, TRAVELER, "hello", home.now - timedelta(minutes=off), name)
        (row,) = (row for row in rows(home) if row.provider_id == name)
        assert row.occurred_at == home.now - timedelta(minutes=counted)


def test_stop_holds_for_every_provider_of_the_channel_and_start_undoes_it(home: Story) -> None:
    family(home)
    beside_twilio(home, adapter())
    assert can_be_told(home, "Gulnar")
    hand_over(home, MOTHER, "STOP", home.now)
    assert not can_be_told(home, "Gulnar")
    assert can_be_told(home, "Daniyar")
    home.mother.reply("START")
    home.run()
    assert can_be_told(home, "Gulnar")


def test_twilio_takes_over_while_the_adapter_is_away_and_the_row_says_who_took_it(home: Story) -> None:
    family(home)
    with http_adapter() as phones:
        phones.now = home.now
        beside_twilio(home, adapter(phones.url), first=True)
        phones.now = home.now = home.now.replace(hour=16, minute=30)
        home.run()
        assert [one["kind"] for one in phones.taken.values()] == ["reminder"]
        home.traveler.expect_nothing()
        phones.stop()
    home.advance_to("2026-12-01T20:04+03:00")
    home.traveler.expect_nothing()  # It broke off in the middle: for ten minutes it is asked whether it has the text.
    home.advance_to("2026-12-01T20:14+03:00")
    home.traveler.expect("OK")
    reminders = [row.provider for row in rows(home, OUTBOX) if row.kind == "reminder"]
    assert reminders == ["http_sms", "twilio_sms"]


def test_a_refusal_that_is_ours_to_mend_is_told_though_another_takes_the_text(home: Story) -> None:
    family(home)
    with http_adapter() as phones:
        beside_twilio(home, adapter(phones.url, AMANBA_HTTP_SMS_SECRET="another-secret-16"), first=True)
        phones.now = home.now
        home.advance_to("2026-12-01T19:31+03:00")
    home.traveler.expect("OK")
    home.operator.expect("http_401")


class TestReports:
    """What the adapter says of a message of ours."""

    def reminded(self, story: Story) -> Any:
        family(story)
        beside_twilio(story, adapter())
        story.advance_to("2026-12-01T19:31+03:00")
        return next(row for row in rows(story, OUTBOX) if row.kind == "reminder")

    def test_they_are_noted_once_and_never_go_back(self, home: Story) -> None:
        row = self.reminded(home)
        path = f"/hooks/http/status/{row.outbox_id}"
        for state in ("delivered", "sent", "delivered", "queued"):
            assert post(home, {"state": state, "id": row.provider_id}, path).status_code == 204
        (now,) = (one for one in rows(home, OUTBOX) if one.outbox_id == row.outbox_id)
        assert (now.delivery, now.state) == ("delivered", "sent")

    def test_that_of_a_message_which_it_calls_otherwise_counts_without_a_name(self, home: Story) -> None:
        family(home)
        with http_adapter() as phones:
            beside_twilio(home, adapter(phones.url), first=True)
            phones.answer = (202, {"id": "X7"}, {})
            phones.now = home.now = home.now.replace(hour=16, minute=30)
            home.run()
            (row,) = (one for one in rows(home, OUTBOX) if one.kind == "reminder")
            assert (row.state, row.provider_id) == ("sent", "X7")
            failed = {"state": "failed", "cause": "permanent", "code": "7", "reason": "no such number"}
            assert post(home, failed, f"/hooks/http/status/{row.outbox_id}").status_code == 204
        (now,) = (one for one in rows(home, OUTBOX) if one.outbox_id == row.outbox_id)
        assert (now.state, now.error) == ("failed", "7")

    def test_of_no_message_of_ours(self, home: Story) -> None:
        beside_twilio(home, adapter())
        for name in ("00000000-0000-4000-8000-000000000000", "x", "%00"):
            assert post(home, {"state": "delivered"}, f"/hooks/http/status/{name}").status_code == 404
        answer = post(home, {"state": "somewhere"}, "/hooks/http/status/00000000-0000-4000-8000-000000000000")
        assert answer.status_code == 400
        assert "state must be one of" in answer.json()["detail"]


class TestWhoIsBelieved:
    """Nothing is kept of what is not proven, and whoever writes an adapter is told what is wrong."""

    OK = b'{"id": "1", "from": "+77011234567", "text": "ok", "received_at": "2026-12-01T07:00:00+03:00"}'

    @pytest.mark.parametrize(
        ("said", "changed", "status", "code"),
        [
            (OK, {"headers": {}}, 401, "unsigned"),
            (OK, {"headers": {"Amanba-Timestamp": "1"}}, 401, "unsigned"),
            (OK, {"headers": {"Amanba-Timestamp": "1", "Amanba-Signature": "sha256=00"}}, 403, "forged"),
            (OK, {"secret": "another-secret-16"}, 403, "forged"),
            (OK, {"later": 6}, 403, "stale"),
            (OK, {"later": -6}, 403, "stale"),
            (b"x" * 140_000, {}, 413, "too_large"),
            (b"ok", {}, 400, "malformed"),
            (b"[" * 60_000, {}, 400, "malformed"),
            (b"[]", {}, 400, "malformed"),
            (b"\xff", {}, 400, "malformed"),
            (b'{"id": "1", "text": "ok", "received_at": "2026-12-01T07:00:00+03:00"}', {}, 400, "malformed"),
        ],
    )  # fmt: skip
    def test_all_others_are_told_why(
        self, bare: Story, said: bytes, changed: dict[str, Any], status: int, code: str
    ) -> None:
        later = timedelta(minutes=changed.pop("later", 0)) if "later" in changed else timedelta(0)
        before = metric(bare, code)
        answer = post(bare, said, at=bare.now + later, **{k: v for k, v in changed.items() if k != "later"})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert rows(bare) == []
        assert metric(bare, code) == before + 1

    def test_without_an_adapter_there_is_no_hook(self, home: Story) -> None:
        assert post(home, self.OK).status_code == 404

    def test_what_was_not_kept_is_to_be_sent_again(self, bare: Story, monkeypatch: pytest.MonkeyPatch) -> None:
        from service.usecases.problems import StorageUnavailable

        def away(*_: object) -> None:
            raise StorageUnavailable("the disk is gone")

        monkeypatch.setattr("service.web.intake.accept_together", away)
        answer = post(bare, self.OK)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        monkeypatch.undo()
        assert post(bare, self.OK).status_code == 204


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """An installation without travelers, for requests of which nothing is kept."""
    from service.db.migrate import upgrade

    url = f"sqlite:///{tmp_path_factory.mktemp('adapter') / 'amanba.db'}"
    upgrade(url)
    with open_story(url) as opened:
        beside_twilio(opened, adapter())
        yield opened


def metric(story: Story, reason: str) -> float:
    series = f'amanba_hook_refusals_total{{hook="http",reason="{reason}"}}'
    return next(float(line.split()[-1]) for line in story.metrics().splitlines() if line.startswith(series))
