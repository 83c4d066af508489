"""A flood of texts from unknown numbers: whoever is known is read within seconds, and strangers cost next to nothing.

`make soak` sends 100,000.
"""

from __future__ import annotations

import os
import resource
from datetime import timedelta

from sqlalchemy import func, insert, select

from service import edges
from service.clock import monotonic
from service.db import tables
from service.db.routing import Inbox
from service.db.stored import table_of
from service.edges import Act
from service.usecases.accept import Inbound, accept_all
from service.usecases.read_inbox import read_inbox
from service.usecases.reconcile_inbound import reconcile_inbound
from service.usecases.sweep import sweep
from tests.scenarios.story import TRAVELER, Story, family

FLOOD = int(os.environ.get("TEST_FLOOD", "3000"))
TOGETHER = 500
INBOX, OUTBOX, ALARMS = table_of(Inbox), table_of(tables.Outbox), table_of(tables.Alarm)


def flood(story: Story, count: int, prefix: str) -> None:
    """Texts of as many strangers."""
    keys = story.service.keys
    for start in range(0, count, TOGETHER):
        numbers = [f"+1555{prefix}{number:07}" for number in range(start, min(start + TOGETHER, count))]
        texts = [Inbound("twilio_sms", number, keys.phone_hash(number), "ok", address=number) for number in numbers]
        accept_all(story.service, texts)


def unread(story: Story) -> int:
    query = select(func.count()).select_from(INBOX).where(INBOX.c.handled_at.is_(None))
    return int(story.service.read(lambda conn: conn.execute(query).scalar_one()))


def test_an_ok_in_the_middle_is_read_at_once_and_no_stranger_is_answered(story: Story) -> None:
    """T48: thousands of unknown numbers get no reply."""
    family(story)
    story.advance_to("2026-12-01T19:31+03:00")
    story.traveler.read_all()
    sent = len(story.twilio.sent)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = monotonic()
    flood(story, FLOOD // 2, "1")
    hers = Inbound("twilio_sms", "hers", story.service.keys.phone_hash(TRAVELER), "ok", address=TRAVELER)
    accept_all(story.service, [hers])
    flood(story, FLOOD // 2, "2")
    accepted = monotonic()
    read_hers_after: list[int] = []
    reads = 0

    def look(point: str) -> None:
        nonlocal reads
        if point == Act.READ.after:
            reads += 1
            query = select(INBOX.c.result).where(INBOX.c.provider_id == "hers")
            if not read_hers_after and story.service.read(lambda conn: conn.execute(query).scalar_one()):
                read_hers_after.append(reads)

    edges.watch(look)
    try:
        assert read_inbox(story.service) == FLOOD + 1
    finally:
        edges.watch(None)
    finished = monotonic()
    print(f"{story.service.db.dialect}: {FLOOD / (accepted - began):.0f}/s kept, {FLOOD / (finished - accepted):.0f}/s")
    # A hundred in turn, then strangers by five thousand, then hers.
    assert read_hers_after[0] <= 3 + FLOOD // 5000
    assert unread(story) == 0
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024
    assert grown < 100, f"{grown:.0f} MiB more"
    story.run()
    story.traveler.expect("Thank you")
    assert len(story.twilio.sent) == sent + 1


def test_no_alarm_waits_for_strangers(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T20:59:30+03:00")
    story.now += timedelta(seconds=45)
    reconcile_inbound(story.service)
    flood(story, 200, "3")
    assert unread(story) == 200
    sweep(story.service)
    assert story.service.read(lambda conn: conn.execute(select(ALARMS.c.kind)).scalars().all()) == ["missed"]


def test_one_that_cannot_be_opened_keeps_no_other_waiting(story: Story) -> None:
    flood(story, 150, "6")
    now = story.service.clock()
    broken = {"source": "twilio_sms", "provider_id": "broken", "sender": b"nobody", "sealed": b"?" * 60}
    story.service.run(lambda conn: conn.execute(insert(INBOX).values(**broken, occurred_at=now, received_at=now)))
    flood(story, 150, "7")
    assert read_inbox(story.service) == 301
    assert unread(story) == 0
    result = select(INBOX.c.result).where(INBOX.c.provider_id == "broken")
    assert story.service.read(lambda conn: conn.execute(result).scalar_one()) == "error:SealBroken"


def test_her_word_from_a_strange_phone_is_not_set_aside_with_the_strangers(story: Story) -> None:
    """T50: she names her lost phone's number in the middle of the flood, and a word of duress."""
    family(story, words=True)
    flood(story, 150, "4")
    text, other = f"{TRAVELER} heavy rain", "+77015556677"
    strange = Inbound("twilio_sms", "strange", story.service.keys.phone_hash(other), text, address=other)
    accept_all(story.service, [strange])
    flood(story, 150, "5")
    assert read_inbox(story.service) == 301
    story.run()
    story.mother.expect("Do NOT call or text Aizhan")
