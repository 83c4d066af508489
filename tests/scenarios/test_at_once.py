"""Two workers, and rows that cannot be read: one alarm a trip, and no message but the broken one set aside."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from service.db.routing import Inbox
from service.db.sealed import open_keyring
from service.db.stored import table_of
from service.db.tables import Alarm
from service.usecases import read_inbox as reading
from service.usecases.read_inbox import read_inbox
from service.usecases.reconcile_inbound import reconcile_inbound
from service.usecases.sweep import sweep
from tests.scenarios.story import SECRET, TRAVELER, Story, family

ALARMS, INBOX = table_of(Alarm), table_of(Inbox)


def at_once(*acts: Callable[[], object]) -> None:
    with ThreadPoolExecutor(len(acts)) as pool:
        for done in [pool.submit(act) for act in acts]:
            done.result()


def alarms(story: Story) -> list[tuple[str, int]]:
    query = select(ALARMS.c.kind, func.count()).group_by(ALARMS.c.kind)
    return [(row[0], row[1]) for row in story.service.read(lambda conn: conn.execute(query).all())]


def results(story: Story) -> list[str | None]:
    query = select(INBOX.c.result).where(INBOX.c.source != "phones").order_by(INBOX.c.inbox_id)
    return list(story.service.read(lambda conn: conn.execute(query).scalars().all()))


@pytest.mark.parametrize("text", ["sos", "heavy rain"])
def test_a_text_read_while_another_worker_sweeps_makes_one_alarm(story: Story, text: str) -> None:
    family(story, words=True)
    story.advance_to("2026-12-01T20:59:50+03:00")
    story.is_down = True
    page = story.check_in_url.removeprefix("https://amanba.example")
    story.now = story.now.replace(second=0, minute=0, hour=18)
    reconcile_inbound(story.service)
    for place in range(3):
        story.client.post(page, data={"nonce": f"n{place}", "text": text})
    service = story.service
    at_once(lambda: sweep(service), lambda: read_inbox(service), lambda: sweep(service), lambda: read_inbox(service))
    assert alarms(story) == [("sos" if text == "sos" else "duress", 1)]


def test_one_missed_check_in_makes_one_alarm_for_any_number_of_workers(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T20:59:50+03:00")
    story.now = story.now.replace(second=0, minute=0, hour=18)
    service = story.service
    for _ in range(4):
        reconcile_inbound(service)
        at_once(*[lambda: sweep(service)] * 4)
        story.now += timedelta(seconds=20)
    assert alarms(story) == [("missed", 1)]


def test_a_row_that_cannot_be_opened_is_set_aside_alone_and_the_operator_is_paged(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T19:45+03:00")
    story.traveler.read_all()
    story.is_down = True
    story.twilio.text_unheard(story.mother.number, "hello")
    reconcile_inbound(story.service)
    story.twilio.text_unheard(TRAVELER, "ok")
    reconcile_inbound(story.service)
    first = select(func.min(INBOX.c.inbox_id)).where(INBOX.c.handled_at.is_(None)).scalar_subquery()
    story.service.run(
        lambda conn: conn.execute(update(INBOX).where(INBOX.c.inbox_id == first).values(sealed=b"?" * 60))
    )
    story.is_down = False
    story.run()
    assert [result for result in results(story) if result and result.startswith("error:")] == ["error:SealBroken"]
    story.operator.expect("could not be handled")
    story.traveler.expect("Thank you. Next check-in")


def test_another_workers_row_is_never_set_aside_for_ours(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    family(story)
    story.advance_to("2026-12-01T19:45+03:00")
    story.traveler.read_all()
    story.is_down = True
    story.twilio.text_unheard(story.mother.number, "hello")
    reconcile_inbound(story.service)
    story.twilio.text_unheard(TRAVELER, "ok")
    reconcile_inbound(story.service)
    first = select(func.min(INBOX.c.inbox_id)).where(INBOX.c.handled_at.is_(None)).scalar_subquery()
    story.service.run(
        lambda conn: conn.execute(update(INBOX).where(INBOX.c.inbox_id == first).values(sealed=b"?" * 60))
    )
    set_aside = reading._set_aside

    def beaten(service: Any, unreadable: Any, conn: Any) -> int:
        # Another worker has set it aside before us; hers is the next unread row.
        values = {"handled_at": story.now, "result": "error:SealBroken"}
        conn.execute(update(INBOX).where(INBOX.c.inbox_id == unreadable.inbox_id).values(**values))
        return set_aside(service, unreadable, conn)

    monkeypatch.setattr(reading, "_set_aside", beaten)
    story.is_down = False
    story.run()
    story.traveler.expect("Thank you. Next check-in")


def test_reading_ends_after_its_batch_when_the_process_is_to_end(story: Story) -> None:
    family(story)
    story.is_down = True
    for text in ("ok", "hello", "ok"):
        story.twilio.text_unheard(TRAVELER, text)
    reconcile_inbound(story.service)
    stopping = story.service.wake.stopping

    def clock() -> datetime:
        stopping.set()
        return story.now

    assert read_inbox(replace(story.service, clock=clock)) == 1, "what one number sent is read one by one"
    assert read_inbox(story.service) == 0, "nothing is begun any more"
    stopping.clear()
    assert read_inbox(story.service) == 2


def test_an_unclear_text_outlives_the_key_of_its_day(story: Story) -> None:
    family(story)
    story.traveler.text("tell Mother the red bag is at Leyla's")
    query = select(INBOX.c.sealed).where(INBOX.c.result == "ambiguous", INBOX.c.sealed != b"")
    [sealed] = story.service.read(lambda conn: conn.execute(query).scalars().all())
    story.now = story.now.replace(day=20)
    keys = open_keyring(story.service.db, [SECRET], story.now)
    story.service.run(lambda conn: keys.erase_service_keys(conn, story.now))
    opened = story.service.read(lambda conn: keys.open(conn, b"inbox", sealed))
    assert json.loads(opened) == {"text": "tell Mother the red bag is at Leyla's", "from": None}
