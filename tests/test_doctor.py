"""`amanba doctor` on an empty, a half-configured and a good installation: what it says, and how it ends."""

from __future__ import annotations

import json
import logging
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import structlog
import uvicorn
from sqlalchemy import select, text

from notifiers.base import Knows, Notifier
from service.cli import main
from service.clock import utc_now
from service.db import tx
from service.db.engine import make_engine
from service.db.migrate import upgrade, upgrade_within
from service.db.secrets import make_key
from service.db.state import put_state
from service.db.stored import Stored
from service.doctor import channels, public_url
from service.doctor.findings import Finding, Mark, as_text, in_time, worst
from service.settings import Settings
from service.wiring import build
from tests.mock_twilio import MockTwilio
from tests.notifiers.mail_server import MailServer, mail_server
from tests.one_app import app_for

OPERATOR = "+77019990000"


class Installation:
    """Settings, a data directory, and what the doctor says of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.folder = folder
        self.secrets: list[str] = []
        self.set(AMANBA_DATA_DIR=str(folder / "var"))

    def set(self, **settings: str) -> None:
        for name, value in settings.items():
            self._monkeypatch.setenv(name, value)

    def keep(self, name: str, secret: str, mode: int = 0o600) -> Path:
        """A file with a secret, named by its variable."""
        path = self.folder / name.lower()
        path.write_text(secret + "\n")
        path.chmod(mode)
        self.secrets.append(secret)
        self.set(**{f"{name}_FILE": str(path)})
        return path

    def migrate(self) -> str:
        """A database with tables and the key that numbers are hashed under; its URL."""
        settings = Settings()
        settings.data_dir.mkdir(exist_ok=True)
        upgrade(settings.database)
        build(settings).db.close()
        return settings.database

    def doctor(self, *options: str) -> tuple[int, str]:
        """Its exit status, and what it says."""
        self._monkeypatch.setattr(sys, "argv", ["amanba", "doctor", *options])
        with pytest.raises(SystemExit) as ended:
            main()
        said = self._capsys.readouterr().out
        for secret in self.secrets:
            assert secret not in said
        return (ended.value.code if isinstance(ended.value.code, int) else 0), said

    def checks(self) -> dict[str, list[tuple[str, str]]]:
        """Marks and sentences by what they are about."""
        found: dict[str, list[tuple[str, str]]] = {}
        for check in json.loads(self.doctor("--json")[1])["checks"]:
            assert check["do"] or check["mark"] == "ok", f"it does not say what to do: {check}"
            found.setdefault(check["about"], []).append((check["mark"], check["said"]))
        return found

    def said(self, about: str, mark: str) -> str:
        """The sentences about something that bear this mark."""
        return " ".join(sentence for found, sentence in self.checks().get(about, []) if found == mark)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Installation]:
    # The program sets its logging up for its whole life; a test must give it back.
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield Installation(monkeypatch, capsys, tmp_path)
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def twilio() -> Iterator[MockTwilio]:
    with MockTwilio() as twilio:
        yield twilio


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server(user="amanba", password="a-mail-password") as server:
        yield server


@pytest.fixture
def good(here: Installation, twilio: MockTwilio, mail: MailServer) -> Iterator[Installation]:
    """An installation as it should be, and somebody who serves it."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
        env = twilio.env()
        here.keep("AMANBA_TWILIO_AUTH_TOKEN", env.pop("AMANBA_TWILIO_AUTH_TOKEN"))
        here.set(**env, AMANBA_PUBLIC_URL=f"http://127.0.0.1:{port}", AMANBA_OPERATOR=f"{OPERATOR},post@example.org")
        here.set(AMANBA_SMTP_URL=f"smtp://amanba:{mail.password}@127.0.0.1:{mail.port}")
        here.set(AMANBA_SMTP_FROM="Aman <post@example.org>")
        here.keep("AMANBA_SECRET_KEYS", make_key())
        here.keep("AMANBA_BACKUP_KEY", make_key())
        here.secrets += [mail.password, OPERATOR, "post@example.org"]
        url = here.migrate()
        with closing(make_engine(url)) as db:
            tx.run(db, lambda conn: put_state(conn, "sweep", {}, utc_now()))
        with serving(listener):
            yield here


@contextmanager
def serving(listener: socket.socket) -> Iterator[None]:
    service = build(Settings())
    with app_for(service) as app:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield
        finally:
            server.should_exit = True
            thread.join()
            service.db.close()


def everything(url: str) -> dict[str, list[Any]]:
    with closing(make_engine(url)) as db:
        tables = Stored.metadata.sorted_tables
        return tx.read(db, lambda conn: {table.name: list(conn.execute(select(table))) for table in tables})


