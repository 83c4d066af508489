"""Everybody who may come to an address of ours, and what becomes of it: for the matrix of routes.

She is Aizhan, on a running trip with words. Whatever is asked is asked about her: her trip, her people, her changes.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from html import unescape
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from httpx2 import Response
from pypdf import PdfReader

from tests.web.api_world import AIZHAN, BROTHER, GULNAR, MOTHER, TRIP, WORDS
from tests.web.form_world import FormWorld

ANOTHER, PLANNING = "+77000000061", "+77000000062"
HELPER, FRIEND, COUSIN = "+77000000071", "+77000000072", "+77000000073"
PIN = "4711"
HERS: Mapping[str, Any] = {
    **TRIP,
    "agency": {"name": "Golden Bridge", "phone": "+77272500021"},
    "consulate": {"name": "Anatolia House", "phone": "+902422480000"},
    "companions": [{"name": "Zarina", "phone": "+77000000031"}],
    "consent": {"contacts": True, "police": True, "consulate": True, "ngo": True},
}
OTHERS: Mapping[str, Any] = {
    **TRIP,
    "destination": {"country": "GE", "city": "Batumi", "zone": "Asia/Tbilisi"},
    "employer": {"name": "Far Harbour", "phone": "+995422270000"},
}
CASEWORKER = {**MOTHER, "name": "Perizat", "relation": "", "language": "en", "role": "caseworker", "phone": HELPER}
PLAN = {"daily": [{"time": "19:37"}]}
THEIR_PLAN = {"every_hours": 24}
DESCRIPTION = "/api/v1/openapi.json"
"""The same for everybody, with our examples."""

LETTERS: Mapping[str, tuple[str, ...]] = {
    "h": ("Aizhan",),
    "f": ("Lotus Garden", "Golden Bridge", "Anatolia House", "Antalya", "Example street"),
    "p": ("Gulnar", "Daniyar", "Perizat", "Zarina"),
    "n": ("7000000001", "7000000002", "7000000003", "7000000071", "7000000031"),
    "d": ("19:37", "16:37"),
    "w": (*WORDS["safe"], *WORDS["duress"], WORDS["passphrase"]),
    "q": (WORDS["question"], WORDS["not_free_answer"]),
    "a": ("asked for help", "asks for help"),
}
"""What of hers can be seen: her name, facts of her trip, her people's names and numbers (but not the reader's own),
when she is due, her words, her question, and an alarm."""


@dataclass(frozen=True)
class Visitor:
    """Somebody who asks: with which cookie, token and passphrase, and which links she holds.

    A contact has no session: in its place she tries the secret of her own link, as a cookie and as a token.
    """

    cookie: str = ""
    bearer: str = ""
    passphrase: str = ""
    links: Mapping[str, str] = field(default_factory=dict)
    """Secrets by the letter of their address; for other letters any one of them is tried."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """Ids that she names in place of hers."""
    own: tuple[str, ...] = ()
    """What a reader knows of herself: her name and number."""

    def path(self, route: str, hers: Mapping[str, str]) -> str:
        ids = {**hers, **self.ids}
        letter = route[1:2]
        secret = self.links.get(letter) or next(iter(self.links.values()), "0123456789a")
        return re.sub(r"\{(\w+)\}", lambda name: ids.get(name.group(1), secret), route)


class Matrix:
    """The installation and its visitors; after each visit it is as if nobody had come."""

    def __init__(self, world: FormWorld) -> None:
        self.world = world
        self.hers: dict[str, str] = {}
        self.visitors: dict[str, Visitor] = {}
        self._begun = sqlite3.connect(":memory:")
        self._now = sqlite3.connect(str(world.service.db.write.url.database))
        self._version = 0
        self._tokens: dict[str, str] = {}

    def close(self) -> None:
        self._begun.close()
        self._now.close()

    def remember(self) -> None:
        """From now on every visit begins here."""
        self._now.backup(self._begun)
        self._has_changed()
        for name, visitor in self.visitors.items():
            self._come_as(visitor)
            page = self.world.client.get("/in?other=1")
            self._tokens[name] = re.findall(r'name="form" value="(\w+)"', page.text)[0]
        assert not self._has_changed(), "to open the sign-in changes something"

    def visit(self, name: str, method: str, route: str, form: Any = None) -> str:
        """What a visitor gets: status or where it leads, a star when something was written, letters of what is seen."""
        visitor = self.visitors[name]
        answer = self._ask(visitor, method, route, form, self._tokens[name])
        wrote = self._has_changed()
        if wrote:
            self.go_back()
        seen = "" if route == DESCRIPTION else "".join(_seen(_text(answer), visitor.own))
        return _said(answer) + "*" * wrote + (f":{seen}" if seen else "")

    def go_back(self) -> None:
        """As it was when it was remembered."""
        self._begun.backup(self._now)
        self._has_changed()

    def _ask(self, visitor: Visitor, method: str, route: str, form: Any, token: str) -> Response:
        path = visitor.path(route, self.hers)
        self._come_as(visitor)
        if not route.startswith("/api/"):
            data = {**(form or {}), "form": token} if method == "POST" else None
            return self.world.client.request(method, path, data=data, follow_redirects=False)
        given = {"Authorization": f"Bearer {visitor.bearer}"} if visitor.bearer else {}
        if visitor.passphrase:
            given["Amanba-Passphrase"] = visitor.passphrase
        if form is None:
            return self.world.client.request(method, path, headers=given)
        body = json.dumps(form).replace("CONTACT", visitor.path("{contact_id}", self.hers))
        headers = {**given, "Content-Type": "application/json"}
        return self.world.client.request(method, path, content=body, headers=headers)

    def _come_as(self, visitor: Visitor) -> None:
        self.world.client.cookies.clear()
        self.world.client.cookies.set(*(("s", visitor.cookie) if visitor.cookie else ("v", "somebody")))

    def _has_changed(self) -> bool:
        """Whether any other connection has written since the last time."""
        before, self._version = self._version, self._now.execute("PRAGMA data_version").fetchone()[0]
        return before != self._version


def _said(answer: Response) -> str:
    """The status, or the last word of the address that it leads to, without secrets."""
    if not answer.is_redirect:
        return str(answer.status_code)
    where = urlsplit(answer.headers["location"])
    return ">away" if where.netloc else ">" + re.sub(r"^/([air])/\w+$", r"\1", where.path).rpartition("/")[2]


def _text(answer: Response) -> str:
    """All that it says, also in its headers and on paper."""
    said = answer.text
    if answer.headers.get("content-type", "").startswith("application/pdf"):
        said = " ".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)
    return f"{unescape(said)} {answer.headers}"


def _seen(text: str, own: tuple[str, ...]) -> Iterator[str]:
    digits = re.sub(r"(?<=\d)[ ()-]+(?=\d)", "", text)
    for letter, marks in LETTERS.items():
        if any(mark in (digits if letter == "n" else text) for mark in marks if mark not in own):
            yield letter


def furnish(world: FormWorld) -> Matrix:
    """Somebody else on her way, somebody who plans with her cousin, and she, with mother, brother and caseworker."""
    made = Matrix(world)
    made.visitors["nobody"] = Visitor()
    _another(world, made)
    _planning(world, made)
    _she(world, made)
    made.remember()
    return made


def call_for_help(made: Matrix) -> None:
    """She asks for help: from now on her contacts hold the alarm's link."""
    world = made.world
    made.go_back()
    world.token = made.visitors["traveler"].bearer
    assert world.post(f"/trips/{made.hers['trip_id']}/sos").status_code == 202
    world.work()
    for name, number in (("contact", GULNAR), ("caseworker", HELPER)):
        calm = made.visitors[name]
        links = {**calm.links, "a": _link(world, number, "a")}
        made.visitors[name] = replace(calm, links=links)
    made.remember()


