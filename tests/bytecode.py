"""Several processes that begin without bytecode share the compiling: each begins elsewhere, and finds the rest done.

All of them import the same modules in the same order at the same time, and without this each would compile them all:
on a machine that has just cloned the repository that is a minute of a processor.
"""

from __future__ import annotations

import importlib
import importlib.util
import py_compile
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]


def compile_together(args: Sequence[str], number: int, processes: int) -> None:
    """What process `number` of `processes` does before it collects `args`, as `pytest` was given them."""
    if sys.dont_write_bytecode:
        return
    product = sorted(path for folder in ("service", "notifiers") for path in (ROOT / folder).rglob("*.py"))
    for path in product[number::processes]:
        if _is_stale(path):
            # What cannot be compiled is for the tests to say.
            with suppress(OSError):
                py_compile.compile(str(path))
    tests = sorted(_tests_of(args))
    first = len(tests) * number // processes
    for path in tests[first:] + tests[:first]:
        # Whatever is wrong with a module is wrong when it is collected, and is said there.
        with suppress(BaseException):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def _is_stale(path: Path) -> bool:
    compiled = Path(importlib.util.cache_from_source(str(path)))
    return not compiled.exists() or compiled.stat().st_mtime < path.stat().st_mtime


def _tests_of(args: Sequence[str]) -> Iterator[Path]:
    for arg in args:
        path = (ROOT / arg.split("::")[0]).resolve()
        yield from path.rglob("test_*.py") if path.is_dir() else [path]
