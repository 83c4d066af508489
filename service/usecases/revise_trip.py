"""A draft leads somewhere else, or at another time: everything else that she told of it stays."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, delete

from service.core.plan_check import check_plan
from service.db.stored import table_of
from service.db.tables import Plan as PlanRow
from service.db.trips import TripKey, TripState
from service.usecases.checklist_asking import ask_before_leaving
from service.usecases.context import Service
from service.usecases.drafts import load_draft, set_columns, write_details
from service.usecases.plan_trip import TripForm, check_facts, check_journey
from service.usecases.problems import Problems
from service.usecases.set_plan import legs_of, plan_limits, write_plan
from service.usecases.unknown_facts import with_later
from service.usecases.work import Work

PLANS = table_of(PlanRow)

JOURNEY = ("destination", "legs", "ends_at")
PURPOSE = "purpose"


def revise_trip(service: Service, key: TripKey, form: TripForm) -> None:
    """Put destination, legs, days, wording and purpose in the place of a draft's; of other `form.facts` only `later` is
    looked at.

    Its plan is moved onto the new legs. One that no longer fits is dropped, so that she is asked for it again.

    Raises:
        Invalid, NotFound, Conflict409: see `load_draft`.
    """
    now = service.clock()

    def keep(conn: Connection) -> None:
        trip = load_draft(service, conn, key, now)
        problems = Problems()
        journey = check_journey(problems, form, now)
        said = check_facts(service, problems, {"later": list(form.facts.get("later") or ())})["later"]
        problems.refuse()
        # A purpose that is not in the form is told no more.
        stays = {name: value for name, value in trip.details.items() if name != PURPOSE}
        purpose = {PURPOSE: form.facts[PURPOSE]} if form.facts.get(PURPOSE) else {}
        details = with_later({**stays, **journey, **purpose}, JOURNEY, said)
        write_details(service, conn, trip, details)
        set_columns(conn, key, wording=form.wording, starts_at=form.starts_at, ends_at=form.ends_at)
        _move_plan(service, conn, trip, replace(trip, details=details, starts_at=form.starts_at))
        work = Work(service, conn, now)
        work.audit.add(key.traveler_id, "traveler", "trip_revised")
        ask_before_leaving(work, replace(trip, details=details, wording=form.wording, starts_at=form.starts_at))
        work.flush()

    service.run(keep)


def _move_plan(service: Service, conn: Connection, before: TripState, after: TripState) -> None:
    legs, plan = legs_of(after), before.plan
    if plan is None or (legs == legs_of(before) and before.starts_at == after.starts_at):
        return
    moved = replace(plan, starts_at=after.starts_at, legs=legs)
    if check_plan(moved, plan_limits(service)):
        of_trip = (PLANS.c.traveler_id == before.key.traveler_id) & (PLANS.c.trip_id == before.key.trip_id)
        conn.execute(delete(PLANS).where(of_trip))
    else:
        write_plan(service, conn, before, moved)
