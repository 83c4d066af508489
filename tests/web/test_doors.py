"""What is tried on every site on the net, tried on ours: each form, each answer, each place that leads elsewhere.

`test_from_outside.py` holds what is of our own making; what a form of each page does with bad input stands beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy import func, select

from service.db.routing import Inbox, Link
from service.db.stored import table_of
from service.usecases.context import Service
from service.usecases.problems import StorageUnavailable
from service.web import problems
from service.web.guard import EveryAnswer
from service.web.pages import HEADERS
from tests.client import Client
from tests.one_app import app_for
from tests.web.api_world import AIZHAN, GULNAR
from tests.web.form_world import HIDDEN, FormWorld, forms_once
from tests.web.test_scanners import rows

__all__ = ["forms_once"]

PROGRAMS = ("/api/", "/hooks/")
BY_THEIR_LINK = re.compile(r"^/[acior]/\{token\}")
"""Whoever can name the page has the link, and the link is the secret."""
NO_SECRET = {"/leave", "/offer", "/phones/text", "/phones/answering"}
"""Leaving may be done to anybody; an ad that is read changes nothing; simulated phones are nobody's."""
ALWAYS = (
    ("x-frame-options", "DENY"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
)
EVIL = "evil.example"
HOSTILE_PARTS = (f"%2F%2F{EVIL}", f"%0d%0aLocation:%20https:%2f%2f{EVIL}", f"\\{EVIL}")


def paths(app: Any, method: str) -> list[str]:
    """Every path that takes this method, as it stands in the routes."""
    found: list[str] = []

    def walk(routes: list[Any], before: str = "") -> None:
        for route in routes:
            inner = getattr(route, "original_router", None)
            if inner is not None:
                walk(inner.routes, before + getattr(route, "path_prefix", ""))
            elif method in (getattr(route, "methods", None) or ()):
                found.append(before + str(getattr(route, "path", "")))

    walk(list(app.routes))
    return found


def named(path: str, value: str = "7c9e6679-7425-40de-944b-e07fc1f90ae7") -> str:
    return re.sub(r"\{\w+\}", lambda _: value, path)


def forms_of_pages(app: Any) -> list[str]:
    own_api = {"/trips", "/travelers", "/offers", "/countries"}
    posts = [path for path in paths(app, "POST") if not path.startswith(PROGRAMS)]
    return [path for path in posts if f"/{path.split('/')[1]}" not in own_api] + ["/c/{token}"]


@pytest.fixture
def signed_in(forms_once: FormWorld) -> FormWorld:
    """A traveler on her way, in her browser."""
    forms_once.armed()
    forms_once.enter_later()
    return forms_once


class TestFormsOfOthers:
    """Another site lets a browser that is signed in send our forms."""

    def test_no_form_is_taken_from_another_site(self, signed_in: FormWorld) -> None:
        found = forms_of_pages(signed_in.client.app)
        assert len(found) > 25
        assert {"/in", "/home", "/end", "/private", "/trip/who", "/a/{token}", "/i/{token}", "/c/{token}"} <= set(found)
        before = rows(signed_in)
        for path in found:
            for says in (
                {"Sec-Fetch-Site": "cross-site"},
                {"Sec-Fetch-Site": "same-site"},
                {"Origin": f"https://{EVIL}"},
            ):
                answer = signed_in.client.post(named(path), data={"form": "x"}, headers=says)
                assert (answer.status_code, path) == (403, path)
        assert rows(signed_in) == before

    def test_no_form_is_taken_without_its_token_or_with_that_of_somebody_else(self, signed_in: FormWorld) -> None:
        signed_in.open("/home")
        ours, hers = dict(signed_in.client.cookies), signed_in.hidden["/home"]["form"]
        signed_in.leave_behind()
        signed_in.open("/in")
        theirs = signed_in.hidden["/in"]["form"]
        signed_in.client.cookies.clear()
        signed_in.client.cookies.update(ours)
        before = rows(signed_in)
        for path in forms_of_pages(signed_in.client.app):
            if BY_THEIR_LINK.match(path) or path in NO_SECRET:
                continue
            for token in ({}, {"form": theirs}, {"form": hers[:-1]}):
                answer = signed_in.client.post(named(path), data={**token, "phone": AIZHAN}, follow_redirects=False)
                assert (answer.status_code, path) == (403, path)
        assert rows(signed_in) == before

    def test_a_form_that_was_opened_before_signing_in_is_not_taken_after_it(self, forms_once: FormWorld) -> None:
        forms_once.open("/in")
        before = forms_once.hidden["/in"]["form"]
        forms_once.enter()
        assert forms_once.client.post("/trip/who", data={"form": before, "name": "X"}).status_code == 403

    def test_a_session_that_was_put_into_her_browser_is_never_hers(self, forms_once: FormWorld) -> None:
        """Session fixation: whoever knows the cookie from before would be in with her."""
        forms_once.enter(GULNAR)
        planted = forms_once.client.cookies["s"]
        forms_once.leave_behind()
        for value in ("chosen-by-somebody-else", planted):
            forms_once.leave_behind()
            forms_once.wait(minutes=2)
            forms_once.open("/in")
            page = forms_once.send("/in", {"phone": AIZHAN})
            fields = {**dict(HIDDEN.findall(page.text)), "code": forms_once.code(AIZHAN)}
            visit = forms_once.client.cookies["v"]
            forms_once.client.cookies.set("s", value)
            fields["form"] = _token(forms_once, value)
            signed_in = forms_once.client.post("/in/code", data=fields, follow_redirects=False)
            assert signed_in.headers["location"] == "/home"
            fresh = signed_in.cookies["s"]
            assert fresh not in (value, visit)
            forms_once.leave_behind()
            forms_once.client.cookies.set("s", value)
            assert forms_once.open("/home").headers["location"] == "/in", "not even his own page"


def _token(world: FormWorld, subject: str) -> str:
    """The token that our own page gives whoever has this cookie."""
    return world.service.keys.token_hash(f"form:{subject}").hex()[:32]


class TestEveryAnswer:
    """In no frame, in no cache, guessed as no other type, and telling nobody where the reader came from."""

    def test_whatever_is_answered(self, signed_in: FormWorld) -> None:
        client = signed_in.client
        signed_in.open("/home")
        form = signed_in.hidden["/home"]["form"]
        answers = {
            "a page": client.get("/home"),
            "elsewhere": client.get("/trip/ready", follow_redirects=False),
            "no such page": client.get("/nothing"),
            "no such link": client.get("/c/nothing"),
            "a button without a link": client.post("/c/nothing"),
            "a button that is too large": client.post("/c/nothing", content=b"x" * 20_000),
            "an answer that is too large": client.post("/a/nothing", content=b"x" * 20_000),
            "a form that is too large": client.post("/in", content=b"x" * 60_000),
            "another method": client.put("/home"),
            "another site": client.post("/home", headers={"Sec-Fetch-Site": "cross-site"}),
            "no token": client.post("/home"),
            "a refusal": client.post("/trip/who", data={"form": form}, follow_redirects=False),
            "an import": client.post("/late", data={"form": form, "by": "nonsense"}, follow_redirects=False),
            "no such file": client.get("/static/nothing"),
            "a hook": client.post("/hooks/twilio/sms", data={"Body": "ok"}),
            "no such hook": client.post("/hooks/nothing"),
            "health": client.get("/healthz"),
            "readiness": client.get("/readyz"),
            "numbers": client.get("/metrics"),
            "the document of the API": client.get("/api/v1/openapi.json"),
            "nobody's API": client.get(f"/api/v1/trips/{uuid4()}"),
            "no such call": client.get("/api/v1/nothing"),
            "no JSON": client.post("/api/v1/travelers", content=b"{"),
            "a wrong field": client.post("/api/v1/travelers", json={"name": ""}),
            "her trip": signed_in.get(f"/trips/{uuid4()}"),
            "a file": client.get("/static/amanba.css"),
        }
        # Which of them were redirected, refused or found does not matter here; that all kinds are there does.
        assert {answer.status_code for answer in answers.values()} >= {200, 303, 401, 403, 404, 405, 413, 422}
        faults = {name: _missing(answer) for name, answer in answers.items()}
        assert {name: fault for name, fault in faults.items() if fault} == {"a file": ["cache-control"]}
        assert answers["a file"].headers["cache-control"] == "no-cache"

    def test_also_when_we_fail_and_when_the_database_is_away(self) -> None:
        app = FastAPI()
        problems.install(app)
        app.add_middleware(EveryAnswer)

        @app.get("/broken")
        @app.get("/api/v1/broken")
        def broken() -> None:
            raise RuntimeError

        @app.get("/away")
        @app.get("/api/v1/away")
        def away() -> None:
            raise StorageUnavailable("away")

        with Client(app, raise_server_exceptions=False) as client:
            for path, status in (("/broken", 500), ("/away", 503)):
                for answer in (client.get(path), client.get(f"/api/v1{path}")):
                    assert (answer.status_code, _missing(answer)) == (status, [])


def _missing(answer: Response) -> list[str]:
    found = [name for name, value in ALWAYS if answer.headers.get(name) != value]
    policy = answer.headers.get("content-security-policy", "")
    return found if policy == HEADERS["Content-Security-Policy"] else [*found, "policy"]


class TestWhereItLeads:
    def test_no_request_decides_where_somebody_is_led(self, signed_in: FormWorld) -> None:
        """Open redirects: by any parameter, path or header, of any page that leads on."""
        query = "&".join(f"{name}=//{EVIL}/" for name in ("next", "url", "of", "answered", "done", "other", "lang"))
        lies = {"Host": EVIL, "X-Forwarded-Host": EVIL, "X-Original-URL": f"//{EVIL}", "Referer": f"https://{EVIL}/"}
        led = []
        signed_in.open("/home")
        token = {"form": signed_in.hidden["/home"]["form"], "do": f"//{EVIL}", "answer": f"//{EVIL}", "of": f"//{EVIL}"}
        for path in _one_of_each(signed_in.client.app):
            for part in HOSTILE_PARTS[: None if "{" in path else 1]:
                address = f"{named(path, part)}?{query}"
                for method, body in (("GET", None), ("POST", token)):
                    answer = signed_in.client.request(method, address, data=body, headers=lies, follow_redirects=False)
                    if where := answer.headers.get("location"):
                        led.append(where)
                        host = urlsplit(urljoin("http://ours/", where.replace("\\", "/"))).netloc
                        assert host in ("ours", "www.wikipedia.org"), (method, path, where)
                        assert "\n" not in where
        assert len(led) > 20

    def test_no_page_repeats_the_host_that_it_was_asked_by(self, signed_in: FormWorld) -> None:
        lies = {"Host": EVIL, "X-Forwarded-Host": EVIL, "Forwarded": f"host={EVIL}"}
        for path in ("/", "/in", "/home", "/trip/all", "/people", "/leaving", "/nothing", "/api/v1/openapi.json"):
            answer = signed_in.client.get(path, headers=lies)
            assert EVIL not in answer.text
            assert EVIL not in str(answer.headers)

    def test_links_in_messages_lead_to_our_own_address_whoever_asked(self, forms_once: FormWorld) -> None:
        forms_once.sign_in()
        forms_once.client.headers.update({"Host": EVIL, "X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "ftp"})
        trip = forms_once.armed()
        forms_once.post(f"{trip}/sos")
        forms_once.work()
        sent = " ".join(forms_once.texts(GULNAR))
        assert {urlsplit(link).netloc for link in re.findall(r"https?://\S+", sent)} == {"127.0.0.1:8000"}
        assert forms_once.get(trip).json()["check_in_url"].startswith("http://127.0.0.1:8000/c/")
        assert EVIL not in sent

    def test_files_are_those_beside_the_pages_and_no_others(self, forms_once: FormWorld) -> None:
        for name in (
            "../pages.py",
            "..%2fpages.py",
            "%2e%2e/pages.py",
            "%2e%2e%2fpages.py",
            "..\\pages.py",
            "....//pages.py",
            "amanba.css/../../pages.py",
            "/etc/passwd",
            "%2fetc%2fpasswd",
            "amanba.css%00.py",
            "AMANBA.CSS",
            ".",
            "",
        ):
            answer = forms_once.client.get(f"/static/{name}")
            assert answer.status_code == 404, name
            assert "import" not in answer.text


def _one_of_each(app: Any) -> Iterator[str]:
    both = dict.fromkeys((*paths(app, "GET"), *paths(app, "POST"), "/c/{token}"))
    yield from (path for path in both if not path.startswith(("/leave", "/out", "/trips", "/travelers")))


class TestOddRequests:
    def test_no_header_and_no_field_makes_another_method_of_one(self, forms_once: FormWorld) -> None:
        trip = forms_once.armed()
        mother = forms_once.get(trip).json()["contacts"][0]["contact_id"]
        link = forms_once.get(trip).json()["check_in_url"].removeprefix("http://127.0.0.1:8000")
        for method in ("DELETE", "PATCH", "PUT", "POST"):
            override = {
                "X-HTTP-Method-Override": method,
                "X-HTTP-Method": method,
                "X-Method-Override": method,
                "Authorization": f"Bearer {forms_once.token}",
            }
            address = f"/api/v1{trip}/contacts/{mother}?_method={method}"
            assert forms_once.client.get(address, headers=override).status_code == 405
            assert forms_once.client.post(address, headers=override, data={"_method": method}).status_code == 405
            assert forms_once.client.get(f"{link}?_method={method}", headers=override).status_code == 200
        inbox = table_of(Inbox)
        kept = select(func.count()).select_from(inbox)
        assert forms_once.service.read(lambda conn: conn.execute(kept).scalar_one()) == 0
        assert forms_once.get(trip).json()["contacts"][0]["status"] == "accepted"

    def test_a_body_that_nobody_sends_breaks_nothing(self, forms_once: FormWorld) -> None:
        for body, kind in (
            (b"[" * 60_000, "application/json"),
            (b'{"name":' * 7_000 + b"1" + b"}" * 7_000, "application/json"),
            (b'{"name": ' + b"9" * 6_000 + b"}", "application/json"),
            (b'{"name": 1e400}', "application/json"),
            (b'\xff\xfe{\x00"\x00', "application/json; charset=utf-16"),
            (b"\x1f\x8b\x08\x00", "application/json"),
            (b"--x\r\nContent-Disposition: form-data; name=phone\r\n\r\n1\r\n--x--", "multipart/form-data; boundary=x"),
            (b"phone=%ff%fe&form=%00&phone[]=1&;;;&=&%", "application/x-www-form-urlencoded"),
            (b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'a'>]><x>&a;</x>", "application/xml"),
            (b"", "nonsense"),
        ):
            for path in ("/in", "/c/nothing", "/a/nothing", "/i/nothing", "/api/v1/travelers"):
                answer = forms_once.client.post(path, content=body, headers={"Content-Type": kind})
                assert 400 <= answer.status_code < 500, (path, body[:20], answer.status_code)

    def test_a_length_that_lies_breaks_nothing(self, forms_once: FormWorld) -> None:
        for length in ("-1", "1e3", "9" * 30):
            answer = forms_once.client.post("/api/v1/travelers", content=b"{}", headers={"Content-Length": length})
            assert 400 <= answer.status_code < 500


class TestCookies:
    @pytest.fixture
    def public(self, forms_once: FormWorld) -> Iterator[FormWorld]:
        """The installation as people reach it, encrypted."""
        service: Service = replace(forms_once.service, public_url="https://amanba.example")
        with app_for(service) as app:
            forms_once.client = Client(app, base_url="https://amanba.example", raise_server_exceptions=False)
            yield forms_once

    def test_each_is_kept_to_us_to_encryption_and_out_of_scripts(self, public: FormWorld) -> None:
        public.open("/in?lang=kk")
        answers = [public.client.get("/in?lang=kk"), public.send("/in?lang=kk", {"phone": AIZHAN}, to="/in")]
        fields = {**dict(HIDDEN.findall(answers[-1].text)), "code": public.code(AIZHAN)}
        answers.append(public.client.post("/in/code", data=fields, follow_redirects=False))
        public.leave_behind()
        answers.append(public.client.get("/in"))
        every = [cookie for answer in answers for cookie in answer.headers.get_list("set-cookie")]
        set_now = [cookie for cookie in every if "Max-Age=0" not in cookie]
        assert {cookie.split("=", 1)[0] for cookie in set_now} == {"s", "v", "n", "lang"}
        for cookie in set_now:
            attributes = {part.strip().split("=")[0].lower(): part.strip() for part in cookie.split(";")[1:]}
            assert {"httponly", "secure", "path", "samesite"} <= set(attributes), cookie
            assert attributes["path"] == "Path=/"
            assert attributes["samesite"] == "SameSite=lax"
            assert "domain" not in attributes, "no other host under ours may read it"

    def test_a_session_is_long_random_and_known_to_us_by_its_hash_alone(self, public: FormWorld) -> None:
        public.enter()
        token = public.client.cookies["s"]
        assert len(token) == 43
        links = table_of(Link)
        stored = public.service.read(lambda conn: conn.execute(select(links)).mappings().all())
        assert token not in repr(stored)
