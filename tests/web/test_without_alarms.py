"""Her phone's code runs against a database in which there are no alarms to read: so nothing on it can depend on one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from html import unescape
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from service.db.engine import Database
from service.db.sealed import open_keyring
from service.db.stored import table_of
from service.db.tables import Alarm, CheckIn, Watch
from tests.client import Client
from tests.one_app import app_for
from tests.web.api_world import NOW, WORDS
from tests.web.blindfold import blindfolded
from tests.web.form_world import FormWorld, forms, forms_once
from tests.web.installation import Installation, furnish

__all__ = ["forms", "forms_once"]

FORMS = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.S)
FIELDS = re.compile(r"<(?:input|button|textarea|select)\b[^>]*>")
NAMED = re.compile(r'\b(name|value|type|action)="([^"]*)"')

PEOPLE = "what her people are told of it is worded by the alarm that is open: under duress nobody is asked to call her"
HERS_STILL = "whether it is still hers depends on what an alarm holds back"
SIGHTED = {
    "/late": "moves the watch itself",
    "/pause": PEOPLE,
    "/end": PEOPLE,
    "/trip/checklist": "in a running trip its lock is the one of changes that an alarm may hold back",
    "/trip/drill": "as the list, to which it belongs",
    "/later": "its lock is the one of changes that an alarm may hold back",
    "/notes": "its lock is the same",
    "/asked/*": PEOPLE,
    "/data/erase": PEOPLE,
    "/trip/times": PEOPLE,
    "/trip/order": PEOPLE,
    "/trip/place": PEOPLE,
    "/number": HERS_STILL,
    "/number/code": PEOPLE,
    "/number/*/remove": HERS_STILL,
    "/people/add": PEOPLE,
    "/people/*/hand-over": PEOPLE,
    "/people/*/remove": PEOPLE,
}
"""POSTs of her pages that do read an alarm, and why. What they answer is compared by `test_after_a_word`."""
LAST = ("/trip/people/*/remove", "/trip/words/clear", "/trip/ready", "/private/close", "/out")


@dataclass
class Blind:
    """Her browser before a web that cannot see an alarm; `peeks`: what it tried to read all the same, where known."""

    client: Client
    db: Database
    peeks: list[str]

    def open(self, path: str, session: str = "") -> Response:
        self.client.cookies.clear()
        if session:
            self.client.cookies.set("s", session)
        answer: Response = self.client.get(path, follow_redirects=False)
        return answer

    def press(self, path: str, cookies: dict[str, str], fields: dict[str, str]) -> Response:
        """Send a form with the cookies that its page was shown with."""
        self.client.cookies.clear()
        self.client.cookies.update(cookies)
        answer: Response = self.client.post(path, data=fields, follow_redirects=False)
        return answer

    def peeked(self, answer: Response) -> list[str]:
        """What the web tried to read for this answer: PostgreSQL only says that it was something."""
        found, self.peeks[:] = list(self.peeks), []
        return found or (["something"] if answer.status_code >= 500 else [])


@pytest.fixture
def blind(forms: FormWorld) -> Iterator[Blind]:
    """A web beside the world's own, over the same database."""
    with blind_web(forms) as web:
        yield web


@contextmanager
def blind_web(world: FormWorld) -> Iterator[Blind]:
    url = world.service.db.write.url.render_as_string(hide_password=False)
    with blindfolded(url) as (db, peeks):
        service = replace(world.service, db=db, keys=open_keyring(db, [bytes(range(32))], NOW))
        with app_for(service) as app, Client(app, raise_server_exceptions=False) as client:
            yield Blind(client, db, peeks)


@pytest.mark.parametrize("table", [Alarm, CheckIn, Watch])
def test_the_blindfold_is_tight(blind: Blind, table: Any) -> None:
    with closing(blind.db.read.connect()) as conn, pytest.raises(DBAPIError):
        conn.execute(select(table_of(table)))


def test_all_that_her_phone_shows_is_made_without_alarms(forms_once: FormWorld) -> None:
    """T3: every page, the API, her button and every form that is not listed with a reason; alarms of all kinds are
    open."""
    made = furnish(forms_once)
    with blind_web(forms_once) as blind:
        found, peeks = _of_pages(blind, made)
        assert {"/home", "/in", "/trip/where", "/trip/words", "/private", "/c/*"} <= found, sorted(found)
        peeks += [*_of_the_private_page(blind, made.places["private"].session), *_of_the_api(forms_once, blind)]
    assert peeks == []


def test_her_own_pages_are_made_by_a_role_that_may_not_read_alarms(forms: FormWorld, blind: Blind) -> None:
    """T3: on PostgreSQL by grants. Whoever serves her could be given no more than that."""
    made = Installation()
    forms.sign_in()
    trip = forms.armed(words=True)
    forms.post(f"{trip}/check-ins", {"text": WORDS["duress"][0]})
    forms.work()
    assert forms.state(trip).alarm is not None
    forms.enter_later()
    session = forms.client.cookies["s"]
    peeks = [*_of_the_private_page(blind, session), *_of_the_api(forms, blind)]
    made.public(sign_in="/in", check_in=forms.get(trip, Amanba_Passphrase=WORDS["passphrase"]).json()["check_in_url"])
    made.hers(session, home="/home")
    made.quiet |= {"sign_in", "check_in"}
    found, more = _of_pages(blind, made)
    assert {"/home", "/in", "/c/*"} <= found
    assert peeks + more == []


