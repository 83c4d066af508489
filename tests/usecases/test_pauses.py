"""How long a message that was refused for now waits before it is tried again."""

from datetime import timedelta

from service.usecases.settle import LONGEST_PAUSE, LONGEST_URGENT_PAUSE, pause_after


def test_pauses_double_and_end_and_never_come_together() -> None:
    """Messages that failed together must not all come back at the same moment."""
    for attempts, longest in ((0, 5), (1, 10), (3, 40), (6, 320), (7, 600), (10**6, 600)):
        pauses = [pause_after(attempts, "reminder") for _ in range(50)]
        assert max(pauses) <= timedelta(seconds=longest)
        assert min(pauses) >= timedelta(seconds=longest) / 2
        assert len(set(pauses)) > 10
    assert max(pause_after(50, "alert") for _ in range(50)) <= LONGEST_URGENT_PAUSE < LONGEST_PAUSE
