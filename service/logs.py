"""Structured lines with ids; never a number, name, word or text.

An error's message may quote what somebody wrote, and so may what a library says: of an error only its kind and its
places in the code are logged, of a library's line only its template. Each line names the process that wrote it.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import structlog
from structlog.typing import EventDict, WrappedLogger

QUIET = ("twilio", "httpx", "urllib3", "uvicorn.access", "apscheduler")
"""Libraries whose chatter holds numbers and links, or tells of every tick."""


def set_up_logging(level: str) -> None:
    """JSON lines to standard error: ours from `level` on, those of libraries from WARNING on.

    What commands answer goes to standard output, and a backup too.
    """
    chosen = logging.getLevelName(level.upper())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _ProcessName(),
            _without_words,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(chosen if isinstance(chosen, int) else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    plain = logging.StreamHandler()
    plain.setFormatter(_Template())
    logging.basicConfig(handlers=[plain], level=logging.WARNING, force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # Python's own words about a line that could not be written repeat what it was to be filled with.
    logging.raiseExceptions = False
    threading.excepthook = _thread_ended


def process_name() -> str:
    """Which process this is, among those of an installation: its machine (or container) and its number there."""
    return f"{socket.gethostname()}:{os.getpid()}"


class _ProcessName:
    def __init__(self) -> None:
        self._name = process_name()

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["process"] = self._name
        return event


class _Template(logging.Formatter):
    """A library's line: where it comes from and its words without what they were filled with; errors as we log ours."""

    def __init__(self) -> None:
        super().__init__()
        self._process = process_name()

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "event": "library",
            "logger": record.name,
            "place": f"{record.filename}:{record.lineno} {record.funcName}",
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "process": self._process,
        }
        # Without arguments it may be filled already, and nobody can tell with what.
        if record.args and isinstance(record.msg, str):
            line["template"] = record.msg.splitlines()[0]
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = list(_places(record.exc_info[1]))
        return json.dumps(line, ensure_ascii=False)


def _without_words(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given else None
    if error is not None:
        event["error"] = list(_places(error))
    return event


def _thread_ended(args: threading.ExceptHookArgs) -> None:
    """What Python itself would print, with the error's message."""
    if args.exc_value is not None and args.exc_type is not SystemExit:
        name = args.thread.name if args.thread is not None else ""
        structlog.get_logger().error("thread_ended", thread=name, exc_info=args.exc_value)


def _places(error: BaseException) -> Iterator[str]:
    """An error's kind and where it passed, the cause first; never its message."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _places(before)
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _places(one)
    yield f"{type(error).__module__}.{type(error).__qualname__}"
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        yield f"  {Path(code.co_filename).name}:{step.tb_lineno} {code.co_name}"
        step = step.tb_next
