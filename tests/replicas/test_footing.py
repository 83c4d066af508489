"""An engine whose clock or version is not right claims nothing, says why, and goes on when it stands again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from service.clock import utc_now
from service.db.engine import make_engine
from service.db.errors import StorageUnavailable
from service.db.schema import HEAD
from service.edges import Act
from service.usecases import footing
from service.usecases.context import Service
from service.usecases.footing import CLAIMS, NOT_LOOKED_YET, MustNotClaim
from tests.replicas.engines import Clock, make_service

OF_PEOPLE = {Act.ACCEPT, Act.REPORT, Act.INVITE, Act.ARM, Act.REHEARSE}
KEPT = OF_PEOPLE | {Act.SETTLE, Act.RECOVER, Act.WATERMARK, Act.SET_ASIDE, Act.SET_TEXT_ASIDE, Act.COUNT, Act.PAGE}
"""What finishes something, or keeps what a person brings, or says what is wrong."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(postgresql_url: str, clock: Clock) -> Iterator[Service]:
    made = make_service(postgresql_url, clock=clock)
    yield made
    made.db.close()


def claims(service: Service) -> bool:
    """Whether this engine may begin something now."""
    try:
        service.run(lambda _: None, Act.SWEEP)
    except MustNotClaim:
        return False
    return True


def migrate_to(service: Service, revision: str) -> None:
    service.run(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision}))


def test_every_act_either_claims_or_finishes() -> None:
    """A new one has to be put with the first or with the second here and in the code."""
    assert set(Act) == CLAIMS | KEPT
    assert not CLAIMS & KEPT


@pytest.mark.parametrize(("off", "stands"), [(0, True), (4.5, True), (-4.5, True), (6, False), (-6, False)])
def test_an_engine_stands_by_its_clock(service: Service, clock: Clock, off: float, stands: bool) -> None:
    clock.ahead = timedelta(seconds=off)
    service.footing.guard(service.db, service.clock)
    assert claims(service) is stands
    assert service.footing.ahead_seconds == pytest.approx(off, abs=0.4)


def test_what_came_in_is_kept_and_what_was_begun_is_finished_by_any_clock(service: Service, clock: Clock) -> None:
    clock.ahead = timedelta(days=1)
    service.footing.guard(service.db, service.clock)
    for act in CLAIMS:
        with pytest.raises(MustNotClaim, match="clock_skew"):
            service.run(lambda _: None, act)
    for act in KEPT:
        service.run(lambda _: None, act)


def test_it_says_so_once_and_again_when_it_is_over(service: Service, clock: Clock) -> None:
    with capture_logs() as lines:
        for ahead in (0, -60, -61, 0, 0):
            clock.ahead = timedelta(seconds=ahead)
            service.footing.guard(service.db, service.clock)
    said = [(line["event"], line["log_level"]) for line in lines]
    assert said == [("clock_skew", "error"), ("footing_regained", "info")]
    assert lines[0]["ahead_seconds"] == pytest.approx(-60, abs=0.4)


def test_a_slow_answer_is_no_wrong_clock(service: Service, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """What took 20 s may have been stamped anywhere within them."""
    times = iter([0.0, 20.0])
    monkeypatch.setattr(footing, "monotonic", lambda: next(times, 20.0))
    ground = footing.look(service.db, service.clock)
    assert ground.ahead == pytest.approx(timedelta(seconds=10), abs=timedelta(seconds=0.4))
    assert not ground.clock_is_off(footing.OFF_AT_MOST)


@pytest.mark.parametrize("step", [timedelta(hours=1), -timedelta(hours=1), timedelta(days=1), -timedelta(days=1)])
def test_a_clock_that_was_set_is_noticed_before_the_next_claim(service: Service, clock: Clock, step: timedelta) -> None:
    """Not at the next look, seconds later: a second is enough for an alarm."""
    service.footing.guard(service.db, service.clock)
    assert claims(service)
    clock.ahead = step
    assert not claims(service)
    clock.ahead = timedelta(0)
    assert claims(service)


def test_nothing_is_claimed_before_a_look_has_succeeded(service: Service) -> None:
    away = make_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    with pytest.raises(StorageUnavailable):
        service.footing.guard(away, service.clock)
    assert service.footing.lost == NOT_LOOKED_YET
    with pytest.raises(StorageUnavailable):
        replace(service, db=away).run(lambda _: None, Act.CLAIM)
    assert claims(service)
    # Afterwards a database that is away changes nothing of what is known.
    with pytest.raises(StorageUnavailable):
        service.footing.guard(away, service.clock)
    assert claims(service)
    away.close()


def test_without_an_engine_nobody_is_kept_from_anything(service: Service, clock: Clock) -> None:
    clock.ahead = timedelta(days=1)
    service.footing.look_again(service.db, service.clock)
    assert claims(service)


@pytest.fixture
def on_any(database_url: str) -> Iterator[Service]:
    made = make_service(database_url)
    yield made
    made.db.close()


def test_an_older_engine_leaves_a_newer_schema_to_its_successor(on_any: Service) -> None:
    on_any.footing.guard(on_any.db, on_any.clock)
    migrate_to(on_any, f"{int(HEAD) + 1:04}")
    with capture_logs() as lines:
        on_any.footing.guard(on_any.db, on_any.clock)
    assert not claims(on_any)
    assert [(line["event"], line["schema"], line["known"]) for line in lines] == [
        ("newer_schema", f"{int(HEAD) + 1:04}", HEAD)
    ]


def test_a_file_has_no_clock_of_its_own(sqlite_url: str) -> None:
    """Nothing tells it that this one is wrong; that she is asked again before anybody is told must do."""
    service = make_service(sqlite_url, clock=lambda: utc_now() + timedelta(days=1))
    service.footing.guard(service.db, service.clock)
    assert claims(service)
    service.db.close()
