"""A service with the API before it, a clock of its own, and phones whose texts can be read."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy import Connection, RowMapping, select, update

from notifiers.base import Accepted, DeliveryState, Message, SendResult
from notifiers.segments import measure, spell_cheaply
from service.db.sealed import open_keyring
from service.db.stored import table_of
from service.db.tables import Contact, Outbox
from service.db.trips import TripKey, TripState
from service.usecases.context import Limits, Service
from service.usecases.read_inbox import read_inbox
from service.web import api, problems
from tests.client import Client
from tests.easy import EASY
from tests.one_app import app_for
from tests.one_engine import database_at

NOW = datetime(2026, 12, 1, 6, tzinfo=UTC)
AIZHAN, GULNAR, DANIYAR, SAULE = "+77000000001", "+77000000002", "+77000000003", "+77000000004"

TRIP: dict[str, Any] = {
    "starts_at": "2026-12-01T00:00:00+05:00",
    "ends_at": "2027-03-01T00:00:00+05:00",
    "wording": "plain",
    "destination": {"country": "TR", "city": "Antalya", "address": "Example street 1", "zone": "Europe/Istanbul"},
    "employer": {"name": "Lotus Garden", "phone": "+902422490000"},
}
MOTHER = {
    "name": "Gulnar",
    "relation": "mother",
    "language": "kk",
    "role": "full",
    "disclosure": "full",
    "phone": GULNAR,
}
BROTHER = {**MOTHER, "name": "Daniyar", "relation": "brother", "language": "ru", "phone": DANIYAR}
WORDS: dict[str, Any] = {
    "safe": ["greetings to grandmother"],
    "duress": ["tell Marat I found his keys"],
    "question": "What was our dog called?",
    "not_free_answer": "Barsik",
    "passphrase": "apples in the old garden",
}
EVENINGS = {"daily": [{"time": "20:00"}]}


@dataclass
class Phones:
    """Takes every text."""

    name: str = "phones"
    channel: str = "sms"
    inbound_numbers: tuple[str, ...] = ("+48732000000",)

    def send(self, message: Message) -> SendResult:
        return Accepted(message.outbox_id, DeliveryState.DELIVERED)


@dataclass
class World:
    service: Service
    client: Client
    times: list[datetime]
    token: str = ""
    keys: Iterator[int] = field(default_factory=itertools.count)

    @property
    def now(self) -> datetime:
        return self.times[0]

    def wait(self, **span: float) -> None:
        self.times[0] += timedelta(**span)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        given = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        content = None if body is None else json.dumps(body)
        if content is not None:
            given["Content-Type"] = "application/json"
        return self.client.request(method, f"/api/v1{path}", content=content, headers={**given, **more})

    def post(self, path: str, body: Any = None, **headers: str) -> Response:
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any) -> Response:
        return self.call("PUT", path, body)

    def get(self, path: str, **headers: str) -> Response:
        return self.call("GET", path, **headers)

    def texts(self, to: str, kind: str | None = None) -> list[str]:
        """The texts written to a number, oldest first."""
        outbox = table_of(Outbox)
        query = select(outbox).where(outbox.c.address_hash == self.service.keys.phone_hash(to))
        rows = self.service.read(lambda conn: conn.execute(query.order_by(outbox.c.created_at)).mappings().all())
        return [self._opened(row)["body"] for row in rows if kind is None or row["kind"] == kind]

    def _opened(self, row: RowMapping) -> dict[str, str]:
        opened = self.service.read(lambda conn: self.service.keys.open(conn, b"outbox", row["sealed"]))
        value: dict[str, str] = json.loads(opened)
        return value

    def code(self, phone: str) -> str:
        """The newest code on a phone."""
        found = re.search(r"\b\d{6}\b", self.texts(phone, "sign_up")[-1])
        assert found is not None
        return found.group()

    def sign_in(self, phone: str = AIZHAN, **more: str) -> UUID:
        """Sign up, read the code from the phone, and use the token from now on."""
        form = {"name": "Aizhan", "phone": phone, "language": "en", **more}
        assert self.post("/travelers", form).status_code == 202
        answer = self.post("/travelers/verify", {"phone": phone, "code": self.code(phone)})
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["token"]
        return UUID(answer.json()["traveler_id"])

    def trip(self, **more: Any) -> str:
        answer = self.post("/trips", {**TRIP, **more})
        assert answer.status_code == 201, answer.text
        return f"/trips/{answer.json()['trip_id']}"

    def contact(self, trip: str, form: Mapping[str, Any] = MOTHER, *, accepted: bool = True) -> str:
        answer = self.post(f"{trip}/contacts", form)
        assert answer.status_code == 201, answer.text
        contact_id: str = answer.json()["contact_id"]
        if accepted:
            self.accept(contact_id)
        return contact_id

    def accept(self, contact_id: str) -> None:
        """The contact has answered 1."""
        contacts = table_of(Contact)

        def change(conn: Connection) -> None:
            accepted = {"status": "accepted", "accepted_at": self.now}
            conn.execute(update(contacts).where(contacts.c.contact_id == UUID(contact_id)).values(**accepted))

        self.service.run(change)

    def armed(self, *, words: bool = False, plan: Mapping[str, Any] = EVENINGS, **more: Any) -> str:
        """An armed trip with a mother and a brother who have accepted."""
        if not self.token:
            self.sign_in()
        trip = self.trip(**more)
        assert self.put(f"{trip}/plan", plan).status_code == 200
        self.contact(trip)
        self.contact(trip, BROTHER)
        if words:
            assert self.put(f"{trip}/words", WORDS).status_code == 204
        answer = self.post(f"{trip}/arm")
        assert answer.status_code == 200, answer.text
        return trip

    def state(self, trip: str) -> TripState:
        """The trip as the engine sees it."""
        query = select(_trips().c.traveler_id).where(_is(trip))
        traveler = self.service.read(lambda conn: conn.execute(query).scalar_one())
        found = self.service.read(lambda conn: self.service.trip(conn, TripKey(traveler, _id(trip)), self.now))
        assert found is not None
        return found

    def read_inbox(self) -> None:
        read_inbox(self.service)


def _id(trip: str) -> UUID:
    return UUID(trip.rsplit("/", 1)[1])


def _trips() -> Any:
    from service.db.tables import Trip

    return table_of(Trip)


def _is(trip: str) -> Any:
    return _trips().c.trip_id == _id(trip)


def errors(answer: Response) -> dict[str, str]:
    """The fields that a problem document names, and what it says of each."""
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return {error["field"]: error["message"] for error in answer.json()["errors"]}


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """The API of an empty installation, on either database."""
    times = [NOW]
    db = database_at(database_url)
    service = Service(
        db=db,
        keys=open_keyring(db, [bytes(range(32))], NOW),
        notifiers={"sms": Phones()},
        segments=lambda text: measure(spell_cheaply(text)).segments,
        fold=spell_cheaply,
        operator="+77000000099",
        limits=Limits(passphrase=EASY),
        clock=lambda: times[0],
    )
    with app_for(service, api_alone) as app, Client(app, raise_server_exceptions=False) as client:
        yield World(service, client, times)
    db.close()


def api_alone(service: Service) -> FastAPI:
    """The API without pages and hooks."""
    app = FastAPI(openapi_url="/api/v1/openapi.json")
    problems.install(app)
    app.include_router(api.router(service), prefix="/api/v1")
    return app
