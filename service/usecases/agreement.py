"""What a traveler and her people have agreed, for paper: when she gets in touch, and what follows when she does not.

It is worked out from the plan and the order of her people as she is shown them, and reads no alarm. It holds no word,
no question and no number: only that a question was agreed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from service.core.plan import Leg, Plan, deadlines, leg_at
from service.core.wording_text import tidy
from service.db.trips import TripKey, TripState
from service.usecases.agreed import QUESTION
from service.usecases.as_begun import as_begun
from service.usecases.context import Service
from service.usecases.foresee import foresee_missed
from service.usecases.numbers import zone_of_number
from service.usecases.problems import NotFound
from service.usecases.set_plan import legs_of
from service.usecases.trip_as_shown import trip_as_shown
from service.usecases.waiting import plan_shown

EXAMPLES = 2


@dataclass(frozen=True, slots=True)
class Signer:
    """One of her people: an id, her name, what she is to her; `helps`: she is a caseworker."""

    id: str
    name: str
    relation: str
    helps: bool


@dataclass(frozen=True, slots=True)
class Step:
    """So long after the agreed time (before it: negative) these people are told, by ids; nobody: she is asked."""

    after: timedelta
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AgreementFacts:
    """`name`: hers. `zone`, `home_zone`: whose clocks. `examples`: the next agreed times (UTC); none of an interval,
    which counts from answers. `steps`: what follows one without an answer. `has_words`: a bare OK proves nothing.
    `has_question`: one was agreed."""

    name: str
    legs: tuple[Leg, ...]
    starts_at: datetime
    plan: Plan | None
    zone: str
    home_zone: str
    examples: tuple[datetime, ...]
    people: tuple[Signer, ...]
    steps: tuple[Step, ...]
    has_words: bool
    has_question: bool
    made_at: datetime


def show_agreement(service: Service, key: TripKey) -> AgreementFacts:
    """Of a draft or an armed trip; everybody who was asked counts as having accepted. Who may see it is the caller's
    to know. Changes nothing.

    Raises:
        NotFound: no such trip of hers.
    """
    now = service.clock()
    return service.read(lambda conn: _show(service, conn, key, now))


def _show(service: Service, conn: Connection, key: TripKey, now: datetime) -> AgreementFacts:
    trip = service.planned_trip(conn, key, now)
    if trip is None:
        raise NotFound
    if trip.status == "armed":
        trip = trip_as_shown(conn, service.keys, trip, now)
    plan = plan_shown(conn, service.keys, key, now, trip.plan) if trip.plan is not None else None
    begun = as_begun(trip, now)
    coming = deadlines(plan, now, EXAMPLES) if plan is not None else ()
    return AgreementFacts(
        name=tidy(trip.traveler.name),
        legs=legs_of(trip),
        starts_at=trip.starts_at,
        plan=plan,
        zone=leg_at(plan, coming[0] if coming else now).zone if plan is not None else "UTC",
        home_zone=zone_of_number(trip.traveler.phone),
        examples=coming if plan is not None and plan.every is None else (),
        people=tuple(
            Signer(one.id, tidy(one.name), tidy(one.relation), one.role.value == "caseworker") for one in begun.contacts
        ),
        steps=_steps(begun, plan, coming[0]) if plan is not None and coming else (),
        has_words=trip.has_words,
        has_question=bool(trip.details.get(QUESTION)),
        made_at=now,
    )


def _steps(begun: TripState, plan: Plan, deadline: datetime) -> tuple[Step, ...]:
    """Whoever is only told again is no step of her own."""
    foreseen = foresee_missed(plan, begun.ladder, begun.people, deadline)
    steps = [Step(at - deadline) for at in foreseen.reminders]
    before: frozenset[str] = frozenset()
    for telling in foreseen.tellings:
        if not before >= set(telling.people):
            steps.append(Step(telling.at - deadline, telling.people))
            before |= set(telling.people)
    return tuple(steps)
