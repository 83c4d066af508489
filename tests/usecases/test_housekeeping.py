"""What nobody can use any more is forgotten, and what only waits for its day is not counted as late."""

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import delete, insert, select

from service.db.routing import Link
from service.db.state import STATE
from service.db.stored import table_of
from service.usecases.housekeeping import keep_house
from service.usecases.observe import observe
from service.usecases.proof import read_proof
from service.usecases.register import TOKENS_LIVE
from service.usecases.retention import kept_for
from tests.scenarios.story import open_story
from tests.web.api_world import TRIP, World
from tests.web.form_world import forms_once as world

__all__ = ["world"]

LINKS = table_of(Link)


def kinds(world: World) -> list[str]:
    return sorted(world.service.read(lambda conn: conn.execute(select(LINKS.c.kind)).scalars().all()))


def depth(world: World) -> float:
    return next(value for name, _, value in observe(world.service).plain if name == "amanba_outbox_depth")


def test_a_session_and_a_page_that_have_ended_are_forgotten_after_a_while(world: World) -> None:
    world.sign_in()
    world.armed()
    ends = {
        "traveler_id": uuid4(),
        "created_at": world.now,
        "used": 0,
        "expires_at": world.now + TOKENS_LIVE["session"],
    }
    rows = [{**ends, "kind": kind, "token_hash": kind.encode()} for kind in ("session", "rehearsal")]
    world.service.run(lambda conn: conn.execute(insert(LINKS), rows))
    world.times[0] += TOKENS_LIVE["session"] + kept_for("session or page") - timedelta(seconds=1)
    keep_house(world.service)
    assert kinds(world) == ["api", "check_in", "invitation", "invitation", "rehearsal", "session"]
    world.wait(seconds=1)
    world.service.wake.stopping.set()
    keep_house(world.service)
    assert "session" in kinds(world), "a process that ends begins nothing that can wait"
    world.service.wake.stopping.clear()
    keep_house(world.service)
    assert kinds(world) == ["api", "check_in", "invitation", "invitation"], (
        "who is asked has her page as long as the trip runs"
    )


def test_a_text_for_a_later_day_is_no_backlog(world: World) -> None:
    world.armed(destination={**TRIP["destination"], "address": ""}, later=["destination.address"])
    before = depth(world)
    world.wait(days=2)
    assert depth(world) == before + 1


def test_before_a_provider_was_ever_read_nobody_is_taken_to_be_silent(sqlite_url: str) -> None:
    with open_story(sqlite_url) as story:
        assert story.service.read(lambda conn: read_proof(conn, story.service, story.service.clock())).read_until
        story.service.run(lambda conn: conn.execute(delete(STATE).where(STATE.c.name.startswith("watermark:"))))
        keep_house(story.service)
