"""What a long-running process tells Python's threads and garbage collector, and the C library."""

import ctypes
import gc
import sys

YOUNG = 20_000
"""Objects made before the youngest are looked through: a batch makes tens of thousands that all live until its end."""
ARENAS = 2
"""Heaps that all threads share. glibc gives each thread one of its own, and keeps in it what the thread let go of."""
_M_ARENA_MAX = -8
TURN_SECONDS = 0.0005
"""How often a thread that computes lets others go on."""


def settle() -> None:
    """What has been loaded by now stays; only what comes after it is looked through, and less often.

    To go through all of it again and again took a fifth of a sweep's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.mallopt(_M_ARENA_MAX, ARENAS)
    give_back()


def give_back() -> None:
    """Let the system have what nobody uses any more, where the C library can do that (glibc): after a start some 5 MiB,
    after a burst more."""
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)


def take_short_turns() -> None:
    """Where many threads send while one writes texts: with Python's own 5 ms all of them waited for that one, and a
    tenth less was sent. What only answers people is better off without."""
    sys.setswitchinterval(TURN_SECONDS)
