"""The console command: serve, web, worker, migrate, key."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated

import typer
import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError

from notifiers.base import NotConfigured
from service.app import Duty, create_app, create_worker_app
from service.db.errors import SecretKeysError, SecretMissing, StorageError
from service.db.migrate import schema_known, upgrade
from service.db.secrets import make_key
from service.settings import Settings
from service.usecases.context import Service
from service.usecases.seed_demo import seed_demo
from service.wiring import build, set_up_logging
from service.worker import Worker

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(help="The port to listen on.", min=0, max=65535)]

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@cli.command()
def serve(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Web and worker in one process; migrates the database first."""
    settings = _settings(port)
    _prepare(settings)
    upgrade(settings.database)
    service = build(settings)
    seed_demo(service)
    _run(create_app(service=service, duty=Duty.SERVE), Worker(service), host, port)


@cli.command()
def web(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """The web alone; run at least one worker beside it."""
    settings = _settings(port)
    _prepare(settings)
    service = _migrated(settings)
    _run(create_app(service=service, duty=Duty.WEB), None, host, port)


@cli.command()
def worker(host: Host = "127.0.0.1", port: Port = 8001) -> None:
    """The engine alone; answers only /healthz, /readyz and /metrics."""
    settings = _settings()
    _prepare(settings)
    service = _migrated(settings)
    _run(create_worker_app(service), Worker(service), host, port)


@cli.command()
def migrate() -> None:
    """Bring the database to the tables that this version knows."""
    settings = _settings()
    _prepare(settings)
    upgrade(settings.database)
    typer.echo("The database is up to date.")


@cli.command()
def key() -> None:
    """Print a new key for AMANBA_SECRET_KEYS."""
    typer.echo(make_key())


def main() -> None:
    """The console command. Trouble with settings is said in one sentence, not as a traceback."""
    try:
        cli()
    except (NotConfigured, SecretKeysError, SecretMissing, StorageError) as error:
        typer.echo(f"Amanba does not start: {error}", err=True)
        sys.exit(1)


def _settings(port: int | None = None) -> Settings:
    """The settings; without a public URL, people are taken to sit at this machine."""
    try:
        settings = Settings()
        if port and "public_url" not in settings.model_fields_set:
            settings.public_url = f"http://127.0.0.1:{port}"
        return settings
    except ValidationError as error:
        faults = "; ".join(
            f"AMANBA_{'_'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}"
            for fault in error.errors(include_input=False, include_url=False)
        )
        raise NotConfigured(faults) from None


def _prepare(settings: Settings) -> None:
    set_up_logging(settings.log_level)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)


def _migrated(settings: Settings) -> Service:
    service = build(settings)
    if not schema_known(service.db):
        raise StorageError("the database has other tables than this version knows; run amanba migrate")
    return service


def _run(app: FastAPI, engine: Worker | None, host: str, port: int) -> None:
    config = uvicorn.Config(app, host=host, port=port, log_level="warning", access_log=False, server_header=False)
    server = uvicorn.Server(config)
    stop: Callable[[], None] = engine.stop if engine else lambda: None
    if engine:
        engine.start()
    typer.echo(f"Amanba listens on http://{host}:{port}", err=True)
    try:
        server.run()
    finally:
        stop()
