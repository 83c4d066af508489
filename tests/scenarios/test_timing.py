"""T1, T2 over the wire: an answer tells nothing of what was said, by its bytes or by the time that it takes.

A server runs on the disk, people text it through a provider on loopback, press the button of their links and call the
API. Of the travelers, who all have words, each says the four things in an order of her own; so a duress word opens an
alarm, or rises one, among the others' texts.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import secrets as randomness
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import partial
from itertools import combinations
from statistics import median
from time import perf_counter
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, insert, select, update

from service.core.plan import DailyTime, Leg, Plan
from service.core.words import fingerprint
from service.db import tables, tx
from service.db.engine import make_engine
from service.db.migrate import upgrade
from service.db.routing import Link
from service.db.sealed import Keyring, open_keyring
from service.db.stored import table_of
from service.db.trips import TripKey
from tests.bench.ground import amanba, ground
from tests.bench.seeding import Seeded, seed
from tests.mock_twilio import MockTwilio, Text
from tests.scenarios.story import OPERATOR
from tests.two_samples import p_of_same

ASKED = os.environ.get("TEST_TIMING", "")
TRIALS = 200 if ASKED == "1" else int(ASKED or "0")
"""Of each text by each way."""
SAYINGS = {"ok": "ok", "safe": "green apples", "duress": "heavy rain", "nonsense": "what is this"}
LIKELY = 0.001
"""Below it, two samples that are alike are hardly ever that different."""
APART = 0.050
"""Seconds between two medians."""
PATIENCE = 30.0
NOT_SHOWN = ("To", "StatusCallback", "ValidityPeriod")
"""For how long it stays good is counted from the tick that sends it."""
BETWEEN = 0.03
"""Seconds between one text and the next: about what a text takes."""
SECRET = bytes(range(32))
SECRET_TEXT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
PUBLIC_URL = "https://amanba.example"
TRIPS, WORDS, LINKS = table_of(tables.Trip), table_of(tables.Word), table_of(Link)

Answer = tuple[int, tuple[tuple[str, str], ...], bytes]


class TestSamples:
    def test_alike(self) -> None:
        assert p_of_same(range(0, 200, 2), range(1, 201, 2)) > 0.9
        assert p_of_same([1.0] * 50, [1.0] * 50) == 1.0

    def test_one_is_later(self) -> None:
        assert p_of_same(range(100), range(60, 160)) < LIKELY

    def test_as_tables_have_it(self) -> None:
        """Worked by hand: U = 11.5 of 8 and 8 with one tie, z = 2.10."""
        one = [1.1, 2.2, 2.4, 3.0, 3.1, 3.3, 4.0, 4.2]
        other = [2.4, 3.2, 3.9, 4.1, 4.4, 4.6, 5.0, 5.1]
        assert p_of_same(one, other) == pytest.approx(0.0356, abs=0.0002)


@dataclass
class Samples:
    """What came of trying, by what was said: seconds that each took, and the different answers that there were."""

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    answers: set[Any] = field(default_factory=set)

    def keep(self, answer: Answer, token: str) -> None:
        """A page without the names that each loading gives its form, and without the link that it was loaded by."""
        status, kept, page = answer
        body = re.sub(rb'name="nonce" value="[^"]*"', b"", page.replace(token.encode(), b""))
        self.answers.add((status, kept, body))

    def judge(self, what: str) -> list[str]:
        """Print the figures, and say what is wrong with them."""
        print(f"{what}: median ms", {name: round(median(took) * 1000, 2) for name, took in self.took.items()})
        wrong = [f"{what}: {len(self.answers)} different answers: {self.answers}"] if len(self.answers) != 1 else []
        for one, other in combinations(SAYINGS, 2):
            apart = median(self.took[one]) - median(self.took[other])
            likely = p_of_same(self.took[one], self.took[other])
            print(f"  {one} and {other}: {apart * 1000:+.2f} ms, p = {likely:.3g}")
            if likely < LIKELY and abs(apart) > APART:
                wrong.append(f"{what}: {one} and {other} are {apart * 1000:.1f} ms apart, p = {likely:.2g}")
        return wrong


@pytest.mark.skipif(not TRIALS, reason="a long proof: make soak runs it with TEST_TIMING=1")
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_nothing_tells_what_was_said(engine: str) -> None:
    """T1, T2: 200 of each by SMS, by link and by the API, in random order: the same bytes, after the same time."""
    with ground(engine) as place:
        upgrade(place.url)
        now = datetime.now(UTC)
        # Nothing is due while this lasts, and no answer is early enough to count for what is.
        at = (now + timedelta(hours=12)).astimezone(ZoneInfo("Europe/Istanbul"))
        begun = now - timedelta(days=2)
        leg = Leg(begun, "Europe/Istanbul", "TR", "Antalya")
        plan = Plan(starts_at=begun, legs=(leg,), daily=(DailyTime(time(at.hour, at.minute)),))
        seeded = seed(place.url, [SECRET], 3 * TRIALS, 3 * TRIALS, now=now, plan=plan)
        tokens = give_words(place.url, seeded, now)
        with a_server(engine, place.url, str(place.folder)) as (twilio, ports, heard):
            wrong = [
                *by_text(twilio, heard, range(TRIALS)),
                *by_link(ports[0], seeded.tokens[TRIALS : 2 * TRIALS]),
                *by_api(ports[0], [(seeded.trips[n], tokens[n]) for n in range(2 * TRIALS, 3 * TRIALS)]),
            ]
    assert wrong == [], "\n".join(wrong)


def give_words(url: str, seeded: Seeded, now: datetime) -> list[str]:
    """Each trip gets words of its own, and each traveler a token for the API: these."""
    tokens = [randomness.token_urlsafe(32) for _ in seeded.trips]
    with closing(make_engine(url)) as db:
        keys = open_keyring(db, [SECRET], now)

        def write(conn: Connection) -> None:
            for key, token in zip(seeded.trips, tokens, strict=True):
                _give_words(conn, keys, key)
                link = {"token_hash": keys.token_hash(token), "kind": "api", "created_at": now, "used": 0}
                conn.execute(insert(LINKS), {**link, "traveler_id": key.traveler_id})

        tx.run(db, write)
    return tokens


def _give_words(conn: Connection, keys: Keyring, key: TripKey) -> None:
    of_trip = (TRIPS.c.traveler_id == key.traveler_id) & (TRIPS.c.trip_id == key.trip_id)
    word_key = randomness.token_bytes(32)
    key_id = conn.execute(select(TRIPS.c.key_id).where(of_trip)).scalar_one()
    sealed = keys.seal(conn, key_id, b"word_key", word_key)
    conn.execute(update(TRIPS).where(of_trip).values(has_words=True, word_key=sealed))
    kinds = {"green apples": "safe", "grandmother": "safe", "heavy rain": "duress", "red scarf": "duress"}
    rows = [
        {**key._asdict(), "position": place, "kind": kind, "fingerprint": fingerprint(word_key, word)}
        for place, (word, kind) in enumerate(kinds.items())
    ]
    conn.execute(insert(WORDS), rows)


class Heard:
    """When a provider took the last text to each number, and over which wire."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self._taken: dict[str, float] = {}
        self._news = threading.Condition()

    def take(self, text: Text) -> None:
        with self._news:
            self._taken[text.to] = perf_counter()
            self._news.notify_all()

    def wait(self, number: str, since: float) -> float:
        """When the text that answers what was said `since` then was taken."""
        with self._news:
            came = self._news.wait_for(lambda: self._taken.get(number, 0.0) > since, PATIENCE)
            assert came, f"no answer came to {number}"
            return self._taken[number]


