"""What somebody finds who comes by other addresses than ours, counts along, or keeps what another one left behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from service.app import create_app
from service.usecases.context import Service
from service.worker_app import create_worker_app
from tests.client import Client
from tests.web.api_world import AIZHAN
from tests.web.form_world import HIDDEN, FormWorld, forms_once, shown

__all__ = ["forms_once"]


@pytest.fixture
def public(forms_once: FormWorld) -> Service:
    """The installation as people reach it."""
    return replace(forms_once.service, public_url="https://amanba.example", metrics_token="a long secret")


@pytest.fixture
def client(public: Service) -> Iterator[Client]:
    with Client(create_app(service=public), base_url="http://amanba.example", follow_redirects=False) as client:
        yield client


class TestCounting:
    """A text more, an alarm more: by that, the holder of a phone would know which word was one of duress."""

    def test_metrics_open_by_the_token_alone(self, client: Client) -> None:
        for given in ("", "Bearer ", "Bearer wrong", "a long secre", "Basic YTpi"):
            answer = client.get("/metrics", headers={"Authorization": given, "Host": "127.0.0.1:8000"})
            assert (answer.status_code, answer.text) == (404, "")
        assert "amanba_" in client.get("/metrics", headers={"Authorization": "Bearer a long secret"}).text

    def test_without_a_token_there_are_none_where_people_reach_us(self, public: Service) -> None:
        with Client(create_app(service=replace(public, metrics_token=""))) as client:
            for given in ("", "Bearer ", "Bearer"):
                assert client.get("/metrics", headers={"Authorization": given}).status_code == 404

    def test_on_ones_own_machine_and_from_a_worker_they_are_there(self, forms_once: FormWorld, public: Service) -> None:
        assert forms_once.client.get("/metrics").status_code == 200
        with Client(create_worker_app(public)) as worker:
            assert worker.get("/metrics").status_code == 200


class TestAddresses:
    @pytest.mark.parametrize("path", ["/home/", "/in/", "/a/0123456789a/", "/i/0123456789a/"])
    def test_no_request_decides_where_another_one_leads(self, client: Client, path: str) -> None:
        for method in ("GET", "POST"):
            answer = client.request(method, path, headers={"Host": "evil.example"})
            assert (answer.status_code, answer.headers.get("location")) == (404, None)
            assert answer.headers["cache-control"] == "no-store"

    def test_no_link_of_ours_leads_to_another_host(self, client: Client) -> None:
        page = client.get("http://amanba.example//evil.example/x")
        assert page.status_code == 404
        assert 'href="/evil.example/x?lang=ru"' in page.text
        assert "//evil" not in page.text


class TestCookies:
    def test_they_never_travel_without_encryption_also_when_a_proxy_does_not_say_so(self, client: Client) -> None:
        for path in ("/in", "/in?lang=ru"):
            cookies = client.get(path).headers.get_list("set-cookie")
            assert cookies
            assert all("Secure" in cookie for cookie in cookies)

    def test_signing_in_anew_leaves_no_session_behind(self, forms_once: FormWorld) -> None:
        forms_once.enter()
        before = dict(forms_once.client.cookies)
        forms_once.wait(minutes=2)
        # A tab that was opened before the first sign-in.
        forms_once.client.cookies.delete("s")
        page = forms_once.client.post(
            "/in", data={**dict(HIDDEN.findall(forms_once.client.get("/in?other=1").text)), "phone": AIZHAN}
        )
        fields = {**dict(HIDDEN.findall(page.text)), "code": forms_once.code(AIZHAN)}
        forms_once.client.cookies.update(before)
        fields["form"] = dict(HIDDEN.findall(forms_once.client.get("/home").text))["form"]
        signed_in = forms_once.client.post("/in/code", data=fields, follow_redirects=False)
        assert signed_in.status_code == 303, shown(signed_in)
        forms_once.leave_behind()
        forms_once.client.cookies.update(before)
        assert forms_once.open("/home").headers["location"] == "/in"

    def test_out_everywhere_is_out_for_programs_too(self, forms_once: FormWorld) -> None:
        trip = forms_once.armed()
        forms_once.enter_later()
        assert forms_once.get(trip).status_code == 200
        forms_once.open("/home")
        forms_once.send("/home", {"everywhere": "1"}, to="/out")
        assert forms_once.get(trip).status_code == 401
