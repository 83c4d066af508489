"""Who may post as Twilio, over HTTP as it comes in from a proxy: what it signed passes, whatever lies between, and what
it did not sign leaves no trace. The cases are those which others refused, or believed, by mistake.
"""

from __future__ import annotations

import http.client
import itertools
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from starlette.types import ASGIApp, Receive, Scope, Send

from notifiers.registry import configured
from service.clock import utc_now
from service.db.routing import Inbox
from service.db.sealed import open_keyring
from service.db.stored import table_of
from service.usecases.context import Service
from tests.browser.demonstration import served
from tests.mock_twilio import sign
from tests.one_app import app_for
from tests.one_engine import database_at

INBOX = table_of(Inbox)
PATH = "/hooks/twilio/sms"
PUBLIC = "https://amanba.example"
SIGNED = PUBLIC + PATH
TOKEN, NEXT, KEY, FOREIGN = "current-token", "next-token", "shared-key", "foreign-token"
ENV = {
    "AMANBA_TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
    "AMANBA_TWILIO_AUTH_TOKEN": TOKEN,
    "AMANBA_TWILIO_FROM": "+48732000000",
}
ROTATING = {"AMANBA_TWILIO_AUTH_TOKEN_NEXT": NEXT}
SHARED = {"AMANBA_TWILIO_SHARED_KEY": KEY}
SETTINGS = "X-Twilio-Webhooks-Signature-Settings"
STRONG = {SETTINGS: "key=WH1,algorithm=HMAC_SHA256"}
TEXT = {"From": "+77010000001", "To": "+48732000000", "Body": "OK", "NumMedia": "0", "FromCity": ""}

numbers = itertools.count(1)


@dataclass(frozen=True)
class Case:
    """A request: what Twilio signed and how, what arrives, and the settings that it meets."""

    title: str
    passes: bool
    signed: str = SIGNED
    secret: str | None = TOKEN
    algorithm: str = "sha1"
    path: str = PATH
    form: Mapping[str, str] = field(default_factory=lambda: TEXT)
    arrives: Mapping[str, str] = field(default_factory=dict)
    """Fields that somebody has added or changed on the way."""
    headers: Mapping[str, str] = field(default_factory=dict)
    public: str = PUBLIC
    env: Mapping[str, str] = field(default_factory=dict)


CASES = [
    Case("the public address, though a proxy speaks plain HTTP to us", True),
    Case("the address that the app itself sees", False, signed="http://127.0.0.1:8000" + PATH),
    Case("http where people come by https", False, signed=SIGNED.replace("https", "http")),
    Case("the usual port, written out", True, signed=SIGNED.replace("example", "example:443")),
    Case("the usual port, written out by us", True, public=PUBLIC + ":443"),
    Case("another port, which we do not know of", False, signed=SIGNED.replace("example", "example:8443")),
    Case("another port", True, signed=SIGNED.replace("example", "example:8443"), public=PUBLIC + ":8443"),
    Case("a name and a password in the address", False, signed=SIGNED.replace("//", "//me:secret@")),
    Case("an empty body: a picture", True, form={**TEXT, "Body": "", "NumMedia": "1", "MediaUrl0": "https://a/b"}),
    Case("letters and an emoji", True, form={**TEXT, "Body": "Аман 👍 + & = % ә"}),
    Case("spaces and line ends at its borders", True, form={**TEXT, "Body": " ok\r\n \u00a0"}),
    Case("fields of next year", True, form={**TEXT, "QuantumOrigin": "yes", "OptOutType": "HELP"}),
    Case("a field that was added on the way", False, arrives={"OptOutType": "STOP"}),
    Case("a field that was changed on the way", False, arrives={"Body": "ok 4821"}),
    Case("a query as it was signed", True, signed=SIGNED + "?b=2&a=1", path=PATH + "?b=2&a=1"),
    Case("a query in another order", False, signed=SIGNED + "?b=2&a=1", path=PATH + "?a=1&b=2"),
    Case("an encoded query as it was signed", True, signed=SIGNED + "?a=%C3%a9%20", path=PATH + "?a=%C3%a9%20"),
    Case("a query encoded anew", False, signed=SIGNED + "?a=%C3%a9%20", path=PATH + "?a=%C3%A9+"),
    Case("no header", False, secret=None),
    Case("an empty header", False, secret=None, headers={"X-Twilio-Signature": ""}),
    Case("a header that is no signature", False, secret=None, headers={"X-Twilio-Signature": "%%%"}),
    Case("another's token", False, secret=FOREIGN),
    Case("the address of another hook", False, signed=f"{PUBLIC}/hooks/twilio/voice"),
    Case("the token before a rotation", True, env=ROTATING),
    Case("the token after it", True, secret=NEXT, env=ROTATING),
    Case("a third one while it is rotated", False, secret=FOREIGN, env=ROTATING),
    Case("an algorithm that nobody knows", False, headers={SETTINGS: "algorithm=NONE"}),
    Case("the shared key", True, secret=KEY, algorithm="sha256", headers=STRONG, env=SHARED),
    Case("the shared key, its header lost", False, secret=KEY, algorithm="sha256", env=SHARED),
    Case("the weaker token where a key is shared", False, env=SHARED),
    Case("the header asks for the weaker one", False, headers={SETTINGS: "algorithm=HMAC_SHA1"}, env=SHARED),
    Case("the weaker token under the stronger name", False, algorithm="sha256", headers=STRONG, env=SHARED),
    Case("what a proxy says of the host", True, headers={"Host": "evil.example", "X-Forwarded-Proto": "http"}),
    Case("a host that a proxy made up", False, signed="https://evil.example" + PATH, headers={"Host": "evil.example"}),
]


class Door:
    """One port, behind which each test puts an installation of its own."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.app: ASGIApp | None = None
        self.address = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.app is not None:
            await self.app(scope, receive, send)

    def kept(self, sid: str) -> int:
        query = select(INBOX.c.inbox_id).where(INBOX.c.provider_id == sid)
        return len(self.service.read(lambda conn: conn.execute(query).all()))


@pytest.fixture(scope="module")
def door(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    path = tmp_path_factory.mktemp("door") / "amanba.db"
    shutil.copyfile(sqlite_template, path)
    with closing(database_at(f"sqlite:///{path}")) as db:
        keys = open_keyring(db, [bytes(range(32))], utc_now())
        made = Door(Service(db=db, keys=keys, notifiers={}, segments=len, fold=str))
        with served(cast(FastAPI, made)) as made.address:
            yield made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_what_twilio_signed_is_kept_and_nothing_else(door: Door, case: Case) -> None:
    sid = f"SM{next(numbers):032x}"
    form = {**case.form, "MessageSid": sid}
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", **case.headers}
    if case.secret is not None:
        headers["X-Twilio-Signature"] = sign(case.secret, case.signed, form, case.algorithm)
    body = urlencode({**form, **case.arrives})
    assert dict(parse_qsl(body, keep_blank_values=True)) == {**form, **case.arrives}
    service = replace(door.service, public_url=case.public, notifiers=configured({**ENV, **case.env}, utc_now))
    with app_for(service) as door.app, closing(http.client.HTTPConnection(urlsplit(door.address).netloc)) as line:
        line.request("POST", case.path, body, headers)
        answer = line.getresponse()
        said = answer.read()
    assert (answer.status, door.kept(sid)) == ((200, 1) if case.passes else (403, 0))
    assert (said, answer.headers["Content-Type"]) == (
        (b"<Response/>", "text/xml; charset=utf-8") if case.passes else (b"", None)
    )