class TestEmpty:
    def test_it_ends_with_1_and_says_what_is_missing(self, here: Installation) -> None:
        status, said = here.doctor()
        assert status == 1
        for sentence in (
            "wrong  channels     No provider is set up",
            "wrong  operator     AMANBA_OPERATOR is not set: nobody is paged",
            "look   secret keys  There are none yet",
            "look   database     There is no database",
            "look   backups      AMANBA_BACKUP_KEY is not set",
            "Set AMANBA_TWILIO_ACCOUNT_SID, _AUTH_TOKEN and _FROM",
        ):
            assert sentence in said
        assert said.rstrip().splitlines()[-1].startswith("2 wrong, 4 to look at, ")

    def test_nothing_is_made(self, here: Installation) -> None:
        here.doctor()
        assert list(here.folder.iterdir()) == []

    def test_meant_as_a_demonstration_it_is_not_wrong(self, here: Installation) -> None:
        here.set(AMANBA_DEMO="1")
        status, said = here.doctor()
        assert (status, "AMANBA_DEMO=1: lower bounds are lifted" in said) == (0, True)
        assert here.doctor("--strict")[0] == 1


class TestHalfConfigured:
    def test_all_wrong_settings_are_named_at_once(self, here: Installation) -> None:
        here.set(AMANBA_PUBLIC_URL="amanba.example", AMANBA_LEASE_SECONDS="soon", AMANBA_DEMO="perhaps")
        status, said = here.doctor()
        assert status == 1
        for name in ("AMANBA_PUBLIC_URL: must be http", "AMANBA_LEASE_SECONDS: ", "AMANBA_DEMO: "):
            assert f"wrong  settings  {name}" in said

    def test_what_does_not_go_together_is_named(self, here: Installation) -> None:
        here.set(AMANBA_LANGUAGE="xx", AMANBA_OPERATOR="hello", AMANBA_STORM_BRAK="0")
        here.set(AMANBA_TWILIO_ACCOUNT_SID="AC" + "1" * 32, AMANBA_TWILIO_FROM="+48732000000")
        assert here.doctor()[0] == 1
        assert "AMANBA_LANGUAGE" in here.said("settings", "wrong")
        assert "AMANBA_OPERATOR" in here.said("settings", "wrong")
        assert "AMANBA_STORM_BRAK is set, and nothing reads it" in here.said("settings", "look")
        assert "AMANBA_TWILIO_AUTH_TOKEN is missing" in here.said("channels", "wrong")

    def test_keys_that_others_may_read_or_that_are_none(self, here: Installation) -> None:
        path = here.keep("AMANBA_SECRET_KEYS", make_key(), mode=0o644)
        here.keep("AMANBA_BACKUP_KEY", "short")
        checks = here.checks()
        assert f"run: chmod 600 {path}" in checks["secret keys"][0][1]
        assert checks["backups"][0][0] == "wrong"

    def test_a_backup_key_that_is_a_secret_key(self, here: Installation) -> None:
        here.set(AMANBA_SECRET_KEYS=make_key())
        here.keep("AMANBA_BACKUP_KEY", Settings().secret_keys.get_secret_value())
        assert "is one of AMANBA_SECRET_KEYS" in here.said("backups", "wrong")

    def test_an_operator_whom_no_channel_reaches(self, here: Installation, twilio: MockTwilio) -> None:
        here.set(**twilio.env(), AMANBA_OPERATOR="post@example.org")
        assert "No channel reaches AMANBA_OPERATOR (email)" in here.said("operator", "wrong")
        here.set(AMANBA_OPERATOR=f"{OPERATOR},post@example.org")
        assert "has no channel that reaches it (email)" in here.said("operator", "look")

    def test_a_public_url_that_only_this_machine_can_call(self, here: Installation) -> None:
        here.set(AMANBA_SMTP_URL="smtp://mail.example.org", AMANBA_SMTP_FROM="post@example.org")
        active, found = channels.set_up(Settings())
        assert [finding.mark for finding in found] == [Mark.WRONG], "no channel carries texts"
        first = next(iter(public_url.look_at_public_url(Settings(), active)))
        assert (first.mark, "reader's own phone" in first.said) == (Mark.WRONG, True)


class TestGood:
    def test_it_ends_with_0_and_everything_is_ok(
        self, good: Installation, twilio: MockTwilio, mail: MailServer
    ) -> None:
        before = everything(Settings().database)
        status, said = good.doctor("--strict")
        assert (status, said.rstrip().splitlines()[-1].split(", ")[:2]) == (0, ["0 wrong", "0 to look at"]), said
        for sentence in (
            "Every setting can be used",
            "One secret key lies in",
            "They open this database",
            "takes writes",
            "An engine runs",
            "SMS by Twilio: the provider knows us",
            "E-mail by SMTP: the provider knows us",
            "s off the provider's",
            "leads to Amanba, and it is ready",
            "A report signed for the public URL is believed, and an unsigned one is refused",
            "is paged by sms, email",
            "AMANBA_BACKUP_KEY is there",
        ):
            assert sentence in said
        # The proxy's question is what keeps something: when it was last ready.
        after = everything(Settings().database)
        del before["engine_state"], after["engine_state"]
        assert after == before
        assert {method for method, _, _ in twilio.requests} == {"GET"}
        assert mail.mails == []

    def test_a_provider_that_does_not_know_us_and_a_signature_that_is_not_believed(
        self, good: Installation, twilio: MockTwilio, mail: MailServer
    ) -> None:
        mail.stop()
        good.keep("AMANBA_TWILIO_AUTH_TOKEN", "another-token")
        checks = good.checks()
        assert [mark for mark, _ in checks["sms"]] == ["wrong"]
        assert "refuses us (20003" in checks["sms"][0][1]
        assert "does not answer (ConnectionRefusedError)" in checks["email"][0][1]
        assert checks["signature"] == [("wrong", "A report that is signed as the provider signs is refused.")]


