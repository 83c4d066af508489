"""What the installation notices of itself, and how whoever runs it hears of that."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Insert, Update, func, insert, select, update
from structlog.testing import capture_logs

from service.db import tables
from service.db.routing import Inbox
from service.db.state import put_state
from service.db.stored import table_of
from service.db.trips import TripKey
from service.usecases.context import Service
from service.usecases.keeping_up import Behind, behind
from service.usecases.send_pages import send_pages
from service.usecases.spending import note_sends
from service.usecases.stall import StallWatch
from tests.notifiers.hook_server import HookServer, hook_server
from tests.notifiers.mail_server import MailServer, mail_server
from tests.scenarios.story import OPERATOR, Story, family, open_story

OUTBOX, INBOX = table_of(tables.Outbox), table_of(Inbox)
WATCHES, PLANS = table_of(tables.Watch), table_of(tables.Plan)
BY_MAIL = "operator@example.org"
SECRET = "what only we know"
EVERY_WAY = {"sms", "email", "webhook"}


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with mail_server() as one:
        yield one


@pytest.fixture(scope="module")
def hook() -> Iterator[HookServer]:
    with hook_server() as one:
        yield one


@pytest.fixture
def story(database_url: str, server: MailServer, hook: HookServer) -> Iterator[Story]:
    """An armed trip in an installation whose operator has a number, an e-mail address and a webhook."""
    server.mails.clear()
    hook.calls.clear()
    env = {
        "AMANBA_SMTP_URL": f"smtp://127.0.0.1:{server.port}",
        "AMANBA_SMTP_FROM": "Aman <post@example.org>",
        "AMANBA_WEBHOOK_URL": hook.url,
        "AMANBA_WEBHOOK_SECRET": SECRET,
    }
    with open_story(database_url, operator=f"{OPERATOR}, {BY_MAIL},{hook.url}", env=env) as opened:
        # Who is paged makes no difference to how it begins.
        opened.is_usual = True
        family(opened)
        yield opened


def ways_of(story: Story, server: MailServer, hook: HookServer, text: str) -> list[str]:
    """The ways by which a page with this text has come, each time."""
    came = ["sms" for body in story.operator.received if text in body]
    named = zip(server.mails, server.texts(), strict=True)
    came += ["email" for mail, body in named if mail["To"] == BY_MAIL and text in body]
    return came + ["webhook" for call in hook.calls if text in call.page["text"]]


def pages(story: Story) -> list[str]:
    """The reasons of the pages that were written for the webhook, in their order."""
    query = select(OUTBOX.c.dedupe_key).where(OUTBOX.c.kind == "operator", OUTBOX.c.channel == "webhook")
    rows = story.service.read(lambda conn: conn.execute(query.order_by(OUTBOX.c.created_at)).scalars().all())
    return [row.split(":")[1] for row in rows]


def samples(story: Story) -> dict[str, float]:
    """The numbers of /metrics by name and labels, read as Prometheus reads them."""
    return {
        sample.name + "".join(f"[{value}]" for value in sample.labels.values()): sample.value
        for family_ in text_string_to_metric_families(story.metrics())
        for sample in family_.samples
    }


def change(service: Service, statement: Insert | Update) -> None:
    """What no use case does."""
    service.run(lambda conn: conn.execute(statement))


class TestPages:
    def test_what_cannot_be_read_is_paged_by_every_way(
        self, story: Story, server: MailServer, hook: HookServer
    ) -> None:
        story.traveler.text("ok")
        newest = select(func.max(INBOX.c.inbox_id)).scalar_subquery()
        change(story.service, update(INBOX).where(INBOX.c.inbox_id == newest).values(sealed=b"?", handled_at=None))
        story.run()
        assert set(ways_of(story, server, hook, "could not be handled")) == EVERY_WAY
        (call,) = hook.calls
        assert call.page["reason"] == "set_aside"
        signature = hmac.new(SECRET.encode(), call.body, hashlib.sha256).hexdigest()
        assert call.headers["amanba-signature"] == f"sha256={signature}"

    def test_an_account_that_is_refused_is_told_by_the_ways_that_are_left(
        self, story: Story, server: MailServer, hook: HookServer
    ) -> None:
        story.advance_to("2026-12-01T20:59:30+03:00")
        story.twilio.fail_next(401, 20003, times=1000)
        story.advance(minutes=8)
        said = "20003: Twilio did not accept our account"
        assert sorted(ways_of(story, server, hook, said)) == ["email", "webhook"], "once each"
        story.twilio.forget_faults()
        story.advance(minutes=12)
        assert set(ways_of(story, server, hook, "20003: Twilio")) == EVERY_WAY
        assert story.mother.read_all(), "and what was refused goes out when it is mended"

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_an_exhausted_alarm_is_paged_though_two_of_the_ways_refuse(
        self, story: Story, server: MailServer, hook: HookServer
    ) -> None:
        hook.status, server.answers["RCPT"] = 404, "550 5.1.1 no such user"
        try:
            story.advance_to("2026-12-02T21:05+03:00")
        finally:
            hook.status = 200
            del server.answers["RCPT"]
        assert "24 h without an end" in " ".join(story.operator.received)
        refused = [body for body in story.operator.received if "refuses our messages" in body]
        assert 0 < len(refused) <= 2 * 25, "and that a way is refused is said once an hour"

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_a_mail_server_that_does_not_know_us_is_told_by_the_ways_that_are_left(
        self, story: Story, server: MailServer, hook: HookServer
    ) -> None:
        """And a trip that breaks the sweep is what was to be paged."""
        server.answers["MAIL"] = "530 5.7.0 Authentication required"
        try:
            change(story.service, update(PLANS).values(sealed=b"?"))
            # Not until the hour strikes: whatever is tried again just then begins another one.
            story.advance_to("2026-12-01T20:59+03:00")
        finally:
            del server.answers["MAIL"]
        asked = "A trip cannot be looked at. We try again every 5 minutes; the log says why. (trip_id "
        assert sorted(ways_of(story, server, hook, asked)) == ["sms", "sms", "webhook", "webhook"], "once an hour"
        refused = ways_of(story, server, hook, "530 5.7.0: mail server")
        assert set(refused) == {"sms", "webhook"}
        assert len(refused) <= 2 * 2, "once an hour"

    def test_nobody_sweeps(self, story: Story, server: MailServer, hook: HookServer) -> None:
        seen = "2026-12-01 04:00 UTC"
        calm, watch = story.service, StallWatch(story.service)
        assert not watch.look()
        story.now += timedelta(minutes=4)
        later = began_earlier(watch, minutes=4)
        assert [later.look(), later.look()] == [False, False]
        story.now += timedelta(minutes=2)
        later = began_earlier(watch, minutes=6)
        assert not later.look(), "a process that was suspended sees it at its first look, and no more at its next"
        assert later.look()
        assert began_earlier(StallWatch(calm), minutes=0).look() is False, "own downtime is no stall"
        assert ways_of(story, server, hook, "No sweep") == [], "it is written, and nobody's senders run"
        assert send_pages(calm) == 3
        assert sorted(ways_of(story, server, hook, f"No sweep since {seen}. Nobody is being watched.")) == sorted(
            EVERY_WAY
        )
        assert send_pages(calm) == 0
        again = began_earlier(StallWatch(calm), minutes=30)
        assert [again.look() for _ in range(3)] == [False, True, True]
        assert send_pages(calm) == 0, "whoever else notices, and however often: one page an hour"
        story.now += timedelta(minutes=60)
        assert began_earlier(again, minutes=60).look()
        assert send_pages(calm) == 3
        story.run()
        assert not again.look()


def began_earlier(watch: StallWatch, minutes: float) -> StallWatch:
    """The process has run for so long."""
    watch._began -= minutes * 60
    return watch


class TestSpending:
    def test_at_four_fifths_and_at_the_limit_once_a_day_and_nothing_is_held(
        self, story: Story, server: MailServer, hook: HookServer
    ) -> None:
        limits = replace(story.service.limits, sends_a_day=10, sends_a_day_per_trip=20)
        story.service = replace(story.service, limits=limits)

        def sent(count: int) -> None:
            for _ in range(count):
                story.service.tally.add(uuid4(), None)
            note_sends(story.service)
            story.run()

        story.service.tally.take()
        sent(7)
        assert pages(story) == []
        sent(1)
        assert pages(story) == ["send_limit_near"]
        assert set(ways_of(story, server, hook, "8 messages today: four fifths")) == EVERY_WAY
        sent(5)
        assert samples(story)["amanba_sends_today"] == 8 + 3 + 5, "the pages are counted as well"
        sent(40)
        assert pages(story) == ["send_limit_near", "send_limit"]
        story.now += timedelta(days=1)
        assert samples(story)["amanba_sends_today"] == 0
        sent(20)
        assert pages(story) == ["send_limit_near", "send_limit", "send_limit"]

    def test_each_share_is_said_once_and_only_on_the_way_up(self, story: Story) -> None:
        """Whoever reads the log would otherwise see a page every few seconds, and a page of 80 % after that of 100."""
        service = story.service

        def said(count: int, limit: int) -> list[str]:
            story.service = replace(service, limits=replace(service.limits, sends_a_day=limit))
            for _ in range(count):
                service.tally.add(uuid4(), None)
            with capture_logs() as lines:
                note_sends(story.service)
            return [line["reason"] for line in lines if line["event"] == "operator_paged"]

        service.tally.take()
        assert said(8, limit=10) == ["send_limit_near"]
        assert said(1, limit=10) == [], "between the two"
        assert said(1, limit=10) == ["send_limit"]
        assert said(1, limit=10) == []
        assert said(1, limit=14) == [], "the limit was raised: again near, which is no news"
        assert said(2, limit=14) == [], "of today that it was reached has been said"

    def test_of_a_trip_too(self, story: Story) -> None:
        service = story.service
        query = select(OUTBOX).where(OUTBOX.c.trip_id == UUID(story.trip_id), OUTBOX.c.state == "sent")
        sent = service.read(lambda conn: [dict(row) for row in conn.execute(query).mappings()])
        key = TripKey(sent[0]["traveler_id"], sent[0]["trip_id"])
        for number in range(len(sent), 80):
            change(service, insert(OUTBOX).values(**{**sent[0], "outbox_id": uuid4(), "dedupe_key": f"{number}"}))

        def said(limit: int) -> list[str]:
            story.service = replace(service, limits=replace(service.limits, sends_a_day_per_trip=limit))
            service.tally.give_back(1, [key])
            with capture_logs() as lines:
                note_sends(story.service)
            return [line["reason"] for line in lines if line["event"] == "operator_paged"]

        assert [said(limit) for limit in (101, 100, 90, 80, 70, 100)] == [
            [],
            ["trip_limit_near"],
            [],
            ["trip_limit"],
            [],
            [],
        ]

    def test_a_trip_that_sends_and_sends(self, story: Story, server: MailServer, hook: HookServer) -> None:
        limits = replace(story.service.limits, sends_a_day_per_trip=10)
        story.service = replace(story.service, limits=limits)
        story.service.tally.take()
        for _ in range(2):
            story.advance(hours=9)
            note_sends(story.service)
            story.run()
        assert [reason for reason in pages(story) if reason.startswith("trip_limit")] == ["trip_limit"], "once a day"
        assert set(ways_of(story, server, hook, "messages today about Aizhan: the limit of a trip")) == EVERY_WAY
        assert samples(story)["amanba_trips_over_limit"] == 1
        assert story.mother.read_all(), "nothing is held back for a limit"


class TestKeepingUp:
    def test_what_stops_the_heartbeat(self, story: Story) -> None:
        service = story.service
        assert behind(service) is None
        story.now += timedelta(minutes=6)
        assert behind(service) is None
        due = story.now - timedelta(minutes=6)
        change(service, update(WATCHES).values(look_at=due))
        assert behind(service) is Behind.LOOKS
        change(service, update(WATCHES).values(look_at=None))
        story.traveler.text("ok")
        change(service, update(INBOX).values(handled_at=None, received_at=story.now - timedelta(minutes=11)))
        assert behind(service) is Behind.INBOX
        change(service, update(INBOX).values(handled_at=story.now))
        assert behind(service) is None

    def test_an_outbox_that_stands_still_and_one_that_waits(self, story: Story) -> None:
        story.advance_to("2026-12-01T21:01+03:00")
        service, old = story.service, story.now - timedelta(minutes=11)
        query = select(OUTBOX).where(OUTBOX.c.kind == "alert")
        part = service.read(lambda conn: dict(conn.execute(query).mappings().first() or {}))
        first, second = part["outbox_id"], uuid4()
        stands = {"state": "pending", "available_at": old, "created_at": old, "error": None}
        change(service, insert(OUTBOX).values(**{**part, **stands, "outbox_id": second, "dedupe_key": "second"}))
        assert behind(service) is Behind.OUTBOX
        # The first part is refused again and again, and the second waits for it: no fault of the engine.
        refused = {"available_at": story.now + timedelta(minutes=2), "error": "21611"}
        before = {"state": "pending", "created_at": old - timedelta(seconds=1)}
        change(service, update(OUTBOX).where(OUTBOX.c.outbox_id == first).values(**before, **refused))
        assert behind(service) is None
        change(service, update(OUTBOX).where(OUTBOX.c.outbox_id == first).values(error="unavailable"))
        assert behind(service) is Behind.OUTBOX, "its provider has been away for ten minutes"


class TestMetrics:
    def test_prometheus_reads_every_number_that_is_promised(self, story: Story) -> None:
        story.advance_to("2026-12-01T21:20+03:00")
        story.service.run(lambda conn: put_state(conn, "sweep", {}, story.now))
        types = {family_.name: family_.type for family_ in text_string_to_metric_families(story.metrics())}
        assert types == {
            **dict.fromkeys(
                (
                    "amanba_sweep_age_seconds",
                    "amanba_inbox_depth",
                    "amanba_inbox_oldest_seconds",
                    "amanba_outbox_depth",
                    "amanba_outbox_oldest_seconds",
                    "amanba_outbox_waiting",
                    "amanba_watermark_age_seconds",
                    "amanba_alarms_open",
                    "amanba_alarms_opened",
                    "amanba_alarms_ended",
                    "amanba_traveler_weeks",
                    "amanba_sends_today",
                    "amanba_sends_a_day_limit",
                    "amanba_trips_over_limit",
                ),
                "gauge",
            ),
            **dict.fromkeys(("amanba_sends", "amanba_hook_refusals", "amanba_heartbeats"), "counter"),
            "amanba_lateness_seconds": "histogram",
        }
        seen = samples(story)
        assert seen["amanba_alarms_open[missed]"] == 1
        assert seen["amanba_alarms_open[duress]"] == 0, "what there is none of does not show as missing"
        assert seen["amanba_watermark_age_seconds[twilio_sms]"] < 300
        assert seen["amanba_sweep_age_seconds"] == 0
        assert seen["amanba_sends_total[sms][sent]"] > 0
        assert "amanba_own_sweep_age_seconds" not in seen, "only a process that sweeps has one"
        story.service.pulse.beat()
        assert samples(story)["amanba_own_sweep_age_seconds"] < 60
