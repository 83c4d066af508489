"""What /readyz tells a proxy: whom to send people to, and why not to this one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from service.db.engine import make_engine
from service.db.schema import HEAD
from service.usecases.context import Service
from service.web import health
from service.web.health import Duty
from tests.client import Client
from tests.replicas.engines import Clock, make_service

NEXT = f"{int(HEAD) + 1:04}"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(postgresql_url: str, clock: Clock) -> Iterator[Service]:
    made = make_service(postgresql_url, clock=clock)
    yield made
    made.db.close()


def readyz(service: Service, duty: Duty = Duty.WEB) -> tuple[int, str]:
    app = FastAPI()
    app.router.routes.extend(health.routes(service, duty))
    with Client(app) as client:
        answer = client.get("/readyz")
    return answer.status_code, answer.text


def migrate_to(service: Service, revision: str) -> None:
    service.run(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision}))


def test_a_process_that_is_told_to_end_is_passed_over_while_it_goes_on(service: Service) -> None:
    assert readyz(service) == (200, "ok\n")
    service.wake.leaving.set()
    assert readyz(service) == (503, "This process is about to end.\n")


@pytest.mark.parametrize(("off", "status"), [(-45, 200), (45, 200), (-75, 503), (75, 503)])
def test_a_web_takes_check_ins_until_its_stamps_could_be_judged_wrongly(
    service: Service, clock: Clock, off: float, status: int
) -> None:
    clock.ahead = timedelta(seconds=off)
    answered, said = readyz(service)
    assert answered == status
    # How far it is off is seen only as well as the machine has time to look.
    assert said == "ok\n" or float(said.split()[3]) == pytest.approx(off, abs=10)


@pytest.mark.parametrize(
    ("revision", "web", "worker"),
    [
        (HEAD, 200, 200),
        (NEXT, 200, 503),
        (f"{NEXT}s{HEAD}", 200, 503),
        (f"{NEXT}s{NEXT}", 503, 503),
        ("0000", 503, 503),
    ],
)
def test_a_web_goes_on_beside_its_successors_as_long_as_the_schema_serves_it(
    service: Service, revision: str, web: int, worker: int
) -> None:
    migrate_to(service, revision)
    assert readyz(service)[0] == web
    status, said = readyz(service, Duty.WORKER)
    assert status == worker
    assert status == 200 or said.startswith(f"The database has schema {revision}; this version knows {HEAD}")


def test_a_database_that_is_away_is_said(service: Service) -> None:
    away = replace(service, db=make_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing"))
    assert readyz(away) == (503, "The database is away.\n")
    away.db.close()
