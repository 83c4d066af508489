"""The console command: serve, web, worker, migrate, doctor, backup, restore, rewrap, audit, close, keep, key, …"""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

import typer
import uvicorn
from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError

import service.without_rich  # noqa: F401 - first of ours, for all others load structlog
from notifiers.base import NotConfigured
from service.cli_directory import directory
from service.db.chains import said_of, verify_chains
from service.db.errors import SchemaUnknown, StorageError
from service.db.migrate import current, head, upgrade
from service.db.secrets import make_key
from service.logs import gathered, set_up_logging
from service.lookout import Lookout
from service.memory import settle, take_short_turns
from service.settings import Settings, faults
from service.usecases.close_alarm import Closing, close_by_operator
from service.usecases.context import Service
from service.usecases.wake import Wake
from service.wiring import build, check, open_line
from service.worker import Worker

if TYPE_CHECKING:
    from starlette.applications import Starlette

# What only some commands need they import themselves: to load all pages and Alembic takes a second, and an engine that
# starts again after a crash may have people to tell.

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(help="The port to listen on.", min=0, max=65535)]

BACKLOG = 2048
GRACEFUL_SECONDS = 5
"""How long requests may take to end when we are told to stop, and after them what is being told to the outside."""

CLOSINGS = {
    Closing.ENDED: "The alarm has ended. Everybody who was told hears of it.",
    Closing.WAITS: "Noted. The alarm ends when one of its people says so too.",
    Closing.NONE: "No duress alarm is open under this code.",
}

TROUBLE = (NotConfigured, StorageError, OSError)
"""What is said in one sentence, because it is not ours to mend."""

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
cli.add_typer(directory, name="directory")


