"""`/late`, `/pause` and `/end`: what a traveler asks for on the way. `/asked/{id}`: she takes it back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from service.core.wording import Translate
from service.core.wording_text import N_
from service.usecases.changes import End, Late, Pause, Undo
from service.usecases.context import Service
from service.usecases.problems import NEEDED, FieldProblem, Invalid, NotFound, Problems
from service.usecases.request_change import request_change
from service.usecases.sessions import Session
from service.usecases.show_running import show_running_trip
from service.web.forms import Typed
from service.web.forms_dates import day_of
from service.web.guard import filled_in, signed_in
from service.web.local_times import clock_of, local
from service.web.my_trip_page import WAITING
from service.web.running import Running, once_of, word_of
from service.web.trip_access import open_trip
from service.web.wizard import see

HOURS = (1, 2, 3)
LATE = "late_until"
OTHER = "other"
CLOCK, DAY = "clock", "day"
CHOOSE = N_("Choose until when.")
NOT_A_CLOCK = N_("Write a time of the day, for example 20:00.")
BEFORE_IT_BEGINS = N_("The pause would begin on {when}. Choose an end after that.")

LATER = (N_("one hour later"), N_("two hours later"), N_("three hours later"))
FROM_NOW = (N_("one hour from now"), N_("two hours from now"), N_("three hours from now"))


def router(service: Service) -> APIRouter:
    """Later today, a pause, home again; and what waits is taken back."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    @routes.get("/late")
    def late(request: Request, session: Session = whose) -> Response:
        return _late(Running(service, request, open_trip(service, session)), Typed())

    @routes.post("/late")
    def move(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        running = Running(service, request, open_trip(service, session))
        key = running.trip.key
        try:
            until = _late_until(running, typed)
            request_change(service, key, Late(until), word=None, sender=session.token_hash, once=once_of(typed))
        except Invalid as refused:
            return _late(running, typed.refused(_beside(refused, LATE)))
        return _moved(running, Running(service, request, running.trip))

    @routes.get("/pause")
    def pause(request: Request, session: Session = whose) -> Response:
        return _pause(Running(service, request, open_trip(service, session)), Typed())

    @routes.post("/pause")
    def rest(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        running = Running(service, request, open_trip(service, session))
        key, word = running.trip.key, word_of(running.trip, typed)
        try:
            until = _pause_until(running, typed, word)
            request_change(service, key, Pause(until), word=word, sender=session.token_hash, once=once_of(typed))
        except Invalid as refused:
            return _pause(running, typed.refused(_beside(refused, DAY)))
        return running.noted(_pause_said(running, until))

    @routes.get("/end")
    def end(request: Request, session: Session = whose) -> Response:
        return Running(service, request, open_trip(service, session)).form("running_end.html", Typed())

    @routes.post("/end")
    def home(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        # Sent twice, the second one may find nothing that runs.
        running = Running(service, request, open_trip(service, session, otherwise="/home"))
        key, word = running.trip.key, word_of(running.trip, typed)
        request_change(service, key, End(), word=word, sender=session.token_hash, once=once_of(typed))
        return running.noted(_end_said(running))

    @routes.get("/asked/{change_id}")
    def doubt(request: Request, change_id: str, session: Session = whose) -> Response:
        running, asked = Running(service, request, open_trip(service, session)), _id(change_id)
        waiting = show_running_trip(service, running.trip.key).whole.asked
        waits = next((one for one in waiting if one.change_id == asked), None)
        if waits is None:
            return see("/trip/all")
        return running.form("running_undo.html", Typed(), what=running.translate(WAITING[waits.kind]))

    @routes.post("/asked/{change_id}")
    def take_back(request: Request, change_id: str, session: Session = whose, typed: Typed = filled) -> Response:
        running = Running(service, request, open_trip(service, session))
        key, word = running.trip.key, word_of(running.trip, typed)
        try:
            undo = Undo(_id(change_id))
            request_change(service, key, undo, word=word, sender=session.token_hash, once=once_of(typed))
        except Invalid:
            # Sent twice, or its time has come meanwhile.
            return see("/trip/all")
        return running.noted(_taken_back(running), back="/trip/all", timed=False)

    return routes


def _id(text: str) -> UUID:
    """Raises `NotFound` for what is no id."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


def _taken_back(running: Running) -> list[str]:
    _ = running.translate
    if running.has_words:
        return [_("With one of your words it is taken back, and all stays as it was. Without one it goes on waiting.")]
    return [_("It is taken back, and all stays as it was. Your people are told.")]


def _beside(refused: Invalid, field: str) -> list[FieldProblem]:
    """What a use case says of the instant, beside the box in which it was typed."""
    ours = (LATE, DAY, CLOCK)
    return [one if one.field in ours else FieldProblem(field, one.message, one.values) for one in refused.problems]


def _late(running: Running, typed: Typed) -> Response:
    facts = running.facts
    ahead = facts.due is not None and facts.due > facts.now
    base = facts.due if ahead and facts.due is not None else facts.now
    choices = [
        (_iso(base + timedelta(hours=hours)), running.when(base + timedelta(hours=hours)), running.translate(text))
        for hours, text in zip(HOURS, LATER if ahead else FROM_NOW, strict=True)
    ]
    choices.append((OTHER, running.translate(N_("Another time")), ""))
    return running.form("running_late.html", typed, choices=choices)


def _late_until(running: Running, typed: Typed) -> datetime:
    chosen, clock = typed.text(LATE), typed.text(CLOCK)
    if chosen == OTHER or (not chosen and clock):
        at = clock_of(clock)
        if at is None:
            raise Invalid.of(CLOCK, NOT_A_CLOCK)
        base = max(running.facts.now, running.facts.due or running.facts.now)
        day = local(base, running.facts.zone).date()
        until = running.facts.instant(day, at)
        return until if until > base else running.facts.instant(day + timedelta(days=1), at)
    try:
        until = datetime.fromisoformat(chosen)
    except ValueError:
        raise Invalid.of(LATE, CHOOSE) from None
    if until.tzinfo is None:
        raise Invalid.of(LATE, CHOOSE)
    return until.astimezone(UTC)


def _moved(before: Running, after: Running) -> Response:
    _, due = after.translate, after.when(after.facts.due)
    if not due:
        return after.noted([_("No answer is planned just now.")], timed=False)
    if after.facts.due == before.facts.due:
        return after.noted([_("It cannot be moved again. We wait for your answer until {time}.").format(time=due)])
    said = _("We now wait for your answer until {time}. Until then we ask you as always.").format(time=due)
    return after.noted([said])


def _pause(running: Running, typed: Typed) -> Response:
    today = local(running.facts.now, running.facts.zone).date()
    return running.form("running_pause.html", typed, first_day=today.isoformat())


def _pause_until(running: Running, typed: Typed, word: str | None) -> datetime:
    problems = Problems()
    day, at = day_of(typed, DAY, problems), clock_of(typed.text(CLOCK))
    if not typed.text(DAY):
        problems.add(DAY, NEEDED)
    if at is None:
        problems.add(CLOCK, NOT_A_CLOCK)
    problems.refuse()
    if day is None or at is None:
        raise Invalid(())
    until = running.facts.instant(day, at)
    # With a word it may begin at once, so nothing here may depend on which word it is.
    if word is None and running.facts.now < until <= running.facts.effective_at:
        raise Invalid.of(DAY, BEFORE_IT_BEGINS, when=running.when(running.facts.effective_at))
    return until


def _pause_said(running: Running, until: datetime) -> Iterator[str]:
    _ = running.translate
    yield _begins(running, _)
    yield _("From then on we ask you for nothing until {time}. Then we wait for your answer again.").format(
        time=running.when(until)
    )
    yield _("Until it begins, please answer as always.")


def _begins(running: Running, _: Translate) -> str:
    begins = running.when(running.facts.effective_at)
    if running.has_words:
        return _("With one of your words the pause begins now. Without one it begins on {time}.").format(time=begins)
    return _("The pause begins on {time}. Your people are told today that a change was asked for.").format(time=begins)


def _end_said(running: Running) -> Iterator[str]:
    _, due = running.translate, running.when(running.facts.due)
    if running.has_words:
        yield _("With one of your words the trip has ended now.")
        yield _("Without one your people are asked whether you are home. As soon as one of them confirms it, it ends.")
    else:
        yield _("Your people are asked whether you are home. As soon as one of them confirms it, the trip ends.")
    if due:
        yield _("Until then please answer as always. The next answer is due: {time}.").format(time=due)


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()