class TestDatabase:
    def test_other_secret_keys_than_it_was_made_with(self, here: Installation) -> None:
        here.set(AMANBA_SECRET_KEYS=make_key())
        here.migrate()
        here.set(AMANBA_SECRET_KEYS=make_key())
        assert "made with other secret keys" in here.said("secret keys", "wrong")

    def test_keys_that_are_gone(self, here: Installation) -> None:
        here.migrate()
        Settings().key_file.unlink()
        assert "the database has been sealed with some" in here.said("secret keys", "wrong")

    def test_an_older_and_an_unknown_schema_and_an_engine_that_has_ended(self, here: Installation) -> None:
        settings = Settings()
        settings.data_dir.mkdir()
        with closing(make_engine(settings.database)) as db:
            tx.run(db, lambda conn: upgrade_within(conn, "0001"))
            assert "tables are those of another version (0001" in here.said("database", "wrong")
            tx.run(db, upgrade_within)
            tx.run(db, lambda conn: put_state(conn, "sweep", {}, utc_now() - timedelta(hours=3)))
            assert "nobody is reminded or alarmed" in here.said("engine", "look")
            tx.run(db, lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = '9999'")))
            assert "A newer version has changed its tables (9999" in here.said("database", "look")

    def test_postgresql_is_asked_whether_it_keeps_what_was_committed(
        self, here: Installation, postgresql_url: str
    ) -> None:
        here.set(AMANBA_DATABASE_URL=postgresql_url)
        checks = here.checks()
        # The tests' own server is told to be fast and not to be safe.
        wrong = [said for mark, said in checks["database"] if mark == "wrong"]
        assert [said.split(" ")[0] for said in wrong] == ["fsync", "full_page_writes", "synchronous_commit"]
        assert any("PostgreSQL database answers" in said for mark, said in checks["database"] if mark == "ok")
        assert [mark for mark, said in checks["clock"] if "off the database's" in said] == ["ok"]

    def test_one_that_is_away_is_said_without_its_password(self, here: Installation) -> None:
        here.secrets.append("very-secret")
        here.set(AMANBA_DATABASE_URL="postgresql://amanba:very-secret@127.0.0.1:1/amanba?connect_timeout=1")
        assert "The database is away" in here.said("database", "wrong")

    def test_a_folder_where_none_can_be_made(self, here: Installation) -> None:
        (here.folder / "file").touch()
        here.set(AMANBA_DATA_DIR=str(here.folder / "file" / "var"))
        assert "none can be made" in here.said("database", "wrong")


@contextmanager
def a_server(status: int, body: bytes) -> Iterator[str]:
    """Somebody else's server at the public URL."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Location", "https://www.example.org/")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class TestPublicUrl:
    @pytest.mark.parametrize(
        ("status", "body", "mark", "said"),
        [
            (301, b"", Mark.WRONG, "leads elsewhere (HTTP 301)"),
            (502, b"", Mark.LOOK, "nobody behind it"),
            (503, b"the schema is unknown", Mark.WRONG, "not ready"),
            (404, b"", Mark.WRONG, "Something else answers"),
            (200, b"<html>Welcome", Mark.WRONG, "Something else answers"),
        ],
    )
    def test_who_answers_there(self, status: int, body: bytes, mark: Mark, said: str) -> None:
        with a_server(status, body) as url:
            found = list(public_url.look_at_public_url(Settings(public_url=url), {}))
        assert [finding.mark for finding in found] == [mark]
        assert said in found[0].said


class TestClock:
    @pytest.mark.parametrize(("hours", "mark"), [(0, Mark.OK), (1, Mark.WRONG), (-1, Mark.WRONG)])
    def test_against_the_providers(self, hours: int, mark: Mark) -> None:
        class Provider:
            name = channel = "sms"

            def send(self, message: object) -> Any:
                raise AssertionError("nothing is sent")

            def check_access(self) -> Knows:
                return Knows(utc_now() + timedelta(hours=hours))

        provider: Notifier = Provider()
        assert [f.mark for f in channels.look_at_provider(provider) if f.about == "clock"] == [mark]


class TestCheck:
    def test_one_that_never_ends_is_left_behind(self) -> None:
        never = threading.Event()

        def hang() -> list[Finding]:
            never.wait()
            return []

        found = in_time("network", hang, seconds=0.05)
        never.set()
        assert [(finding.mark, "longer than 0.05 s" in finding.said) for finding in found] == [(Mark.WRONG, True)]

    def test_one_that_breaks_tells_its_kind_and_nothing_of_what_it_held(self) -> None:
        def breaks() -> list[Finding]:
            raise RuntimeError("password=very-secret")

        found = in_time("network", breaks)
        assert worst(found) is Mark.WRONG
        assert "RuntimeError" in as_text(found)
        assert "very-secret" not in as_text(found)