@contextmanager
def a_server(engine: str, url: str, folder: str) -> Iterator[tuple[MockTwilio, list[int], Heard]]:
    """A provider, and the product's processes beside it: one for all on SQLite, a web and a worker on PostgreSQL."""
    heard, ports = Heard(), [0]

    def hook(path: str, form: Mapping[str, str], headers: Mapping[str, str]) -> int:
        kind = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        with closing(http.client.HTTPConnection("127.0.0.1", ports[0], timeout=PATIENCE)) as line:
            answer = ask(line, "POST", path, urlencode(form).encode(), {**headers, **kind})
        heard.answers[form["From"]] = answer
        return answer[0]

    with MockTwilio(app_url=PUBLIC_URL, deliver_hook=hook) as twilio:
        twilio.on_accept = heard.take
        settings = {
            **twilio.env(),
            "AMANBA_DATABASE_URL": url,
            "AMANBA_DATA_DIR": folder,
            "AMANBA_SECRET_KEYS": SECRET_TEXT,
            "AMANBA_PUBLIC_URL": PUBLIC_URL,
            "AMANBA_OPERATOR": OPERATOR,
            "AMANBA_LOG_LEVEL": "ERROR",
        }
        commands = ("serve",) if engine == "sqlite" else ("web", "worker")
        with amanba(*commands, settings=settings) as running:
            ports[:] = [port for _, port in running]
            yield twilio, ports, heard


