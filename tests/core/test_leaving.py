"""A person leaves the trip while its alarm is open: nothing of hers stands any more."""

from datetime import timedelta

from service.core.alarm import AlarmKind, Taken, acknowledge, close_by, heard_safe, open_alarm, without
from service.core.ladder import AlarmFacts, Person, default_ladder, step_alarm
from tests.core.model import MINUTE, utc

OPENED = utc("2026-12-01 21:00")
ALL = frozenset({"mother", "fund", "aunt"})


def test_her_hold_ends_and_the_next_is_told_at_once() -> None:
    mother, brother = Person("mother"), Person("brother")
    family = (mother, brother)
    told = step_alarm(open_alarm(AlarmKind.MISSED, OPENED), default_ladder(family), AlarmFacts(family), OPENED).alarm
    held, taken = acknowledge(told, "mother", OPENED + MINUTE)
    assert taken is Taken.HELD
    left = without(held, "mother", OPENED + 2 * MINUTE)
    # The usual order follows: without her its first step is her brother, who has heard nothing yet.
    after = step_alarm(left, default_ladder((brother,)), AlarmFacts((brother,)), OPENED + 2 * MINUTE)
    assert [tell.person for tell in after.tells] == ["brother"]


def test_her_word_for_an_end_counts_no_more() -> None:
    asked = close_by(open_alarm(AlarmKind.DURESS, OPENED), "mother", ALL, OPENED)
    left = without(asked, "mother", OPENED + MINUTE)
    assert close_by(left, "fund", ALL - {"mother"}, OPENED + 2 * MINUTE).is_open
    assert not close_by(asked, "fund", ALL, OPENED + 2 * MINUTE).is_open


def test_what_is_closed_stays_as_it_is() -> None:
    closed = heard_safe(open_alarm(AlarmKind.MISSED, OPENED), "mother", OPENED)
    assert without(closed, "mother", OPENED + timedelta(hours=1)) == closed
