"""A story: the whole service over a Twilio of our own, told step by step on a clock that only the story moves.

Everything goes over HTTP: the API with a bearer token, texts by signed webhooks, sends by Twilio's REST protocol.
The engine's jobs run in the order in which the worker runs them; nothing sleeps.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from notifiers.registry import configured
from notifiers.segments import measure, spell_cheaply
from service.db.sealed import open_keyring
from service.usecases.apply_changes import apply_due
from service.usecases.context import Limits, Service
from service.usecases.dispatch import dispatch
from service.usecases.housekeeping import keep_house
from service.usecases.read_inbox import read_inbox
from service.usecases.reconcile_inbound import reconcile_inbound
from service.usecases.recover import recover
from service.usecases.sweep import sweep
from tests.client import Client
from tests.easy import EASY
from tests.mock_twilio import MockTwilio, Phone
from tests.one_app import app_for
from tests.one_engine import database_at
from tests.scenarios.due import due, next_instant
from tests.scenarios.keepsake import Keepsake

START = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
"""09:00 in Almaty, 07:00 in Istanbul."""
TRAVELER = "+77011234567"
MOTHER = "+77012223344"
BROTHER = "+77013334455"
FUND = "+77014445566"
OPERATOR = "+77019990000"
SECRET = bytes(range(32))
METRICS_TOKEN = "what counts"
SAFE_WORDS = ("green apples", "the tea is sweet")
DURESS_WORDS = ("heavy rain", "uncle sold the car")
LOOK_AROUND = timedelta(hours=2)
SHORTEST = timedelta(seconds=15)
RECONCILE = timedelta(minutes=1)

TRIP: Mapping[str, Any] = {
    "starts_at": "2026-12-01T09:00:00+05:00",
    "ends_at": "2027-03-01T09:00:00+05:00",
    "wording": "plain",
    "destination": {
        "country": "TR",
        "city": "Antalya",
        "address": "Kaleici, Hesapci Sk. 5",
        "zone": "Europe/Istanbul",
    },
    "employer": {"name": "Lotus Garden Hotel", "phone": "+902422471000"},
    "consulate": {"name": "Consulate of Kazakhstan", "phone": "+902422481200"},
}
PLAN: Mapping[str, Any] = {"daily": [{"time": "20:00"}], "grace_seconds": 3600, "remind_before_seconds": 1800}


class Story:
    """One installation, its people's phones and the clock."""

    def __init__(self, twilio: MockTwilio, make_service: Callable[[Callable[[], datetime]], Service]) -> None:
        self.twilio = twilio
        self.now = START
        self._make_service = make_service
        twilio.use_clock(lambda: self.now)
        self.pool = ThreadPoolExecutor(4)
        self._web = ExitStack()
        self.restart()
        self.token = ""
        self.trip_id = ""
        self.contacts: dict[str, str] = {}
        self.check_in_url = ""
        self.is_down = False
        self.is_usual = False
        """Whether its beginning may be another's: nothing about the installation is its own."""
        self._reconciled = START

    # --- people

    def phone(self, number: str) -> Phone:
        return self.twilio.phone(number)

    @property
    def traveler(self) -> Phone:
        return self.phone(TRAVELER)

    @property
    def mother(self) -> Phone:
        return self.phone(MOTHER)

    @property
    def brother(self) -> Phone:
        return self.phone(BROTHER)

    @property
    def fund(self) -> Phone:
        return self.phone(FUND)

    @property
    def operator(self) -> Phone:
        return self.phone(OPERATOR)

    # --- the API

    def metrics(self) -> str:
        """What the operator's monitor reads."""
        return self.client.get("/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}).text

    def call(self, method: str, path: str, body: Any = None, expect: int = 200, **headers: str) -> Any:
        auth = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = self.client.request(method, f"/api/v1{path}", json=body, headers={**auth, **headers})
        assert answer.status_code == expect, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def register(self, name: str = "Aizhan", language: str = "en", phone: str = TRAVELER) -> None:
        body = {"name": name, "phone": phone, "language": language, "citizenship": "KZ"}
        self.call("POST", "/travelers", body, 202)
        self.run()
        code = re.search(r"\d{6}", self.phone(phone).received[-1])
        assert code is not None
        verified = self.call("POST", "/travelers/verify", {"phone": phone, "code": code.group()})
        self.token = verified["token"]

    def plan_trip(self, plan: Mapping[str, Any] = PLAN, **trip: Any) -> None:
        self.trip_id = self.call("POST", "/trips", {**TRIP, **trip}, 201)["trip_id"]
        self.call("PUT", f"/trips/{self.trip_id}/plan", dict(plan))

    def add_contact(
        self, name: str, phone: str, *, accept: bool = True, language: str = "en", role: str = "full", **more: Any
    ) -> str:
        body = {"name": name, "relation": "family", "language": language, "role": role, "disclosure": "full"}
        added = self.call("POST", f"/trips/{self.trip_id}/contacts", {**body, "phone": phone, **more}, 201)
        self.contacts[name] = added["contact_id"]
        self.run()
        if accept:
            self.phone(phone).reply("1")
            self.run()
        return str(added["contact_id"])

    def set_words(self, safe: tuple[str, ...] = SAFE_WORDS, duress: tuple[str, ...] = DURESS_WORDS) -> None:
        agreed = {"question": "What was our dog called?", "not_free_answer": "Barsik"}
        body = {"safe": list(safe), "duress": list(duress), **agreed, "passphrase": "a quiet harbour"}
        self.call("PUT", f"/trips/{self.trip_id}/words", body, 204)

    def arm(self) -> None:
        armed = self.call("POST", f"/trips/{self.trip_id}/arm")
        self.check_in_url = armed["check_in_url"]
        self.run()

    # --- time

    def run(self) -> None:
        """Let the engine do everything that is due at this moment."""
        if self.is_down:
            return
        for turn in range(6):
            found = self.service.read(lambda conn: due(conn, self.now))
            # Once at every moment it is swept in any case, because health goes by the last sweep.
            if found.nothing and turn:
                break
            if found.inbox:
                read_inbox(self.service)
            if found.inbox or found.changes:
                apply_due(self.service, self.now)
            waits = sweep(self.service).waits_for_proof
            sent = 0 if found.nothing else dispatch(self.service, self.pool)
            if not sent and not waits:
                break
            if waits:
                reconcile_inbound(self.service)

    def advance(self, **span: float) -> None:
        """Let time pass. The engine acts at every instant that it waits for, and looks around every two hours."""
        until = self.now + timedelta(**span)
        while self.now < until:
            self.now = min(self._next_instant(), self.now + LOOK_AROUND, until)
            if self.is_down:
                continue
            if self.service.read(lambda conn: due(conn, self.now)).leases:
                recover(self.service)
            if self.now >= self._reconciled + RECONCILE:
                self._reconciled = self.now
                reconcile_inbound(self.service)
            self.run()

    def _next_instant(self) -> datetime:
        """The next moment at which a row asks to be looked at, 15 seconds away at least."""
        ahead = None if self.is_down else self.service.read(lambda conn: next_instant(conn, self.now))
        return max(ahead or self.now + LOOK_AROUND, self.now + SHORTEST)

    def advance_to(self, moment: str) -> None:
        """Let time pass until an instant such as `2026-12-01T20:00+03:00`."""
        self.advance(seconds=(datetime.fromisoformat(moment) - self.now).total_seconds())

    def keep_house(self) -> None:
        keep_house(self.service)
        self.run()

    # --- trouble

    def go_down(self) -> None:
        """The process dies: nothing runs and no webhook is answered until `restart`."""
        self.is_down = True

    def restart(self) -> None:
        """A new process over the same database."""
        self.service = self._make_service(lambda: self.now)
        self.close()
        app = self._web.enter_context(app_for(self.service))
        # Entered, it keeps one loop for all its requests, as a server does.
        self.client = self._web.enter_context(Client(app, base_url=self.service.public_url))
        self.is_down = False

    def use(self, make_service: Callable[[Callable[[], datetime]], Service]) -> None:
        """From the next `restart` on it runs on what this makes of a clock."""
        self._make_service = make_service

    def close(self) -> None:
        """The web of the process that runs now ends."""
        self._web.close()

    def deliver_hook(self, path: str, form: Mapping[str, str], headers: Mapping[str, str]) -> int:
        return self.talk(path, form, headers)[0]

    def talk(self, path: str, form: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, str]:
        """What Twilio posts to us; our status, and what we want said."""
        if self.is_down:
            return 0, ""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self.client.post(path, content=urlencode(form), headers={**headers, **kind})
        return answer.status_code, answer.text


@contextmanager
def open_story(
    database_url: str, *, operator: str = OPERATOR, brake: bool = False, env: Mapping[str, str] | None = None
) -> Iterator[Story]:
    """A fresh installation over an empty database; `env` sets up more channels beside the texts."""
    stories: list[Story] = []
    databases = []

    def hook(path: str, form: Mapping[str, str], headers: Mapping[str, str]) -> int:
        status = stories[0].deliver_hook(path, form, headers)
        stories[0].run()
        return status

    def talk(path: str, form: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, str]:
        answer = stories[0].talk(path, form, headers)
        stories[0].run()
        return answer

    with MockTwilio(app_url="https://amanba.example", deliver_hook=hook) as twilio:
        twilio.talk = talk

        def make_service(clock: Callable[[], datetime]) -> Service:
            db = database_at(database_url)
            databases.append(db)
            return Service(
                db=db,
                keys=open_keyring(db, [SECRET], clock()),
                notifiers=configured({**twilio.env(), **(env or {})}, clock),
                segments=lambda text: measure(spell_cheaply(text)).segments,
                fold=spell_cheaply,
                public_url="https://amanba.example",
                metrics_token=METRICS_TOKEN,
                operator=operator,
                limits=Limits(storm_brake=brake, passphrase=EASY),
                clock=clock,
            )

        story = Story(twilio, make_service)
        story.is_usual = operator == OPERATOR and not brake and not env
        stories.append(story)
        try:
            yield story
        finally:
            story.pool.shutdown()
            story.close()
            for db in databases:
                db.close()


@dataclass(frozen=True, slots=True)
class _Begun:
    """A beginning that was told once, to be taken up by stories that begin alike."""

    kept: Keepsake
    token: str
    trip_id: str
    contacts: Mapping[str, str]
    check_in_url: str


_begun: dict[str, _Begun] = {}


def family(story: Story, *, words: bool = False, plan: Mapping[str, Any] = PLAN, **trip: Any) -> None:
    """The usual beginning: a traveler, her mother, her brother and a fund's caseworker; the trip is armed.

    It is told over HTTP once a process for each kind of database, and by its rows to the stories that begin alike.
    """
    alike = json.dumps([story.service.db.dialect, words, plan, trip], sort_keys=True)
    may_be_alike = story.is_usual and story.now == START and not story.twilio.requests
    if may_be_alike and alike in _begun:
        _take_up(story, _begun[alike])
    else:
        _begin(story, words=words, plan=plan, **trip)
        if may_be_alike:
            kept = story.service.read(lambda conn: Keepsake.of(conn, story.twilio))
            _begun[alike] = _Begun(kept, story.token, story.trip_id, dict(story.contacts), story.check_in_url)
    for phone in (story.traveler, story.mother, story.brother, story.fund, story.operator):
        phone.read_all()


def _begin(story: Story, *, words: bool, plan: Mapping[str, Any], **trip: Any) -> None:
    story.register()
    story.plan_trip(plan, **trip)
    story.add_contact("Gulnar", MOTHER)
    story.add_contact("Daniyar", BROTHER, role="call")
    story.add_contact("Saule", FUND, role="caseworker")
    if words:
        story.set_words()
    story.arm()


def _take_up(story: Story, begun: _Begun) -> None:
    story.service.run(lambda conn: begun.kept.put_into(conn, story.twilio))
    story.token, story.trip_id, story.check_in_url = begun.token, begun.trip_id, begun.check_in_url
    story.contacts = dict(begun.contacts)
    story.restart()
