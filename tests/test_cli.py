"""The console command says in one sentence what is wrong, and ends in order when it is told to."""

import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import structlog
import uvicorn
from pydantic import ValidationError
from sqlalchemy import Connection, create_engine, insert, text, update

from service.cli import _Server, main
from service.db.secrets import make_key
from service.db.stored import table_of
from service.db.tables import AuditLine, Traveler
from service.settings import FROM_FILES, Settings
from service.usecases.context import Service
from service.usecases.wake import Wake
from service.usecases.work import Work
from service.wiring import build

TWILIO = {
    "AMANBA_TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
    "AMANBA_TWILIO_AUTH_TOKEN": "a-token",
    "AMANBA_TWILIO_FROM": "+48732000000",
}


class Console:
    """Runs the command in this process over one data directory."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.folder = folder
        self.logged: list[dict[str, str]] = []
        self.answered = ""
        self.set(AMANBA_DATA_DIR=str(folder))

    def set(self, **settings: str) -> None:
        for name, value in settings.items():
            self._monkeypatch.setenv(name, value)

    def run(self, *arguments: str) -> tuple[int, str]:
        """Exit status, and what was said on standard error."""
        self._monkeypatch.setattr(sys, "argv", ["amanba", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = self._capsys.readouterr()
        self.answered = said.out
        self.logged = [json.loads(line) for line in said.err.splitlines() if line.startswith("{")]
        code = ended.value.code
        return (code if isinstance(code, int) else 0), said.err

    def refusal(self, *arguments: str) -> str:
        """The one sentence with which it does not start."""
        status, said = self.run(*arguments)
        assert status == 1
        assert said.startswith("Amanba does not start: "), said
        assert said.count("\n") == 1, said
        return said


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Console]:
    # The program sets its logging up for its whole life; a test must give it back.
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield Console(monkeypatch, capsys, tmp_path / "var")
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"AMANBA_DEMO": "maybe"}, "AMANBA_DEMO"),
        ({"AMANBA_LEASE_SECONDS": "soon"}, "AMANBA_LEASE_SECONDS"),
        ({"AMANBA_LEASE_SECONDS": "3"}, "AMANBA_LEASE_SECONDS must be 60 or more"),
        ({"AMANBA_PUBLIC_URL": "amanba.example"}, "AMANBA_PUBLIC_URL: must be http"),
        ({"AMANBA_LOG_LEVEL": "LOUD"}, "AMANBA_LOG_LEVEL"),
        ({"AMANBA_LANGUAGE": "xx"}, "AMANBA_LANGUAGE"),
        ({"AMANBA_OPERATOR": "hello"}, "AMANBA_OPERATOR"),
        ({"AMANBA_DATABASE_URL": "mysql://host/db"}, "AMANBA_DATABASE_URL"),
        ({"AMANBA_DATABASE_URL": "garbage"}, "AMANBA_DATABASE_URL"),
        ({"AMANBA_SECRET_KEYS": "x"}, "AMANBA_SECRET_KEYS"),
        ({k: v for k, v in TWILIO.items() if "TOKEN" not in k}, "AMANBA_TWILIO_AUTH_TOKEN is missing"),
        ({**TWILIO, "AMANBA_DEMO": "1"}, "AMANBA_DEMO=1 with a provider outside this machine"),
        ({"AMANBA_DATA_DIR": "/proc/amanba"}, "/proc/amanba"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence(console: Console, settings: dict[str, str], named: str) -> None:
    console.set(**settings)
    assert named in console.refusal("serve", "--port", "0")


def test_a_database_that_is_away_is_one_sentence_without_the_password(console: Console) -> None:
    console.set(AMANBA_DATABASE_URL="postgresql://amanba:very-secret@127.0.0.1:1/amanba")
    said = console.refusal("web", "--port", "0")
    assert "very-secret" not in said
    console.set(AMANBA_DATABASE_URL="postgresql://amanba:very@secret@127.0.0.1:1/amanba")
    said = console.refusal("web", "--port", "0")
    assert "%40" in said
    assert "secret" not in said


def test_a_port_in_use_is_said_before_anything_is_touched(console: Console) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port}: Address already in use" in console.refusal("serve", "--port", str(port))
    assert not (console.folder / "amanba.db").exists()


def test_a_link_for_whoever_runs_this_is_printed_and_nothing_else(console: Console) -> None:
    console.set(AMANBA_PUBLIC_URL="https://amanba.example.org")
    assert console.run("migrate")[0] == 0
    assert console.run("operator-link")[0] == 0
    assert re.fullmatch(r"https://amanba\.example\.org/o/\w{22}\n", console.answered)


def test_a_newer_schema_and_a_missing_one_are_refused(console: Console) -> None:
    assert "run amanba migrate" in console.refusal("worker", "--port", "0")
    assert console.run("migrate")[0] == 0
    engine = create_engine(f"sqlite:///{console.folder / 'amanba.db'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'v9999'"))
    engine.dispose()
    assert "another version of Amanba" in console.refusal("serve", "--port", "0")
    assert "another version of Amanba" in console.refusal("migrate")
    assert "other tables" in console.refusal("web", "--port", "0")


def test_secret_keys_are_changed_without_losing_what_they_seal(console: Console) -> None:
    old, new = make_key(), make_key()
    console.set(AMANBA_SECRET_KEYS=old)
    assert console.run("migrate")[0] == 0
    assert console.run("rewrap")[0] == 0
    console.set(AMANBA_SECRET_KEYS=new)
    assert "AMANBA_SECRET_KEYS lacks the secret" in console.refusal("web", "--port", "0")
    console.set(AMANBA_SECRET_KEYS=f"{new},{old}")
    assert console.run("rewrap")[0] == 0
    console.set(AMANBA_SECRET_KEYS=new)
    assert console.run("rewrap")[0] == 0


def test_the_audit_trail_is_verified_by_a_command(console: Console) -> None:
    """T33: it says how much is whole, names what is not, and ends with 1 then."""
    console.set(AMANBA_SECRET_KEYS=make_key(), AMANBA_OPERATOR="+77000000099")
    assert console.run("migrate")[0] == 0
    assert console.run("audit") == (1, "")
    assert "Chains: 0" in console.answered
    service = build(Settings())
    travelers = [register(service, f"+7700000000{number}") for number in range(2)]
    assert console.run("audit")[0] == 0
    assert console.answered == "Lines looked at: 2. Chains: 2, whole: 2.\n"
    spoilt = update(table_of(AuditLine)).where(table_of(AuditLine).c.traveler_id == travelers[1])
    service.run(lambda conn: conn.execute(spoilt.values(actor="somebody")))
    service.db.close()
    assert console.run("audit")[0] == 1
    assert f"Broken: traveler {travelers[1]}, line 0: this line was changed.\n" in console.answered
    assert console.run("audit", "--traveler", str(travelers[0]))[0] == 0
    assert console.run("audit", "--traveler", str(travelers[1]))[0] == 1


def test_what_is_kept_longer_is_listed_and_needs_a_trip_and_a_reason(console: Console) -> None:
    console.set(AMANBA_SECRET_KEYS=make_key())
    assert console.run("migrate")[0] == 0
    assert console.run("keep") == (0, "")
    assert console.answered == "No trip is kept.\n"
    for more, why in (
        ((), "a reason is needed"),
        (("--because", "police"), "no trip that is still here"),
        (("--end",), ""),
    ):
        status, said = console.run("keep", "Q7QQ", *more)
        assert (status, said.count("\n")) == (1, 1)
        assert said.startswith(f"Nothing was changed: {why}")


def register(service: Service, phone: str) -> UUID:
    """A traveler with the first line of her chain."""
    now = service.clock()

    def write(conn: Connection) -> UUID:
        work = Work(service, conn, now)
        traveler_id, key_id = uuid4(), service.keys.new_key(conn, "traveler", now)
        row = {"traveler_id": traveler_id, "language": "en", "phone_hash": service.keys.phone_hash(phone)}
        sealed = service.keys.seal(conn, key_id, b"traveler", b"{}")
        head = {"audit_head": b"", "audit_length": 0, "created_at": now}
        conn.execute(insert(table_of(Traveler)), {**row, **head, "sealed": sealed, "key_id": key_id})
        work.audit.add(traveler_id, "traveler", "registered")
        work.flush()
        return traveler_id

    return service.run(write)


def test_a_variable_that_nobody_reads_is_noticed_and_stops_nothing(console: Console) -> None:
    console.set(AMANBA_STORM_BRAK="0")
    assert console.run("migrate")[0] == 0
    assert [line["variable"] for line in console.logged if line["event"] == "unknown_setting"] == ["AMANBA_STORM_BRAK"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_ends_in_order_with_status_0(tmp_path: Path, number: signal.Signals) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    env = {name: value for name, value in os.environ.items() if not name.startswith("AMANBA_")}
    env |= {"AMANBA_DATA_DIR": str(tmp_path)}
    said = tmp_path / "said"
    with said.open("wb") as file:
        command = [sys.executable, "-m", "service", "serve", "--port", str(port)]
        serve = subprocess.Popen(command, env=env, stdout=file, stderr=file)
    try:
        assert _answers(port, "/readyz") == 200
        serve.send_signal(number)
        assert serve.wait(timeout=20) == 0
    finally:
        serve.kill()
        serve.wait()
    assert "Traceback" not in said.read_text()


def _answers(port: int, path: str) -> int:
    """The status that a path answers with, once somebody listens."""
    pause = threading.Event()
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            pause.wait(0.1)
    raise AssertionError("nobody listens")


class TestSecretsInFiles:
    def test_a_secret_may_lie_in_a_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in FROM_FILES:
            (tmp_path / name).write_text("https://a.example.org/long-secret\n")
            monkeypatch.setenv(f"AMANBA_{name.upper()}_FILE", str(tmp_path / name))
        settings = Settings()
        assert settings.metrics_token.get_secret_value() == settings.database == "https://a.example.org/long-secret"

    @pytest.mark.parametrize("name", [name.upper() for name in FROM_FILES])
    @pytest.mark.parametrize("beside", ["", "x"])
    def test_a_file_that_cannot_be_read_or_a_second_one_refuses_to_start(
        self, name: str, beside: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(f"AMANBA_{name}_FILE", "/nowhere")
        if beside:
            monkeypatch.setenv(f"AMANBA_{name}", beside)
        with pytest.raises(ValidationError, match=f"AMANBA_{name}"):
            Settings()


class TestLeaving:
    def server(self, drain_seconds: float) -> tuple[_Server, Wake]:
        wake = Wake()
        return _Server(uvicorn.Config(lambda: None, log_config=None), wake, drain_seconds), wake

    def timer(self) -> threading.Timer:
        """What ends the wait; it is called off, so that it does not do so by itself."""
        [timer] = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
        timer.cancel()
        timer.join()
        return timer

    def test_it_says_so_first_and_goes_on_for_a_while(self) -> None:
        server, wake = self.server(60)
        server.handle_exit(signal.SIGTERM, None)
        assert wake.leaving.is_set()
        assert not server.should_exit
        timer = self.timer()
        assert timer.interval == 60
        timer.function()
        assert server.should_exit

    def test_a_second_signal_ends_the_wait(self) -> None:
        server, _ = self.server(60)
        server.handle_exit(signal.SIGTERM, None)
        server.handle_exit(signal.SIGTERM, None)
        assert server.should_exit
        self.timer()

    def test_without_a_proxy_it_ends_at_once(self) -> None:
        server, _ = self.server(0)
        server.handle_exit(signal.SIGINT, None)
        assert server.should_exit
