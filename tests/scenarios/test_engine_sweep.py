"""What opens alarms: storms of our own making, sources that lie, broken rows, days of downtime, keys that run out."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Table, insert, select, update

from notifiers.base import InboundMessage
from service.db import tables
from service.db.look import look
from service.db.routing import Inbox, Link
from service.db.state import get_state, put_state
from service.db.stored import Stored, table_of
from service.usecases import sweep as sweeping
from service.usecases.accept import accept_together
from service.usecases.accept_taps import AcceptedTap, Tap
from service.usecases.proof import watermark
from service.usecases.reconcile_inbound import reconcile_inbound
from service.usecases.sweep import sweep
from tests.mock_twilio import sign
from tests.scenarios.story import TRAVELER, Story, family, open_story

WATCHES, ALARMS, OUTBOX = table_of(tables.Watch), table_of(tables.Alarm), table_of(tables.Outbox)
PLANS, KEYS, INBOX = table_of(tables.Plan), table_of(tables.DataKey), table_of(Inbox)
BEFORE = "2026-12-01T20:59:30+03:00"


def all_rows(story: Story, table: Table) -> list[Any]:
    return list(story.service.read(lambda conn: conn.execute(select(table)).all()))


def change(story: Story, table: Table, **values: Any) -> None:
    story.service.run(lambda conn: conn.execute(update(table).values(**values)))


def more_trips(story: Story, count: int) -> list[UUID]:
    """Travelers with her trip, plan, contacts and watch."""
    copied: tuple[type[Stored], ...] = (tables.Traveler, tables.Trip, tables.Plan, tables.Watch, tables.Contact)
    travelers = [uuid4() for _ in range(count)]

    def copy(conn: Any) -> None:
        for model in copied:
            table = table_of(model)
            rows = [dict(row) for row in conn.execute(select(table)).mappings()]
            fresh = [
                {**row, "traveler_id": traveler, **({"contact_id": uuid4()} if table.name == "contacts" else {})}
                for traveler in travelers
                for row in rows
            ]
            conn.execute(insert(table), fresh)

    story.service.run(copy)
    return travelers


def alarm_kinds(story: Story) -> list[str]:
    return sorted(row.kind for row in all_rows(story, ALARMS))


# --- the storm brake


def test_a_storm_is_held_once_asked_again_and_let_go_after_five_minutes(database_url: str) -> None:
    with open_story(database_url, brake=True) as story:
        family(story)
        more_trips(story, 40)
        story.advance_to("2026-12-01T21:03+03:00")
        assert len(all_rows(story, ALARMS)) == 20, "a few oversleep on any day"
        assert len([body for body in story.operator.read_all() if "41" in body or "21" in body]) == 1
        assert any(":again:" in row.dedupe_key for row in all_rows(story, OUTBOX)), (
            "it is likelier that we broke: she is asked once more"
        )
        story.traveler.text("sos")
        assert "sos" in alarm_kinds(story), "a call for help is never held"
        story.advance(minutes=4)
        assert len(all_rows(story, ALARMS)) == 41
        story.advance(minutes=10)
        assert len([body for body in story.operator.read_all() if "41" in body or "21" in body]) == 0


def test_two_workers_count_one_storm(database_url: str) -> None:
    with open_story(database_url, brake=True) as story:
        family(story)
        more_trips(story, 30)
        story.advance_to(BEFORE)
        story.is_down = True
        story.now += timedelta(minutes=1)
        reconcile_inbound(story.service)
        one_at_a_time = 8
        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(_sweep_in_batches_of, story, one_at_a_time) for _ in range(2)]:
                done.result()
        assert len(all_rows(story, ALARMS)) == 20
        state = story.service.read(lambda conn: get_state(conn, "storm_brake"))
        assert state["count"] >= 21


def _sweep_in_batches_of(story: Story, size: int) -> None:
    while story.service.run(lambda conn: sweeping.sweep_watches(story.service, sweeping.Claimed(), size, conn))[0]:
        pass


# --- an engine that is to end


def test_a_sweep_that_is_stopped_ends_after_its_batch_and_is_no_completed_one(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    family(story)
    more_trips(story, 2)
    story.advance_to(BEFORE)
    story.now += timedelta(minutes=1)
    reconcile_inbound(story.service)
    monkeypatch.setattr(sweeping, "WATCHES_AT_ONCE", 1)
    wake, noted = story.service.wake, story.service.read(look).noted
    # Who hears of the first batch has the process end.
    wake.outbox.tell_others = wake.stopping.set
    stopped = sweep(story.service)
    assert (stopped.watches, stopped.is_whole) == (1, False)
    assert len(all_rows(story, ALARMS)) == 1
    assert sweep(story.service).watches == 0, "nothing is begun any more"
    assert story.service.read(look).noted == noted
    wake.outbox.tell_others = None
    wake.stopping.clear()
    finished = sweep(story.service)
    assert (finished.watches, finished.is_whole) == (2, True), "what was left is due again"
    assert len(all_rows(story, ALARMS)) == 3
    assert story.service.read(look).noted == story.now


# --- rows that cannot be stepped


def test_one_broken_trip_is_set_aside_and_the_others_are_swept(story: Story) -> None:
    family(story)
    [broken, *_] = more_trips(story, 3)
    story.advance_to(BEFORE)
    story.service.run(lambda conn: conn.execute(update(PLANS).where(PLANS.c.traveler_id == broken).values(sealed=b"?")))
    story.advance(minutes=2)
    assert len(all_rows(story, ALARMS)) == 3
    story.mother.expect("Aizhan")
    assert len([row for row in all_rows(story, OUTBOX) if row.dedupe_key.startswith("operator:set_aside")]) == 1
    waits = next(row for row in all_rows(story, WATCHES) if row.traveler_id == broken)
    assert waits.look_at is not None
    assert story.now < waits.look_at <= story.now + timedelta(minutes=5)
    assert "\namanba_sweep_age_seconds 0.0\n" in story.metrics(), "the sweep was completed"


def test_any_process_tells_how_long_ago_anybody_completed_a_sweep(story: Story) -> None:
    sweep(story.service)
    story.now += timedelta(seconds=61)
    assert "\namanba_sweep_age_seconds 61.0\n" in story.metrics()


def test_a_late_answer_of_a_provider_about_a_closed_alarm_is_looked_at_once(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T21:01+03:00")
    story.mother.reply("2")
    story.advance(minutes=2)
    for days in (0, 4):
        story.now += timedelta(days=days)
        change(story, ALARMS, look_at=story.now)
        assert sweep(story.service).alarms == 1
        assert sweep(story.service).alarms == 0
        assert [row.look_at for row in all_rows(story, ALARMS)] == [None]


def test_after_days_of_downtime_she_is_asked_once_and_one_alarm_counts_them_all(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T12:00+03:00")
    story.go_down()
    story.now += timedelta(days=9)
    story.restart()
    story.run()
    assert len(story.traveler.read_all()) == 1
    story.mother.expect_nothing()
    story.advance(minutes=31)
    assert len(all_rows(story, ALARMS)) == 1
    assert story.mother.read_all()
    story.brother.expect_nothing()


# --- the proof that nothing was missed


class Source:
    """Serves SMS like the real one; its list does what the test says."""

    name, channel = "twilio_sms", "sms"

    def __init__(self, real: Any, listing: Any) -> None:
        self._real, self._listing = real, listing

    def send(self, message: Any) -> Any:
        return self._real.send(message)

    def find_sent(self, message: Any, since: datetime) -> Any:
        return self._real.find_sent(message, since)

    def list_inbound(self, since: datetime, until: datetime) -> Iterable[InboundMessage]:
        del until
        answer: Iterable[InboundMessage] = self._listing(since)
        return answer


def with_list(story: Story, listing: Any) -> None:
    real = story.service.notifiers["sms"]
    story.service = replace(story.service, notifiers={"sms": Source(real, listing)})


def test_a_list_that_raises_what_nobody_expected_is_failed_open_like_any_other(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T20:50+03:00")

    def broken(_: datetime) -> Iterable[InboundMessage]:
        raise ZeroDivisionError

    with_list(story, broken)
    story.advance_to("2026-12-01T21:04+03:00")
    story.mother.expect_nothing()
    story.advance(minutes=13)
    assert "could not" in "\n".join(story.mother.read_all())
    story.operator.expect("cannot be read since")


def test_a_list_that_never_ends_counts_as_silent_while_it_is_read(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T20:50+03:00")
    seen: list[Any] = []

    def look(since: datetime) -> Iterable[InboundMessage]:
        seen.append(story.service.read(lambda conn: watermark(conn, "twilio_sms")).failing_since)
        return []

    with_list(story, look)
    reconcile_inbound(story.service)
    assert seen == [story.now]
    assert story.service.read(lambda conn: watermark(conn, "twilio_sms")).failing_since is None


def test_our_own_downtime_is_not_the_sources_silence(story: Story) -> None:
    """It failed once, then we were away for hours: nobody knows that it was silent all the time."""
    family(story)
    story.advance_to("2026-12-01T20:40+03:00")
    story.twilio.fail_next(500, times=1, method="GET")
    story.advance(minutes=1)
    story.go_down()
    story.now += timedelta(hours=5)
    story.twilio.fail_next(500, times=1, method="GET")
    story.restart()
    reconcile_inbound(story.service)
    story.run()
    story.mother.expect_nothing()
    mark = story.service.read(lambda conn: watermark(conn, "twilio_sms"))
    assert not mark.is_open(story.now)


def test_a_watermark_ahead_of_the_clock_hides_nothing(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T19:45+03:00")
    ahead = {"read_until": (story.now + timedelta(days=2)).isoformat(), "failing_since": None}
    story.service.run(lambda conn: put_state(conn, "watermark:twilio_sms", ahead, story.now))
    story.twilio.text_unheard(TRAVELER, "ok")
    story.now += timedelta(seconds=30)
    assert reconcile_inbound(story.service) == 1


# --- keys


def test_after_a_long_downtime_what_waits_is_read_and_sent_before_its_key_goes(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T20:45+03:00")
    story.is_down = True
    story.twilio.list_lag = timedelta(days=99)
    form = {"MessageSid": "SM" + "3" * 32, "From": TRAVELER, "To": story.twilio.number, "Body": "ok"}
    url = "https://amanba.example/hooks/twilio/sms"
    headers = {"X-Twilio-Signature": sign(story.twilio.auth_token, url, form)}
    assert story.client.post("/hooks/twilio/sms", data=form, headers=headers).status_code == 200
    sealed = next(row.sealed for row in all_rows(story, INBOX) if row.handled_at is None)
    story.now += timedelta(days=10)
    story.restart()
    story.keep_house()
    assert [row.result for row in all_rows(story, INBOX) if row.provider_id == form["MessageSid"]] == ["check_in"]
    story.keep_house()
    left = {row.key_id for row in all_rows(story, KEYS) if row.kind == "service"}
    assert UUID(bytes=bytes(sealed[1:17])) not in left, "and then it goes"


# --- links


def tap(story: Story, token: str, kind: str, nonce: str, text: str) -> AcceptedTap | None:
    return accept_together(story.service, (), [Tap(token, kind, nonce, text)])[1][0]


def test_a_link_is_kept_once_a_tap_and_an_ended_or_unknown_one_never(story: Story) -> None:
    family(story)
    token = story.check_in_url.rsplit("/", 1)[1]
    first = tap(story, token, "check_in", "n1", "ok")
    story.now += timedelta(seconds=3)
    second = tap(story, token, "check_in", "n1", "ok")
    assert first is not None
    assert second is not None
    assert (first.new, second.new) == (True, False)
    assert second.received_at == first.received_at
    assert second.due_after == first.due_after != ""
    assert tap(story, "x" * 20, "check_in", "n1", "ok") is None
    assert tap(story, token, "alarm", "n2", "1") is None
    change(story, table_of(Link), expires_at=story.now)
    assert tap(story, token, "check_in", "n3", "ok") is None
    assert len([row for row in all_rows(story, INBOX) if row.source == "check_in"]) == 1
