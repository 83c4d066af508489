"""Limits lock softly, count together or not at all, and forget by whom after a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import select

from service.db.trips import TripKey
from service.usecases import codes, contacts, passphrase, try_passphrase
from service.usecases.housekeeping import keep_house
from service.usecases.limits import LONGEST, TRIES, Counted, Limit, Spent, count, count_all, spent
from service.usecases.passphrase import passphrase_fits
from service.usecases.problems import StorageUnavailable
from service.usecases.try_passphrase import passphrase_opens
from tests.usecases.test_at_once import at_once
from tests.web.api_world import World, world
from tests.web.form_world import FormWorld, forms_once

__all__ = ["forms_once", "world"]

TWO_AN_HOUR = Limit("two", 2, timedelta(hours=1))
FIVE_A_DAY = Limit("five", 5, timedelta(days=1))
VISITOR = "203.0.113.9"


def counted(world: World, *wanted: Counted) -> Spent | None:
    return world.service.run(lambda conn: count_all(world.service, conn, world.now, wanted))


def test_a_limit_counts_from_the_first_and_ends_by_itself(world: World) -> None:
    by_her, by_him = TWO_AN_HOUR.by("her"), TWO_AN_HOUR.by("him")
    assert counted(world, by_her) is None
    world.wait(minutes=30)
    assert counted(world, by_her) is None
    assert counted(world, by_her) == Spent(TWO_AN_HOUR, timedelta(minutes=30))
    assert world.service.read(lambda conn: spent(world.service, conn, world.now, by_her)) is not None
    assert counted(world, by_him) is None, "nobody is counted for another"
    world.wait(minutes=30)
    assert world.service.read(lambda conn: spent(world.service, conn, world.now, by_her)) is None
    assert counted(world, by_her) is None


def test_with_one_spent_none_is_counted(world: World) -> None:
    """Whoever asks again and again within a minute does not use up the day."""
    wanted = (FIVE_A_DAY.by("her"), TWO_AN_HOUR.by("her"))
    assert [counted(world, *wanted) for _ in range(2)] == [None, None]
    assert [counted(world, *wanted) for _ in range(9)] == [Spent(TWO_AN_HOUR, timedelta(hours=1))] * 9
    more = world.service.run(lambda conn: count(world.service, conn, world.now, FIVE_A_DAY.by("her")))
    assert more == 3


def test_of_many_at_once_no_more_pass_than_may(world: World) -> None:
    wanted = (FIVE_A_DAY.by("her"), TWO_AN_HOUR.by("him"), Limit("three", 3, LONGEST).by("all"))
    backwards = tuple(reversed(wanted))
    outcomes = at_once([lambda: counted(world, *wanted), lambda: counted(world, *backwards)] * 4)
    assert outcomes.count(None) == 2


def test_nobodys_address_is_stored_and_nothing_stays_for_more_than_a_day(forms_once: FormWorld) -> None:
    assert counted(forms_once, TWO_AN_HOUR.by(VISITOR)) is None
    every = select(TRIES)
    [row] = forms_once.service.read(lambda conn: conn.execute(every).all())
    assert len(row.subject) == 32
    assert VISITOR not in repr(row)
    forms_once.wait(hours=23, minutes=59)
    keep_house(forms_once.service)
    assert len(forms_once.service.read(lambda conn: conn.execute(every).all())) == 1
    forms_once.wait(minutes=1)
    keep_house(forms_once.service)
    assert forms_once.service.read(lambda conn: conn.execute(every).all()) == []


def test_no_limit_counts_for_longer_than_its_count_is_kept() -> None:
    known = [*codes.TO_A_NAME, *_limits_in(codes), *_limits_in(contacts), *_limits_in(try_passphrase)]
    assert len(known) == 7
    assert all(limit.within <= LONGEST for limit in known)
    assert len({limit.name for limit in known}) == len(known)


def _limits_in(module: object) -> Iterator[Limit]:
    yield from (one for one in vars(module).values() if isinstance(one, Limit))


class TestPassphrase:
    """A passphrase that costs nothing to try, so that many can be tried here."""

    @pytest.fixture
    def stored(self) -> str:
        return Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1).hash("apples in the old garden")

    def test_twenty_wrong_ones_in_a_day_are_the_last(self, forms_once: FormWorld, stored: str) -> None:
        service, key = forms_once.service, TripKey(uuid4(), uuid4())
        for _ in range(4):
            assert [passphrase_opens(service, key, "wrong", stored) for _ in range(8)] == [False] * 8
            assert not passphrase_opens(service, key, "apples in the old garden", stored)
            forms_once.wait(minutes=15)
        assert not passphrase_opens(service, key, "apples in the old garden", stored)
        assert passphrase_opens(service, TripKey(uuid4(), key.trip_id), "apples in the old garden", stored)
        forms_once.wait(hours=23)
        assert passphrase_opens(service, key, "apples in the old garden", stored)

    def test_whoever_sends_many_at_once_takes_eight_threads_and_no_more(self, stored: str) -> None:
        """Her own button needs one of the same forty."""
        taken = 0
        try:
            while passphrase._IN_LINE.acquire(blocking=False):
                taken += 1
            with pytest.raises(StorageUnavailable):
                passphrase_fits("apples in the old garden", stored)
        finally:
            for _ in range(taken):
                passphrase._IN_LINE.release()
        assert taken == 8
        assert passphrase_fits("apples in the old garden", stored)
