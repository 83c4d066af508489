"""Codes cost money and open accounts: how many go to a number, on a visitor's word, and in a day."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from service.cli import _config
from service.db.stored import table_of
from service.db.tables import Outbox
from service.doctor.public_url import _look_at_its_form
from service.settings import Settings
from service.usecases.codes import FROM_A_VISITOR, WRONG_FROM_A_VISITOR
from service.usecases.contacts import INVITATIONS_A_DAY
from service.usecases.limits import count_all
from service.usecases.problems import Invalid
from service.usecases.register import SignUpForm, sign_up, verify
from service.web.visitor import visitor_of
from tests.client import Client
from tests.easy import one_database
from tests.one_app import app_for
from tests.web.api_world import AIZHAN, DANIYAR, GULNAR, MOTHER, SAULE, World, world
from tests.web.form_world import FormWorld, forms, forms_once, shown
from tests.web.statements import statements

__all__ = ["forms", "forms_once", "world"]

HERE, ELSEWHERE = "203.0.113.9", "198.51.100.4"
FORM = {"name": "Aizhan", "phone": AIZHAN, "language": "en"}
OUTBOX = table_of(Outbox)


def visitor(world: World, address: str) -> Client:
    """A browser at this address."""
    return Client(world.client.app, client=(address, 50000), raise_server_exceptions=False)


def ask_from(world: World, address: str, times: int) -> None:
    for number in range(times):
        sign_up(world.service, SignUpForm("", f"+770000010{number:02}", "en"), visitor=address)


class TestToANumber:
    @one_database
    def test_right_codes_are_counted_too_five_an_hour_and_ten_a_day(self, world: World) -> None:
        """Each is paid for, also by whoever owns the number."""
        for _ in range(5):
            world.sign_in()
            world.wait(minutes=2)
        world.post("/travelers", FORM)
        assert len(world.texts(AIZHAN, "sign_up")) == 5
        for _ in range(6):
            world.wait(hours=1)
            world.post("/travelers", FORM)
        assert len(world.texts(AIZHAN, "sign_up")) == 10
        world.wait(hours=24)
        world.sign_in()

    def test_a_demonstration_is_shown_again_and_again(self, forms_once: FormWorld) -> None:
        shown_off = replace(forms_once.service, demo=True)
        for _ in range(12):
            sign_up(shown_off, SignUpForm("", AIZHAN, "en"))
            forms_once.wait(seconds=1)
        assert len(forms_once.texts(AIZHAN, "sign_up")) == 12

    @one_database
    def test_a_lock_is_not_ended_by_signing_in(self, world: World) -> None:
        world.post("/travelers", FORM)
        for _ in range(5):
            world.post("/travelers/verify", {"phone": AIZHAN, "code": "none"})
        right = world.post("/travelers/verify", {"phone": AIZHAN, "code": world.code(AIZHAN)})
        assert right.status_code == 429


class TestFromAVisitor:
    def test_whoever_asks_for_many_numbers_waits_an_hour_and_nobody_else_does(self, forms_once: FormWorld) -> None:
        forms_once.sign_in()
        forms_once.wait(minutes=2)
        ask_from(forms_once, HERE, FROM_A_VISITOR.most)
        forms_once.client = visitor(forms_once, HERE)
        answers = [forms_once.post("/travelers", {**FORM, "phone": number}) for number in (AIZHAN, SAULE)]
        assert [(one.status_code, one.headers["retry-after"]) for one in answers] == [(429, "3600")] * 2
        assert answers[0].content == answers[1].content, "known or not"
        assert answers[0].json()["detail"].startswith("Too many codes were asked for from this connection")
        page = forms_once.send("/in", {"phone": AIZHAN}, language="kk")
        assert page.status_code == 429
        assert "Осы байланыстан тым көп код сұралды" in shown(page)
        assert f'value="{AIZHAN}"' in page.text, "what was typed is still there"
        assert len(forms_once.texts(AIZHAN, "sign_up")) == 1
        forms_once.client = visitor(forms_once, ELSEWHERE)
        assert forms_once.post("/travelers", FORM).status_code == 202
        assert len(forms_once.texts(AIZHAN, "sign_up")) == 2
        forms_once.wait(hours=1)
        ask_from(forms_once, HERE, 1)

    def test_whoever_tries_many_codes_at_many_numbers_waits_too(self, forms_once: FormWorld) -> None:
        form = SignUpForm("Aizhan", AIZHAN, "en")
        sign_up(forms_once.service, form, visitor=HERE)
        for number in range(WRONG_FROM_A_VISITOR.most):
            with pytest.raises(Invalid):
                verify(forms_once.service, f"+770000010{number:02}", "000000", visitor=HERE)
        right = {"phone": AIZHAN, "code": forms_once.code(AIZHAN)}
        forms_once.client = visitor(forms_once, HERE)
        refused = forms_once.post("/travelers/verify", right)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "900")
        assert "15 minutes" in refused.json()["detail"]
        forms_once.client = visitor(forms_once, ELSEWHERE)
        assert forms_once.post("/travelers/verify", right).status_code == 200


class TestOfADay:
    def test_beyond_the_days_limit_only_known_numbers_get_one(self, world: World) -> None:
        limited = replace(world.service, limits=replace(world.service.limits, codes_a_day=5))
        world.sign_in()
        world.wait(minutes=2)
        for number in (DANIYAR, GULNAR, SAULE):
            sign_up(limited, SignUpForm("", number, "en"))
        assert ["four fifths" in text for text in world.texts("+77000000099")] == [True]
        world.contact(world.trip(), {**MOTHER, "phone": "+77000000041"})
        for number in ("+77000000044", AIZHAN, "+77000000041", "+77000000042"):
            sign_up(limited, SignUpForm("", number, "en"))
        assert "5 sign-in codes today: the limit is reached" in world.texts("+77000000099")[-1]
        assert len(world.texts("+77000000099")) == 2
        assert self.waiting(world, "+77000000044") == 1
        assert self.waiting(world, AIZHAN) == 2
        assert self.waiting(world, "+77000000041") == 0, "somebody's contact is a stranger here"
        assert self.waiting(world, "+77000000042") == 0
        world.wait(days=1)
        sign_up(limited, SignUpForm("", "+77000000042", "en"))
        assert self.waiting(world, "+77000000042") == 1

    @staticmethod
    def waiting(world: World, number: str) -> int:
        """Codes that go out to a number."""
        query = select(func.count()).where(
            OUTBOX.c.address_hash == world.service.keys.phone_hash(number),
            OUTBOX.c.kind == "sign_up",
            OUTBOX.c.state == "pending",
        )
        found: int = world.service.read(lambda conn: conn.execute(query).scalar_one())
        return found

    def test_a_code_to_a_new_number_of_hers_is_one_of_them(self, forms_once: FormWorld) -> None:
        forms_once.service = replace(forms_once.service, limits=replace(forms_once.service.limits, codes_a_day=3))
        with app_for(forms_once.service) as app, Client(app) as client:
            forms_once.client = client
            forms_once.armed()
            forms_once.enter_later()
            asked = forms_once.send("/number", {"phone": "+77000000043"})
            assert asked.status_code == 303
        assert "3 sign-in codes today" in forms_once.texts("+77000000099")[-1]
        assert len(forms_once.texts("+77000000043", "sign_up")) == 1


def test_nobody_invites_the_whole_town(forms_once: FormWorld) -> None:
    by_her = INVITATIONS_A_DAY.by(str(forms_once.sign_in()))
    trip = forms_once.trip()
    for _ in range(INVITATIONS_A_DAY.most - 1):
        forms_once.service.run(lambda conn: count_all(forms_once.service, conn, forms_once.now, [by_her]))
    forms_once.contact(trip, accepted=False)
    refused = forms_once.post(f"{trip}/contacts", {**MOTHER, "phone": SAULE})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "86400")
    assert forms_once.texts(SAULE) == []
    forms_once.wait(days=1)
    forms_once.contact(trip, {**MOTHER, "phone": SAULE}, accepted=False)


class TestVisitor:
    """Whose address counts: whoever opened the connection, unless it is a proxy that the operator named."""

    @pytest.mark.parametrize(
        ("peer", "counted"),
        [
            ("203.0.113.9", "203.0.113.9"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
            ("127.0.0.1", None),
            ("::1", None),
            ("10.1.2.3", None),
            ("172.20.0.5", None),
            ("fe80::1%eth0", None),
            ("/run/amanba.sock", None),
        ],
    )
    def test_a_neighbour_is_nobody_and_a_household_one(self, peer: str, counted: str | None) -> None:
        assert visitor_of(Request({"type": "http", "client": (peer, 1), "headers": []})) == counted
        assert visitor_of(Request({"type": "http", "client": None, "headers": []})) is None

    @pytest.mark.parametrize(
        ("proxies", "peer", "said", "counted"),
        [
            ("", "203.0.113.9", "198.51.100.4", "203.0.113.9"),
            ("", "127.0.0.1", "198.51.100.4", "None"),
            ("127.0.0.1", "127.0.0.1", "198.51.100.4", "198.51.100.4"),
            ("127.0.0.1", "203.0.113.9", "198.51.100.4", "203.0.113.9"),
            ("172.16.0.0/12, 127.0.0.1", "172.18.0.4", "198.51.100.4", "198.51.100.4"),
            # What he claims stands to the left of what the proxy adds.
            ("127.0.0.1", "127.0.0.1", "192.0.2.1, 198.51.100.4", "198.51.100.4"),
            ("127.0.0.1", "127.0.0.1", "nonsense", "None"),
        ],
    )
    def test_only_a_named_proxy_is_believed(self, proxies: str, peer: str, said: str, counted: str) -> None:
        client = Client(served(Settings(trusted_proxies=proxies)), client=(peer, 1))
        headers = {"X-Forwarded-For": said, "Forwarded": f"for={said}", "X-Real-IP": said}
        assert client.get("/", headers=headers).text == counted

    def test_the_doctor_asks_for_the_proxy_that_speaks_tls_for_us(self) -> None:
        said = [
            [finding.said for finding in _look_at_its_form("https://amanba.example", {}, trusts_a_proxy=named)]
            for named in (True, False)
        ]
        assert (said[0], ["AMANBA_TRUSTED_PROXIES is not set" in one for one in said[1]]) == ([], [True])

    @pytest.mark.parametrize("value", ["*", "0.0.0.0/0", "::/0", "proxy.example", "10.0.0.1/8"])
    def test_everybody_and_nobody_knows_whom_are_refused(self, value: str) -> None:
        with pytest.raises(ValueError, match="must"):
            Settings(trusted_proxies=value)


def served(settings: Settings) -> Any:
    """An application that says who its visitor is, as uvicorn would serve it."""

    async def say(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse(str(visitor_of(Request(scope))))(scope, receive, send)

    application: ASGIApp = say
    config = _config(application, settings)  # type: ignore[arg-type]
    config.load()
    return config.loaded_app


@one_database
def test_no_limit_stands_on_the_way_of_an_ok(forms: FormWorld) -> None:
    """T50: whatever comes in is kept: no check-in, SOS or answer asks how often anything was tried."""
    trip = forms.armed()
    link = forms.get(trip).json()["check_in_url"]
    forms.enter_later()
    forms.open("/home")
    with statements(forms.service) as said:
        assert forms.client.post(link.removeprefix("http://127.0.0.1:8000"), data={"nonce": "1"}).status_code == 200
        assert forms.send("/home").status_code == 200
        assert forms.post(f"{trip}/check-ins").status_code == 202
        assert forms.post(f"{trip}/sos").status_code == 202
        forms.read_inbox()
    assert len(said) > 10
    assert [one for one in said if "tries" in one] == []
