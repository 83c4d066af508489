"""News of a message comes repeated and out of order; what is known never gets less."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from notifiers.base import DeliveryState as S


def test_callbacks_in_any_order_end_in_the_same_place() -> None:
    for order in permutations([S.QUEUED, S.SENDING, S.SENT, S.DELIVERED]):
        state = S.QUEUED
        for news in order:
            state = state.advance(news)
        assert state is S.DELIVERED


def test_sent_after_undelivered_is_old_news() -> None:
    assert S.UNDELIVERED.advance(S.SENT) is S.UNDELIVERED
    assert S.DELIVERED.advance(S.UNDELIVERED) is S.DELIVERED
    assert S.DELIVERED.advance(S.READ) is S.READ


def test_sent_is_not_final_and_not_reached() -> None:
    assert [state for state in S if state.is_final] == [S.DELIVERED, S.UNDELIVERED, S.FAILED, S.READ]
    assert [state for state in S if state.is_bad] == [S.UNDELIVERED, S.FAILED]


@given(st.sampled_from(S), st.lists(st.sampled_from(S)))
def test_a_rank_never_falls(state: S, news: list[S]) -> None:
    for one in news:
        later = state.advance(one)
        assert later.rank >= state.rank
        state = later
