"""PostgreSQL is stopped at once while an alarm goes out, stays away for a minute, and comes back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from service.db import tables
from service.db.migrate import upgrade
from service.db.stored import table_of
from service.usecases.apply_changes import apply_due
from service.usecases.dispatch import dispatch
from service.usecases.housekeeping import keep_house
from service.usecases.problems import StorageUnavailable
from service.usecases.read_inbox import read_inbox
from service.usecases.reconcile_inbound import reconcile_inbound
from service.usecases.recover import recover
from service.usecases.sweep import sweep
from service.worker import _Job
from tests.crash.postgres import durable_postgres
from tests.mock_twilio import Text, sign
from tests.scenarios.story import MOTHER, Story, family, open_story

OUTBOX = table_of(tables.Outbox)
SMS = "/hooks/twilio/sms"


def run_all_jobs(story: Story) -> None:
    """As the worker does, which must survive each of them."""
    service = story.service
    for act in (
        lambda: reconcile_inbound(service),
        lambda: read_inbox(service),
        lambda: apply_due(service, service.clock()),
        lambda: sweep(service),
        lambda: dispatch(service, story.pool),
        lambda: recover(service),
        lambda: keep_house(service),
    ):
        _Job("job", act).run()


def test_away_for_a_minute_nothing_is_lost_or_told_twice() -> None:
    with durable_postgres() as server:
        upgrade(server.url)
        with open_story(server.url) as story:
            family(story)
            story.advance_to("2026-12-01T20:59:30+03:00")
            stopped: list[str] = []

            def stop(text: Text) -> None:
                # The provider has the first alert; the answer comes, and there is nowhere to write it down.
                if text.to == MOTHER and not stopped:
                    stopped.append(text.sid)
                    server.stop_at_once()

            story.twilio.on_accept = stop
            with pytest.raises(StorageUnavailable):
                story.advance(minutes=1, seconds=15)
            assert stopped
            sent = len(story.twilio.sent)

            page = story.client.post(story.check_in_url, data={"nonce": "n", "text": "ok"})
            assert page.status_code == 503
            assert "again" in page.text, "she is asked to press again"
            story.twilio.text_unheard(MOTHER, "1")
            form = {"MessageSid": "SM" + "5" * 32, "From": MOTHER, "To": story.twilio.number, "Body": "1"}
            signed = {"X-Twilio-Signature": sign(story.twilio.auth_token, f"{story.service.public_url}{SMS}", form)}
            answer = story.client.post(SMS, data=form, headers=signed)
            assert answer.status_code == 503, "the provider must not believe that we have it"
            assert story.client.get("/readyz").status_code == 503
            for _ in range(2):
                run_all_jobs(story)
                story.now = story.now.replace(second=0)
            assert len(story.twilio.sent) == sent

            server.start()
            # The pool's connections are of the server that is gone.
            story.advance(minutes=4)
            assert len([text for text in story.twilio.sent if text.to == MOTHER and "Lotus" in text.body]) == 1
            story.mother.expect("You have it until")
            assert story.client.post(story.check_in_url, data={"nonce": "n", "text": "ok"}).status_code == 200
            story.run()
            story.mother.expect("has answered")
            by_now = select(OUTBOX.c.state).where(OUTBOX.c.available_at <= story.now)
            left = story.service.read(lambda conn: conn.execute(by_now).scalars().all())
            assert not {"pending", "sending"} & set(left)
            texts = [(text.to, text.body) for text in story.twilio.sent]
            assert len(texts) == len(set(texts))
