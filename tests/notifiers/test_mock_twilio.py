"""The mock is held to what is known of the real one: a test against a wrong mock proves nothing."""

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlencode

import pytest

from tests.mock_twilio import MockTwilio, sign

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
MOTHER, BROTHER = "+77010000001", "+77010000002"


@pytest.fixture
def twilio() -> Iterator[MockTwilio]:
    with MockTwilio() as mock:
        mock.use_clock(lambda: NOW)
        yield mock


def ask(
    twilio: MockTwilio, method: str = "GET", tail: str = "", form: Mapping[str, str] | None = None, token: str = ""
) -> tuple[int, dict[str, object]]:
    connection = HTTPConnection(twilio.url.removeprefix("http://"), timeout=5)
    pair = f"{twilio.account_sid}:{token or twilio.auth_token}"
    headers = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    path = f"/2010-04-01/Accounts/{twilio.account_sid}/Messages{tail or '.json'}"
    connection.request(method, path, urlencode(form or {}), headers)
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    return answer.status, body


def text(twilio: MockTwilio, **changes: str) -> tuple[int, dict[str, object]]:
    return ask(twilio, "POST", form={"To": MOTHER, "From": twilio.number, "Body": "hello", **changes})


def test_a_message_has_the_fields_and_dates_of_twilios(twilio: MockTwilio) -> None:
    status, body = text(twilio)
    assert status == 201
    assert (body["direction"], body["status"], body["num_segments"]) == ("outbound-api", "queued", "1")
    assert (body["date_created"], body["date_sent"]) == ("Sun, 22 Nov 2026 07:00:00 +0000", None)
    assert ask(twilio, tail=f"/{body['sid']}.json") == (200, body)


def test_a_stranger_and_a_wrong_path_are_refused(twilio: MockTwilio) -> None:
    status, error = ask(twilio, token="wrong")
    assert (status, error["code"], error["status"]) == (401, 20003, 401)
    assert error["more_info"] == "https://www.twilio.com/docs/errors/20003"
    assert ask(twilio, tail="/SMnone.json")[0] == 404


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "8 701"}, 21211),
        ({"From": ""}, 21603),
        ({"From": "+15550000000"}, 21606),
        ({"Body": ""}, 21602),
        ({"Body": "a" * 1601}, 21617),
        ({"StatusCallback": "amanba.example"}, 21609),
        ({"ValidityPeriod": "36001"}, 21624),
    ],
)
def test_a_wrong_request_is_refused_with_twilios_code(twilio: MockTwilio, changes: dict[str, str], code: int) -> None:
    status, error = text(twilio, **changes)
    assert (status, error["code"]) == (400, code)
    assert twilio.sent == []


def test_the_list_filters_and_pages_newest_first(twilio: MockTwilio) -> None:
    for number in range(3):
        twilio.text_unheard(MOTHER, str(number))
        twilio.advance(hours=12)
    text(twilio)
    _, first = ask(twilio, tail=f".json?{urlencode({'To': twilio.number, 'PageSize': '2'})}")
    assert [row["body"] for row in rows(first)] == ["2", "1"]
    following = str(first["next_page_uri"])
    assert "PageToken=PA" in following
    _, second = ask(twilio, tail=following[following.index(".json") :])
    assert [row["body"] for row in rows(second)] == ["0"]
    assert second["next_page_uri"] is None
    for query, bodies in [
        ({"DateSent": "2026-11-22"}, ["1", "0"]),
        ({"DateSent>": "2026-11-22T19:00:00Z"}, ["2", "1"]),
        ({"DateSent<": "2026-11-22"}, ["1", "0"]),
        ({"From": BROTHER}, []),
        ({"From": MOTHER}, ["2", "1", "0"]),
    ]:
        assert [row["body"] for row in rows(ask(twilio, tail=f".json?{urlencode(query)}")[1])] == bodies
    assert ask(twilio, tail=".json?PageSize=1001")[0] == 400


def rows(page: dict[str, object]) -> list[dict[str, object]]:
    found = page["messages"]
    assert isinstance(found, list)
    return found


def test_a_story_on_two_phones(twilio: MockTwilio) -> None:
    mother, brother = twilio.phone(MOTHER), twilio.phone(BROTHER)
    brother.switch_off()
    text(twilio, Body="No sign since 20:31")
    text(twilio, To=BROTHER, Body="Mother has it")
    mother.expect("No sign")
    mother.expect_nothing()
    brother.expect_nothing()
    with pytest.raises(AssertionError, match="no unread text"):
        mother.expect("No sign")
    brother.switch_on()
    brother.expect("Mother has it")


def test_with_the_app_down_a_text_is_in_the_list_alone(twilio: MockTwilio) -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        twilio.app_url = f"http://127.0.0.1:{server.server_port}"
    assert twilio.phone(MOTHER).text("OK") == 0
    assert [row["body"] for row in rows(ask(twilio)[1])] == ["OK"]


def test_hooks_reach_a_live_app_signed_and_repeat_by_sid(twilio: MockTwilio) -> None:
    heard: list[dict[str, str]] = []

    class App(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = dict(parse_qsl(body, keep_blank_values=True))
            passes = self.headers["X-Twilio-Signature"] == sign(twilio.auth_token, twilio.app_url + self.path, form)
            heard.append({**form, "path": self.path})
            self.send_response(200 if passes else 403)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), App) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        twilio.app_url = f"http://127.0.0.1:{server.server_port}"
        text(twilio, StatusCallback=f"{twilio.app_url}/status/1?a=b")
        (sent,) = twilio.sent
        answers = [
            twilio.text(MOTHER, "Аман 👍", "SM1"),
            twilio.text(MOTHER, "Аман 👍", "SM1"),
            twilio.undelivered(sent.sid, 30003),
            twilio.report(sent.sid, "sent", only_post=True),
        ]
        server.shutdown()
        thread.join()
    assert answers == [200, 200, 200, 200]
    assert [one["MessageSid"] for one in heard] == ["SM1", "SM1", sent.sid, sent.sid]
    assert (heard[0]["Body"], heard[0]["SmsStatus"], heard[0]["path"]) == ("Аман 👍", "received", "/hooks/twilio/sms")
    assert (heard[2]["MessageStatus"], heard[2]["ErrorCode"]) == ("undelivered", "30003")
    assert heard[3]["path"] == "/status/1?a=b"
    assert sent.status == "undelivered"
    assert len([one for one in twilio.ledger.texts if not one.outbound]) == 1


def test_another_process_can_script_it(twilio: MockTwilio) -> None:
    twilio.app_url = "http://127.0.0.1:1"
    assert control(twilio, "text_unheard", From=MOTHER, Body="OK") == twilio.ledger.texts[0].sid
    assert control(twilio, "text", From=MOTHER, Body="OK") == 0
    control(twilio, "fail", Status="400", Code="21610")
    assert text(twilio)[1]["code"] == 21610
    ledger = control(twilio, "ledger")
    assert isinstance(ledger, list)
    assert [one["direction"] for one in ledger] == ["inbound", "inbound"]


def control(twilio: MockTwilio, verb: str, **form: str) -> object:
    connection = HTTPConnection(twilio.url.removeprefix("http://"), timeout=5)
    connection.request("POST", f"/_mock/{verb}", urlencode(form))
    body = json.loads(connection.getresponse().read())
    connection.close()
    return body["result"]