def ask(
    line: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """All of an answer that could tell something, but for the Date."""
    line.request(method, path, body or None, dict(headers or {}))
    response = line.getresponse()
    kept = tuple(sorted((name.lower(), value) for name, value in response.getheaders() if name.lower() != "date"))
    return response.status, kept, response.read()


def trials(travelers: Sequence[Any]) -> list[tuple[Any, str]]:
    """Each of them says each thing once, everything in one random order."""
    all_of_them = [(traveler, name) for traveler in travelers for name in SAYINGS]
    random.shuffle(all_of_them)
    return all_of_them


def turns(travelers: Sequence[str]) -> list[list[tuple[str, str]]]:
    """Each of them says one thing a turn, each thing once, in an order of their own."""
    orders = [random.sample(list(SAYINGS), len(SAYINGS)) for _ in travelers]
    return [
        random.sample(list(zip(travelers, said, strict=True)), len(travelers)) for said in zip(*orders, strict=True)
    ]


def by_text(twilio: MockTwilio, heard: Heard, numbers: Sequence[int]) -> list[str]:
    """Signed webhooks; how long the provider waits for our answer, and how long the phone waits for its reply."""
    hooks, replies, pause = Samples(), Samples(), threading.Event()
    for turn in turns([f"+7701{number:07}" for number in numbers]):
        said = {}
        for number, name in turn:
            began = perf_counter()
            twilio.text(number, SAYINGS[name])
            hooks.took[name].append(perf_counter() - began)
            hooks.answers.add(heard.answers[number])
            said[number] = name, began
            pause.wait(BETWEEN)
        # An answer is due a second after the text: others text meanwhile.
        for number, (name, began) in said.items():
            replies.took[name].append(heard.wait(number, began) - began)
    sent = defaultdict(list)
    for method, _, form in list(twilio.requests):
        if method == "POST" and form["To"].startswith("+7701") and form["To"] != OPERATOR:
            sent[form["To"]].append({key: value for key, value in form.items() if key not in NOT_SHOWN})
    replies.answers = {json.dumps(form, sort_keys=True) for forms in sent.values() for form in forms}
    counts = {len(forms) for forms in sent.values()}
    overtook = overtaken(twilio)
    print("alerts that left before the answer to the word:", overtook)
    wrong = [f"{overtook} alerts left before the answer to the word"] if overtook else []
    wrong += [f"numbers got {counts} replies to {len(SAYINGS)} texts"] if counts != {len(SAYINGS)} else []
    return [*wrong, *hooks.judge("answer to the webhook"), *replies.judge("reply at the provider")]


def overtaken(twilio: MockTwilio) -> int:
    """In how many trips an alert was handed over before the answer to the word of duress that raised it: a provider
    that sends one text after another would let her wait for her answer until all alerts have left."""
    said, count = {text.order: text for text in twilio.ledger.texts}, 0
    for order in sorted(said):
        text = said[order]
        if text.outbound or text.body != SAYINGS["duress"]:
            continue
        after = [one for place, one in sorted(said.items()) if place > order and one.outbound]
        answer = next(place for place, one in enumerate(after) if one.to == text.from_)
        alerts = [place for place, one in enumerate(after) if one.to[5:] == text.from_[5:] and one.to != text.from_]
        count += bool(alerts) and alerts[0] < answer
    return count


def by_link(port: int, tokens: Sequence[str]) -> list[str]:
    """The button, and the page that is loaded anew right after it."""
    pressed, loaded = Samples(), Samples()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept-Language": "ru"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as line:
        for token, name in trials(tokens):
            form = urlencode({"nonce": randomness.token_urlsafe(12), "text": SAYINGS[name]}).encode()
            path = f"/c/{token}"
            pressed.keep(_timed(pressed, name, partial(ask, line, "POST", path, form, headers)), token)
            loaded.keep(_timed(loaded, name, partial(ask, line, "GET", path, headers=headers)), token)
    return [*pressed.judge("button of a link"), *loaded.judge("page after the button")]


def by_api(port: int, trips: Sequence[tuple[TripKey, str]]) -> list[str]:
    """A check-in with each text; the answer names its own time, and nothing else differs."""
    called = Samples()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as line:
        for (key, token), name in trials(trips):
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
            body, path = json.dumps({"text": SAYINGS[name]}).encode(), f"/api/v1/trips/{key.trip_id}/check-ins"
            status, kept, said = _timed(called, name, partial(ask, line, "POST", path, body, headers))
            called.answers.add((status, kept, re.sub(rb"\d", b"0", said)))
    return called.judge("check-in by the API")


def _timed(samples: Samples, name: str, act: Callable[[], Answer]) -> Answer:
    began = perf_counter()
    answer = act()
    samples.took[name].append(perf_counter() - began)
    return answer