def _enter(world: FormWorld, phone: str, **more: str) -> str:
    """Sign up over the API, whose token counts from now on, and in a browser; the session."""
    world.leave_behind()
    world.wait(minutes=2)
    world.token = ""
    world.sign_in(phone, **more)
    world.enter_later(phone)
    return world.client.cookies["s"]


def _another(world: FormWorld, made: Matrix) -> None:
    session = _enter(world, ANOTHER, name="Saltanat")
    trip = world.trip(**OTHERS)
    world.put(f"{trip}/plan", THEIR_PLAN)
    world.contact(trip, {**MOTHER, "name": "Roza", "phone": FRIEND})
    assert world.post(f"{trip}/arm").status_code == 200
    link = world.get(trip).json()["check_in_url"].rpartition("/")[2]
    made.visitors["another"] = Visitor(session, world.token, links={"c": link})


def _planning(world: FormWorld, made: Matrix) -> None:
    session = _enter(world, PLANNING, name="Dinara")
    trip = world.trip(**OTHERS)
    world.put(f"{trip}/plan", THEIR_PLAN)
    cousin = world.contact(trip, {**MOTHER, "name": "Marat", "phone": COUSIN})
    assert world.post(f"{trip}/rehearsal").status_code == 202
    world.work()
    ids = {"trip_id": trip.rpartition("/")[2], "contact_id": cousin}
    made.visitors["planning"] = Visitor(session, world.token, ids=ids)
    made.visitors["meddling"] = Visitor(session, world.token)
    links = {"i": _link(world, COUSIN, "i"), "r": _link(world, COUSIN, "r")}
    made.visitors["theirs"] = Visitor(links["i"], links["i"], links=links)


