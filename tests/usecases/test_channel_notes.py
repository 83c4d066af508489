"""What is kept of each provider for whoever runs this: rarely written, the later news of any process, nobody named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

from notifiers.base import Accepted, Cause, DeliveryState, Notifier, Rejected, SendResult, Unavailable
from notifiers.several import Several
from service.db import tx
from service.db.engine import Database
from service.usecases.channel_notes import WRITE_EVERY, ChannelNotes, LastNews, last_news, write_news
from tests.one_engine import database_at
from tests.usecases.test_dispatch import Line

NOW = datetime(2026, 12, 1, 6, tzinfo=UTC)
TAKEN = Accepted("1", DeliveryState.SENT)


def named(name: str) -> Notifier:
    line: Any = Line("sms")
    line.name = name
    return line  # type: ignore[no-any-return]


FIRST, SECOND = named("first"), named("second")
ONE: Mapping[str, Notifier] = {"sms": FIRST}
BOTH: Mapping[str, Notifier] = {"sms": Several([FIRST, SECOND], lambda: NOW)}


def noted(notifiers: Mapping[str, Notifier], *results: SendResult) -> Mapping[str, LastNews]:
    notes = ChannelNotes()
    row: Any = SimpleNamespace(channel="sms")
    notes.settled(notifiers, [(row, result) for result in results], NOW)
    return notes.take_due(NOW)


def test_what_was_taken_and_what_was_not() -> None:
    refusal = Rejected(Cause.CONFIGURATION, "21408", "geo permissions")
    assert noted(ONE, TAKEN, refusal) == {
        "first": LastNews(taken_at=NOW, failed_at=NOW, cause="configuration", code="21408")
    }
    silence = noted(ONE, Unavailable("TimeoutError", maybe_accepted=True))["first"]
    assert (silence.taken_at, silence.code) == (None, "unavailable")


def test_of_several_each_has_its_own() -> None:
    refused = Rejected(Cause.CONFIGURATION, "401", "first: the adapter does not believe us")
    news = noted(BOTH, Accepted("1", DeliveryState.SENT, "second", refused))
    assert (news["second"].taken_at, news["second"].failed_at) == (NOW, None)
    assert (news["first"].code, news["first"].taken_at) == ("401", None)


def test_a_providers_own_words_are_not_kept() -> None:
    """They may repeat whom or what a message named."""
    refusal = Rejected(Cause.PERMANENT, "550", "no mailbox gulnar@example.org here")
    assert "gulnar" not in str(noted(ONE, refusal))


def test_it_is_written_down_now_and_then() -> None:
    notes, row = ChannelNotes(), SimpleNamespace(channel="sms")
    written = 0
    for second in range(61):
        now = NOW + timedelta(seconds=second)
        notes.settled(ONE, [(row, TAKEN)], now)  # type: ignore[list-item]
        written += bool(notes.take_due(now))
    assert written == 3
    notes.settled(ONE, [(row, TAKEN)], NOW)  # type: ignore[list-item]
    assert notes.take_due(NOW - timedelta(hours=3)), "a clock that was set back silences nothing"


def test_what_could_not_be_written_is_kept() -> None:
    notes, row = ChannelNotes(), SimpleNamespace(channel="sms")
    notes.settled(ONE, [(row, TAKEN)], NOW)  # type: ignore[list-item]
    notes.give_back(notes.take_due(NOW))
    assert notes.take_due(NOW + WRITE_EVERY) == {"first": LastNews(taken_at=NOW)}


def test_two_processes_leave_the_later_of_both(sqlite_url: str) -> None:
    db: Database = database_at(sqlite_url)
    early = LastNews(taken_at=NOW, failed_at=NOW, cause="temporary", code="30008")
    late = LastNews(taken_at=NOW - timedelta(minutes=1), failed_at=NOW + timedelta(minutes=1), code="30003")
    for news in (early, late, early):
        tx.run(db, partial(write_news, taken={"first": news}, now=NOW))
    kept = tx.read(db, lambda conn: last_news(conn, "first"))
    assert (kept.taken_at, kept.code) == (NOW, "30003")
    assert tx.read(db, lambda conn: last_news(conn, "second")) == LastNews()
    db.close()


def test_a_report_tells_that_one_arrived_or_did_not() -> None:
    notes = ChannelNotes()
    notes.reported("first", DeliveryState.DELIVERED, None, NOW)
    notes.reported("first", DeliveryState.FAILED, Rejected(Cause.TEMPORARY, "30003", "off"), NOW)
    notes.reported(None, DeliveryState.DELIVERED, None, NOW)
    news = notes.take_due(NOW)
    assert news == {"first": LastNews(None, NOW, NOW, "temporary", "30003")}
