"""When it is our failure, the answer says so, says no more, and what people sent stays out of it."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from service.usecases.problems import StorageUnavailable
from service.web import problems
from service.web.problems import field_path
from tests.client import Client


@pytest.fixture
def client() -> Iterator[Client]:
    app = FastAPI()
    problems.install(app)

    @app.get("/api/v1/away")
    def away() -> None:
        raise StorageUnavailable("the database at 10.0.0.1 is away")

    @app.get("/api/v1/broken")
    def broken() -> None:
        raise RuntimeError("+77000000001 could not be handled")

    with Client(app, raise_server_exceptions=False) as client:
        yield client


def test_a_database_that_is_away_asks_to_try_again(client: Client) -> None:
    answer = client.get("/api/v1/away")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json() == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "We could not store this just now. Please try again in a minute.",
    }


def test_a_mistake_of_ours_shows_nothing_of_what_was_sent(client: Client) -> None:
    answer = client.get("/api/v1/broken")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "7700" not in answer.text


def test_a_method_that_an_address_does_not_take(client: Client) -> None:
    answer = client.post("/api/v1/away")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert answer.json()["title"] == "Method Not Allowed"


def test_outside_the_api_errors_are_pages_and_for_programs_a_status(client: Client) -> None:
    page = client.get("/nothing", headers={"Accept-Language": "ru"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "Этой страницы здесь нет" in page.text
    assert client.get("/healthz/nothing").headers["content-type"] == "application/json"


def test_a_fields_path_is_the_apis() -> None:
    assert field_path(("body", "daily", 1, "time")) == "daily[1].time"
    assert field_path(("body", "rungs", 0, "contacts", 2)) == "rungs[0].contacts[2]"
    assert field_path(("body",)) == "body"
    assert field_path(("header", "Idempotency-Key")) == "Idempotency-Key"