@cli.command()
def serve(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Web and worker in one process; migrates the database first."""
    from service.app import Duty, create_app
    from service.usecases.seed_demo import seed_demo

    settings = _settings(port)
    with _listen(host, port) as listener:
        _upgrade(settings)
        service = build(settings)
        seed_demo(service)
        _run(create_app(service=service, duty=Duty.SERVE), Worker(service), service, listener, settings)


@cli.command()
def web(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """The web alone; run at least one worker beside it."""
    from service.app import Duty, create_app

    settings = _settings(port)
    with _listen(host, port) as listener:
        service = _migrated(settings)
        _run(create_app(service=service, duty=Duty.WEB), None, service, listener, settings)


@cli.command()
def worker(host: Host = "127.0.0.1", port: Port = 8001) -> None:
    """The engine alone; answers only /healthz, /readyz and /metrics."""
    from service.worker_app import create_worker_app

    settings = _settings()
    with _listen(host, port) as listener:
        service = _migrated(settings)
        # Two pages for a monitor need no uvloop, which takes 2 MiB.
        _run(create_worker_app(service), Worker(service), service, listener, loop="asyncio")


@cli.command()
def migrate() -> None:
    """Bring the database to the tables that this version knows."""
    _upgrade(_settings())
    typer.echo("The database is up to date.")


@cli.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="End with 1 also for what should be looked at.")] = False,
) -> None:
    """Look at everything that an alarm needs, and say what to do. Ends with 1 when something is wrong."""
    from service.doctor import examine, findings

    set_up_logging("ERROR")
    found = examine()
    typer.echo(findings.as_json(found) if as_json else findings.as_text(found))
    if findings.worst(found) in (findings.Mark.WRONG, *([findings.Mark.LOOK] if strict else [])):
        raise typer.Exit(1)


@cli.command()
def operator_link() -> None:
    """Print a link to the page of the channels: it works once, within 15 minutes, and opens it for 8 hours."""
    from service.usecases.operator_access import make_operator_link

    service = _migrated(_settings())
    typer.echo(make_operator_link(service))
    service.db.close()


@cli.command()
def backup(
    target: Annotated[str, typer.Argument(help="A file, a folder, or - for standard output.")],
    keep_days: Annotated[int | None, typer.Option(help="Delete older backups in that folder.", min=1)] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
) -> None:
    """Write everything into one sealed file, while Amanba runs."""
    from service.backups import delete_old, make_backup, target_of

    with _said_as("No backup was made"), target_of(target) as place:
        if keep_days is not None and not Path(target).is_dir():
            raise NotConfigured("--keep-days needs a folder to keep the backups in")
        for line in make_backup(_settings(), place, force=force):
            typer.echo(line, err=True)
    if keep_days is not None:
        with _said_as("The older backups stay"):
            typer.echo(delete_old(Path(target), keep_days), err=True)


@cli.command()
def restore(source: Annotated[str, typer.Argument(help="A backup, or - for standard input.")]) -> None:
    """Put a backup into an empty database, all of it or nothing; Amanba must not run meanwhile."""
    from service.backups import restore_backup

    with _said_as("Nothing was restored"):
        for line in restore_backup(_settings(), source):
            typer.echo(line)


@cli.command()
def rewrap() -> None:
    """Wrap all data keys under the first of AMANBA_SECRET_KEYS; after it the others may go."""
    service = _migrated(_settings())
    typer.echo(f"{service.keys.rewrap(service.db)} keys were wrapped anew.")
    service.db.close()


@cli.command()
def audit(
    traveler: Annotated[UUID | None, typer.Option(help="The id of one traveler.", show_default="everybody's")] = None,
) -> None:
    """Verify the audit trail: that no line was changed or removed. Ends with 1 when one was."""
    service = _migrated(_settings())
    verdict = verify_chains(service.db, service.keys, traveler)
    service.db.close()
    for line in said_of(verdict):
        typer.echo(line)
    if verdict.broken or not verdict.chains:
        raise typer.Exit(1)


@cli.command()
def close(code: Annotated[str, typer.Argument(help="A code from a text about the alarm.")]) -> None:
    """End a duress alarm as the operator: one of the two people that it takes."""
    service = _migrated(_settings())
    closing = close_by_operator(service, code)
    service.db.close()
    typer.echo(CLOSINGS[closing])
    if closing is Closing.NONE:
        raise typer.Exit(1)


@cli.command()
def keep(
    which: Annotated[
        str, typer.Argument(help="A code from a text about an alarm, or a trip's id; without: list.")
    ] = "",
    because: Annotated[str, typer.Option(help="Why. It is sealed, and stands in the audit trail.")] = "",
    days: Annotated[int, typer.Option(help="For how many days from now on.", min=1, max=90)] = 90,
    end: Annotated[bool, typer.Option("--end", help="Keep it no longer.")] = False,
) -> None:
    """Keep a trip longer than the table of retention does, for 90 days at most; again, to renew it."""
    from service.holds import hold

    with _said_as("Nothing was changed"):
        for line in hold(_migrated(_settings()), which, because, days, end=end):
            typer.echo(line)


@cli.command()
def key() -> None:
    """Print a new key for AMANBA_SECRET_KEYS or AMANBA_BACKUP_KEY."""
    typer.echo(make_key())


def main() -> None:
    """The console command. Trouble with settings is said in one sentence, not as a traceback."""
    try:
        cli()
    except TROUBLE as error:
        _say("Amanba does not start", error)
        sys.exit(1)


@contextmanager
def _said_as(what: str) -> Iterator[None]:
    try:
        yield
    except TROUBLE as error:
        _say(what, error)
        raise typer.Exit(1) from None


def _say(what: str, error: Exception) -> None:
    typer.echo(f"{what}: {' '.join(str(error).split())}", err=True)


def _settings(port: int | None = None) -> Settings:
    """The settings; without a public URL, people are taken to sit at this machine and to call this port."""
    try:
        settings = Settings()
        if port and "public_url" not in settings.model_fields_set:
            settings.public_url = f"http://127.0.0.1:{port}"
    except ValidationError as error:
        raise NotConfigured("; ".join(faults(error))) from None
    set_up_logging(settings.log_level)
    check(settings)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return settings


def _upgrade(settings: Settings) -> None:
    from alembic.util import CommandError

    try:
        upgrade(settings.database)
    except CommandError as error:
        raise SchemaUnknown(f"the database was written by another version of Amanba ({error})") from error
    except (ArgumentError, ValueError) as error:
        raise NotConfigured(f"AMANBA_DATABASE_URL cannot be used: {error}") from None


def _migrated(settings: Settings) -> Service:
    try:
        found = current(settings.database)
    except (ArgumentError, ValueError) as error:
        raise NotConfigured(f"AMANBA_DATABASE_URL cannot be used: {error}") from None
    if found != head():
        raise SchemaUnknown("the database has other tables than this version knows; run amanba migrate")
    return build(settings)


def _listen(host: str, port: int) -> socket.socket:
    """Taken before anything else, so that a second one neither sends nor migrates anything."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise NotConfigured(f"cannot listen on {host} port {port}: {error.strerror}") from None


class _Server(uvicorn.Server):
    """Ends in order on SIGTERM and SIGINT, also when one comes before it listens, and leaves no signal over.

    A proxy sends nobody any more to a web that says that it leaves. Until then it goes on; a second signal ends that.
    """

    def __init__(self, config: uvicorn.Config, wake: Wake, drain_seconds: float) -> None:
        super().__init__(config)
        self._wake = wake
        self._drain_seconds = drain_seconds

    def take_over_signals(self) -> None:
        # uvicorn raises what ended it once more, to whoever handled it before: that is this.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._wake.leaving.is_set() or not self._drain_seconds:
            super().handle_exit(sig, frame)
            return
        self._wake.leaving.set()
        timer = threading.Timer(self._drain_seconds, self._end)
        timer.daemon = True
        timer.start()

    def _end(self, *_signal: object) -> None:
        self.should_exit = True


def _config(app: Starlette, settings: Settings | None, loop: Literal["uvloop", "asyncio"] = "uvloop") -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="warning",
        log_config=None,
        access_log=False,
        server_header=False,
        # Without these a request costs twice as much.
        loop=loop,
        http="httptools",
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        # A proxy is believed when it is named; uvicorn by itself would believe whoever is on this machine.
        proxy_headers=bool(settings and settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies if settings else "",
    )


def _run(
    app: Starlette,
    engine: Worker | None,
    service: Service,
    listener: socket.socket,
    settings: Settings | None = None,
    loop: Literal["uvloop", "asyncio"] = "uvloop",
) -> None:
    config = _config(app, settings, loop)
    server = _Server(config, service.wake, settings.drain_seconds if settings else 0)
    server.take_over_signals()
    host, port = listener.getsockname()[:2]
    typer.echo(f"Amanba listens on http://{f'[{host}]' if ':' in host else host}:{port}", err=True)
    line = open_line(service, engine=engine is not None)
    lookout = Lookout(service)
    config.load()
    settle()
    with gathered():
        try:
            lookout.start()
            if engine:
                take_short_turns()
                engine.start()
            server.run(sockets=[listener])
        finally:
            if engine:
                engine.stop()
            lookout.stop(GRACEFUL_SECONDS)
            if line:
                line.stop()
            service.db.close()