def _of_pages(blind: Blind, made: Installation) -> tuple[set[str], list[str]]:
    """Every page of hers, and every form on them as it stands there, those last that end something: which forms there
    are, and what was read for it."""
    found: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {}
    peeks: list[str] = []
    for name in sorted(made.quiet):
        place = made.places[name]
        answer = blind.open(place.path, place.session)
        peeks += [f"GET {place.path}: {peek}" for peek in blind.peeked(answer)]
        assert answer.status_code in (404 if name == "not_here" else 200, 500), (name, answer.status_code)
        for attributes, body in FORMS.findall(answer.text):
            path = unescape(dict(NAMED.findall(attributes)).get("action", place.path))
            found.setdefault(_pattern(path), (path, dict(blind.client.cookies), _as_it_stands(body)))
    pressed = [target for target in found if target not in SIGHTED and target not in LAST]
    for target in (*pressed, *(target for target in LAST if target in found)):
        path, cookies, fields = found[target]
        answer = blind.press(path, cookies, fields)
        assert answer.status_code not in (403, 404), (path, fields, answer.status_code)
        peeks += [f"POST {target}: {peek}" for peek in blind.peeked(answer)]
    return set(found), peeks


def _as_it_stands(form: str) -> dict[str, str]:
    """What a browser would send of a form that nobody has touched, but for its choices."""
    fields: dict[str, str] = {}
    for tag in FIELDS.findall(form):
        said = dict(NAMED.findall(tag))
        if said.get("type") not in ("checkbox", "radio") and "name" in said:
            fields.setdefault(said["name"], unescape(said.get("value", "")))
    return fields


def _of_the_private_page(blind: Blind, session: str) -> Iterator[str]:
    """Behind the passphrase of her whose alarm is one of duress."""
    forms_here = [_as_it_stands(body) for _, body in FORMS.findall(blind.open("/private", session).text)]
    (door,) = [fields for fields in forms_here if "passphrase" in fields]
    opened = blind.press("/private", {"s": session}, {**door, "passphrase": WORDS["passphrase"]})
    assert opened.headers["location"] == "/trip/all"
    for path in (
        "/trip/all",
        "/home",
        "/late",
        "/pause",
        "/end",
        "/number",
        "/later",
        "/trip/card",
        "/trip/agreement",
        "/trip/calendar",
        "/trip/checklist",
        "/trip/drill",
        "/people",
        "/people/add",
        "/trip/times",
        "/trip/order",
        "/trip/place",
    ):
        answer = blind.open(path, session)
        assert answer.status_code in (200, 303, 500), (path, answer.status_code)
        yield from (f"GET {path}, opened: {peek}" for peek in blind.peeked(answer))
    person = re.findall(r"/people/[0-9a-f-]{36}", blind.open("/people", session).text)
    for path in (f"{person[0]}/remove", f"{person[0]}/hand-over"):
        yield from (f"GET {path}: {peek}" for peek in blind.peeked(blind.open(path, session)))


def _of_the_api(forms: FormWorld, blind: Blind) -> Iterator[str]:
    """What a program of hers calls: to look, to check in, to ask for help. She is the one who is silent."""
    blind.client.cookies.clear()
    auth = {"Authorization": f"Bearer {forms.token}"}
    trips = re.findall(r"/trips/[0-9a-f-]{36}", str(_armed_trip(forms)))
    calls: list[tuple[str, str, Any]] = [
        ("GET", trips[0], None),
        ("GET", f"{trips[0]}/checklist", None),
        ("POST", f"{trips[0]}/check-ins", {"text": WORDS["duress"][0]}),
        ("POST", f"{trips[0]}/check-ins", {}),
        ("POST", f"{trips[0]}/sos", {}),
        ("POST", "/travelers/me/export", {}),
        ("GET", "/travelers/me/export", None),
    ]
    for method, path, body in calls:
        answer = blind.client.request(method, f"/api/v1{path}", json=body, headers=auth)
        assert answer.status_code in (200, 202, 405, 409, 500), answer.text
        yield from (f"{method} {path}: {peek}" for peek in blind.peeked(answer))


def _armed_trip(forms: FormWorld) -> str:
    """The trip of the one who signed up last."""
    from service.db.tables import Trip

    trips = table_of(Trip)
    query = select(trips.c.trip_id).where(trips.c.status == "armed").order_by(trips.c.created_at.desc())
    return f"/trips/{forms.service.read(lambda conn: conn.execute(query).scalars().first())}"


def _pattern(path: str) -> str:
    """A path with its ids and tokens left out."""
    path = path.split("?", 1)[0]
    return re.sub(r"/([0-9a-f-]{36}|(?<=/number/)[0-9a-f]+|(?<=/c/)\w+)", "/*", path)


def test_each_exception_names_a_form_of_hers(forms_once: FormWorld) -> None:
    """T3: nothing stands on the list that is there no more."""
    from service.app import TRAVELER

    served = set()
    for module in TRAVELER:
        for route in module.router(forms_once.service).routes:
            if "POST" in (getattr(route, "methods", None) or ()):
                served.add(re.sub(r"\{\w+\}", "*", str(getattr(route, "path", ""))))
    assert set(SIGHTED) <= served, sorted(set(SIGHTED) - served)