def _she(world: FormWorld, made: Matrix) -> None:
    session = _enter(world, AIZHAN, name="Aizhan")
    trip = world.trip(**HERS)
    world.put(f"{trip}/plan", PLAN)
    for form in ({**MOTHER, "language": "en"}, BROTHER, CASEWORKER):
        made.hers["contact_id"] = world.contact(trip, form)
    said = world.put(f"{trip}/words", WORDS)
    assert said.status_code == 204, said.text
    link = world.post(f"{trip}/arm").json()["check_in_url"].rpartition("/")[2]
    world.leave_behind()
    world.enter_later(AIZHAN)
    unlocked = world.client.cookies["s"]
    world.open("/private")
    assert world.send("/private", {"passphrase": WORDS["passphrase"]}).headers["location"] == "/trip/all"
    assert world.send("/number", {"phone": "+77000000005"}).headers["location"] == "/number/code"
    whole = world.post(f"{trip}/changes", {"pause_until": "2026-12-20T12:00:00+03:00"})
    assert whole.status_code == 202
    made.hers |= {"trip_id": trip.rpartition("/")[2], "outbox_id": str(uuid4()), "name": "amanba.css"}
    made.hers |= {"country": "KR", "code": "KR"}
    made.hers["change_id"] = world.get(trip, Amanba_Passphrase=WORDS["passphrase"]).json()["changes"][0]["change_id"]
    made.hers["tag"] = world.service.keys.token_hash(f"number:{AIZHAN}").hex()[:16]
    made.visitors["traveler"] = Visitor(session, world.token, links={"c": link}, own=("Aizhan",))
    made.visitors["unlocked"] = Visitor(unlocked, world.token, WORDS["passphrase"], links={"c": link}, own=("Aizhan",))
    for name, number, own in (("contact", GULNAR, "Gulnar"), ("caseworker", HELPER, "Perizat")):
        links = {"i": _link(world, number, "i")}
        world.client.post(f"/i/{links['i']}", data={"do": "pin", "pin": PIN})
        made.visitors[name] = Visitor(links["i"], links["i"], links=links, own=(own, number[2:]))


def _link(world: FormWorld, number: str, letter: str) -> str:
    """The secret of the newest link of that letter in the texts to a number."""
    found: list[str] = re.findall(rf"/{letter}/(\w+)", " ".join(world.texts(number)))
    return found[-1]
