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
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

GATHER_SECONDS = 0.1
"""How long a line may wait for others."""
QUIET = ("twilio", "httpx", "urllib3", "uvicorn.access", "apscheduler")
"""Libraries whose chatter holds numbers and links, or tells of every tick."""


def set_up_logging(level: str) -> None:
    """JSON lines to standard error: ours from `level` on, those of libraries from WARNING on.

    What commands answer goes to standard output, and a backup too.
    """
    global _lines
    chosen = logging.getLevelName(level.upper())
    lines = _lines = _Lines(sys.stderr)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _ProcessName(),
            _without_words,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(chosen if isinstance(chosen, int) else logging.INFO),
        logger_factory=lambda *_: lines,
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


@contextmanager
def gathered() -> Iterator[None]:
    """Let a thread of its own write the lines, many at once, until the end; for a process that works for long.

    Killed here: the lines of the last moment are lost. What happened stands in the database.
    """
    lines = _lines
    if lines is None:
        yield
        return
    lines.gather()
    try:
        yield
    finally:
        lines.write_alone()


def process_name() -> str:
    """Which process this is, among those of an installation: its machine (or container) and its number there."""
    return f"{socket.gethostname()}:{os.getpid()}"


class _Lines:
    """Writes lines in the order in which they come.

    A thread that writes gives up Python's lock and waits for it, and 32 senders that wait for one another to write
    their lines did little else: so they leave that to somebody who has the time.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: SimpleQueue[str] = SimpleQueue()
        self._writing = threading.Lock()
        self._ends = threading.Event()
        self._writer: threading.Thread | None = None

    def msg(self, line: str) -> None:
        self._waiting.put(line)
        if self._writer is None:
            self._write_all()

    log = debug = info = warn = warning = error = critical = fatal = exception = msg

    def gather(self) -> None:
        self._ends.clear()
        self._writer = threading.Thread(target=self._write_often, name="log", daemon=True)
        self._writer.start()

    def write_alone(self) -> None:
        writer, self._writer = self._writer, None
        self._ends.set()
        if writer is not None:
            writer.join()
        self._write_all()

    def _write_often(self) -> None:
        while not self._ends.wait(GATHER_SECONDS):
            self._write_all()

    def _write_all(self) -> None:
        with self._writing, suppress(OSError, ValueError):
            # To whom should it be said that nobody reads what we say?
            lines = [self._waiting.get_nowait() for _ in range(self._waiting.qsize())]
            if lines:
                self._stream.write("".join(f"{line}\n" for line in lines))
                self._stream.flush()


_lines: _Lines | None = None


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
        if record.args and isinstance(record.msg, str) and record.msg:
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
