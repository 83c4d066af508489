"""Engines that go from test to test, so that each statement is compiled once a process, as in one that serves.

SQLAlchemy keeps what it has compiled with the engine; an engine of its own costs a test a fifth of its time.
Only the engines go on: the database, its connections and their pool are each test's own.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import URL, Engine, event, make_url

from service.db.engine import Database, make_engine

_free: dict[URL, list[Database]] = defaultdict(list)


def database_at(url: str) -> Database:
    """As `make_engine(url)`, with engines that others have used; `close` ends all connections and lets them go on.

    End your threads before `close`: later they would meet another test's database.
    """
    there = make_url(url)
    alike = _free[there.set(database="")]
    free = alike.pop() if alike else _that_follow_their_url(url)
    for engine in (free.write, free.read):
        engine.url = there
    # Opens nothing, and what is opened alone goes by a URL that it keeps.
    alone = make_engine(url).connect_alone
    return _Lent(free.write, free.read, alone, alike)


@dataclass(frozen=True)
class _Lent(Database):
    alike: list[Database] = field(default_factory=list)

    def close(self) -> None:
        super().close()
        free = Database(self.write, self.read)
        if free not in self.alike:
            self.alike.append(free)


def _that_follow_their_url(url: str) -> Database:
    made = make_engine(url)
    # PostgreSQL's two engines have one dialect, and a dialect is what opens connections.
    for engine in {made.write.dialect: made.write, made.read.dialect: made.read}.values():
        _follow(engine)
    return made


def _follow(engine: Engine) -> None:
    @event.listens_for(engine, "do_connect")
    def _there(dialect: Any, _record: Any, places: list[Any], names: dict[str, Any]) -> None:
        places[:], now = dialect.create_connect_args(engine.url)
        names.update(now)
