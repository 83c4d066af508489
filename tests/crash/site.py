"""An installation to be killed: provider, database, processes and families, in one of two topologies."""

from __future__ import annotations

import base64
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

from sqlalchemy.exc import OperationalError

from service.db.migrate import upgrade
from service.edges import Act
from tests.crash.client import Client
from tests.crash.fleet import Fleet, Program
from tests.crash.household import CHATTER, CheckIn, Household
from tests.crash.judge import Summary, is_at_rest, judge, judge_pages, not_kept
from tests.crash.postgres import Postgres, durable_postgres
from tests.crash.provider import PUBLIC_URL, TIMEOUT, RoughTwilio
from tests.crash.trouble import OF_TROUBLE, is_read_again, make_trouble

OPERATOR = "+77019990000"
LEASE = 5
REST = 60.0
SECRET_KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
REPLICAS = ["worker", "worker", "worker", "worker", "web", "web"]
ALONE = ["serve"]


@dataclass
class Site:
    """`with open_site(...) as site:`."""

    topology: str
    seed: int
    database_url: str
    fleet: Fleet
    twilio: RoughTwilio
    client: Client
    postgres: Postgres | None

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.homes: list[Household] = []
        self._threads: list[threading.Thread] = []
        self._stops: list[tuple[float, float]] = []
        self._over = threading.Event()
        self._chatter: threading.Thread | None = None
        self._down = 0
        self._lock = threading.Lock()
        self._began = time.monotonic()

    def begin_in_trouble(self) -> None:
        """Start everybody over what is wrong already; those who set it right die at it, until it is set right."""
        make_trouble(self.database_url)
        self.fleet.order(*OF_TROUBLE)
        self.twilio.lists_nothing = lambda: bool(self.fleet.outstanding() & {Act.PAGE.before, Act.PAGE.after})
        self.fleet.start()
        self.fleet.wait_for_orders(REST)
        self.twilio.lists_nothing = lambda: False
        end, pause = time.monotonic() + REST, threading.Event()
        while not is_read_again(self.database_url) and time.monotonic() < end:
            pause.wait(0.1)

    def found(self, stories: Sequence[str]) -> list[Household]:
        """New families, signed up; they live once `let_live` lets them."""
        first = len(self.homes)
        homes = [
            Household(first + place, story, self.client, self.twilio, self.nobody_listens, self.is_kept)
            for place, story in enumerate(stories)
        ]
        self.homes += homes
        _all_at_once([home.sign_up for home in homes])
        return homes

    def arm(self, homes: Sequence[Household], first_in: float) -> None:
        """Arm them while all is well; the first deadlines come in `first_in` seconds."""
        _all_at_once([partial(home.arm, first_in=first_in) for home in homes])

    def let_chatter(self, apart: float) -> None:
        """One family checks in again and again, with `apart` seconds between, until all have come to their ends."""
        (home,) = self.found([CHATTER])
        home.arm(first_in=3600)
        self._chatter = threading.Thread(target=home.chatter, args=(self._over, apart), daemon=True)
        self._chatter.start()

    def let_live(self, homes: Sequence[Household]) -> None:
        """Each in a thread of its own."""
        for home in homes:
            thread = threading.Thread(target=home.live, daemon=True)
            self._threads.append(thread)
            thread.start()

    def living(self) -> int:
        """How many families have not come to the end of their stories."""
        return sum(thread.is_alive() for thread in self._threads)

    def wait_for_all(self) -> None:
        """Until every family has come to the end of its story."""
        for thread in self._threads:
            thread.join()

    def end_chatter(self) -> None:
        self._over.set()
        if self._chatter is not None:
            self._chatter.join()

    def is_kept(self, said: CheckIn) -> bool:
        """Whether the inbox has it; while the database has been stopped nobody knows, and it is asked again."""
        try:
            return not not_kept(self.database_url, [said])
        except OperationalError:
            return False

    @contextmanager
    def nobody_listens(self) -> Iterator[None]:
        """All webs are down."""
        with self._lock:
            self._down += 1
            if self._down == 1:
                self.fleet.hold(self.fleet.webs)
        try:
            yield
        finally:
            with self._lock:
                self._down -= 1
                if self._down == 0:
                    self.fleet.release(self.fleet.webs)

    def stop_database(self, *, kill: bool = False) -> None:
        """PostgreSQL ends in the middle of whatever it does, and comes back."""
        assert self.postgres is not None
        self.fleet.may_not_start = True
        began = time.monotonic()
        if kill:
            self.postgres.kill()
        else:
            self.postgres.stop_at_once()
        self.postgres.start()
        self._stops.append((began, time.monotonic()))

    def in_flight(self, since: float) -> int:
        """How many messages were at most on their way when somebody died or the database stopped, since then."""
        deaths = [death for death in self.fleet.deaths if death.at >= since]
        stops = [(began, ended) for began, ended in self._stops if ended >= since]
        # No send takes longer than its time-out, and what it came to is written down at once.
        before = TIMEOUT + 0.5
        return sum(self.fleet.sends_begun(one.at - before, one.at + 1, one.pid) for one in deaths) + sum(
            self.fleet.sends_begun(began - before, ended + 1) for began, ended in stops
        )

    def wait_until_alarms_are_near(self) -> None:
        """Until somebody has been reminded."""
        assert self.twilio.wait_for(lambda: any(home.texts(home.traveler, "reminder") for home in self.homes), REST)

    def rest(self) -> None:
        """Until nothing waits to be read or sent, and everything that might be sent again has been."""
        end, pause = time.monotonic() + REST, threading.Event()
        while not is_at_rest(self.database_url):
            assert time.monotonic() < end, "it does not come to rest"
            pause.wait(0.2)

    def sum_up(self) -> Summary:
        """The verdict."""
        summary = Summary(self.topology, self.seed, database_stops=len(self._stops))
        judge(summary, self.homes, self.twilio, self.fleet, self.database_url)
        judge_pages(summary, self.twilio.phone(OPERATOR).texts)
        summary.seconds = round(time.monotonic() - self._began, 1)
        return summary


