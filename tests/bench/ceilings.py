"""What the machine lets anybody do, measured in the same run: nothing of ours can be faster than these.

`endpoint`: an endpoint of FastAPI that does nothing, in two processes, pressed as check-ins are. `commits`: one row a
commit by the database's own driver, from eight connections (one on SQLite). `sender`: texts handed to the local sink
over kept connections by sixteen threads that do nothing else.
"""

from __future__ import annotations

import http.client
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from time import monotonic, perf_counter
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
from fastapi import FastAPI, Response
from sqlalchemy import make_url

from tests.bench import sink
from tests.bench.check_in_load import Load
from tests.bench.check_ins import pressing
from tests.bench.figures import Figure
from tests.bench.ground import ROOT, ground

CONNECTIONS = 32
COMMITTERS = 8
SENDERS = 16
START_SECONDS = 30.0

app = FastAPI(openapi_url=None)


@app.post("/c/{token}")
async def nothing(token: str) -> Response:
    """An answer without work."""
    return Response(b"ok")


def measure(engine: str = "postgresql", *, seconds: float = 5.0, rounds: int = 3) -> list[Figure]:
    """The ceilings of this engine; those that have nothing to do with a database are named with PostgreSQL's."""
    figures = [Figure("commits", engine, "/s", tuple(_commits(engine, seconds) for _ in range(rounds)))]
    if engine == "postgresql":
        figures.append(Figure("endpoint", engine, "/s", tuple(_endpoint(seconds, rounds)), note="2 processes"))
        figures.append(Figure("sender", engine, "/s", tuple(_sender(seconds) for _ in range(rounds))))
    return figures


def _endpoint(seconds: float, rounds: int) -> Iterator[float]:
    with _served() as first, _served() as second:
        load = Load([first, second], ["token"] * CONNECTIONS, CONNECTIONS, uuid4().hex)
        with pressing(load) as press:
            press(1.0)
            for _ in range(rounds):
                done = press(seconds)
                yield done.kept / done.seconds


@contextmanager
def _served() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    arguments = ["tests.bench.ceilings:app", "--port", str(port), "--no-access-log", "--log-level", "error"]
    with subprocess.Popen([sys.executable, "-m", "uvicorn", *arguments], cwd=ROOT) as process:
        try:
            _wait_for(port)
            yield port
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    ends, pause = monotonic() + START_SECONDS, threading.Event()
    while monotonic() < ends:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            pause.wait(0.05)
        else:
            return
    raise RuntimeError("the endpoint did not start")


def _commits(engine: str, seconds: float) -> float:
    with ground(engine) as place:
        if engine == "sqlite":
            return _sqlite_commits(place.url.removeprefix("sqlite:///"), seconds)
        url = make_url(place.url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE ceiling (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at text)")

        def committer() -> Callable[[], None]:
            connection = psycopg.connect(url, autocommit=True, prepare_threshold=0)

            def commit() -> None:
                connection.execute("INSERT INTO ceiling (at) VALUES (%s)", ("now",))

            return commit

        return _together(COMMITTERS, committer, seconds)


def _sqlite_commits(path: str, seconds: float) -> float:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE ceiling (id integer PRIMARY KEY, at text)")
        count, began = 0, perf_counter()
        while perf_counter() < began + seconds:
            connection.execute("INSERT INTO ceiling (at) VALUES (?)", ("now",))
            count += 1
        return count / (perf_counter() - began)


def _sender(seconds: float) -> float:
    with sink.running() as provider:
        parts = urlsplit(provider.url)
        body = "To=%2B77010000000&From=%2B48732000000&Body=" + "A" * 300
        path = f"/2010-04-01/Accounts/AC{'0' * 32}/Messages.json"

        def sender() -> Callable[[], None]:
            connection = http.client.HTTPConnection(parts.netloc)
            connection.connect()
            assert connection.sock is not None
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def send() -> None:
                connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
                connection.getresponse().read()

            return send

        return _together(SENDERS, sender, seconds)


def _together(count: int, make: Callable[[], Callable[[], None]], seconds: float) -> float:
    """How often in a second so many threads together do what each of them has been given."""
    done = [0] * count
    acts = [make() for _ in range(count)]
    ends = perf_counter() + seconds

    def work(number: int) -> None:
        while perf_counter() < ends:
            acts[number]()
            done[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    began = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (perf_counter() - began)