@contextmanager
def open_site(topology: str, folder: Path, seed: int) -> Iterator[Site]:
    """An installation on `postgresql` (four workers, two webs) or `sqlite` (one process for everything)."""
    with ExitStack() as stack:
        env: dict[str, str] = {}
        fleet = stack.enter_context(Fleet(folder, env, REPLICAS if topology == "postgresql" else ALONE))
        postgres = stack.enter_context(durable_postgres()) if topology == "postgresql" else None
        database_url = postgres.url if postgres else f"sqlite:///{folder / 'amanba.db'}"
        upgrade(database_url)
        webs = _in_turn(fleet)
        twilio = stack.enter_context(RoughTwilio(seed, webs))
        env |= {
            **twilio.env(),
            "AMANBA_TWILIO_TIMEOUT": str(TIMEOUT),
            "AMANBA_DATABASE_URL": database_url,
            "AMANBA_DATA_DIR": str(folder),
            "AMANBA_SECRET_KEYS": SECRET_KEY,
            "AMANBA_PUBLIC_URL": PUBLIC_URL,
            "AMANBA_OPERATOR": OPERATOR,
            "AMANBA_DEMO": "1",
            "AMANBA_STORM_BRAKE": "0",
            "AMANBA_CODES_A_DAY": "100000",
            "AMANBA_LEASE_SECONDS": str(LEASE),
            "AMANBA_LOG_LEVEL": "INFO",
        }
        site = Site(topology, seed, database_url, fleet, twilio, Client(webs), postgres)
        site.begin_in_trouble()
        yield site


def _in_turn(fleet: Fleet) -> Callable[[], list[Program]]:
    """The webs that are up, another one first each time."""
    turn = count()

    def chosen() -> list[Program]:
        found = [program for program in fleet.webs if program.pid is not None]
        first = next(turn) % max(len(found), 1)
        return found[first:] + found[:first]

    return chosen


def _all_at_once(acts: Sequence[Callable[[], None]]) -> None:
    errors: list[BaseException] = []

    def run(act: Callable[[], None]) -> None:
        try:
            act()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
