"""`/trip/rehearsal`: everybody gets the texts once, marked as a rehearsal; and who was reached, by what, how fast."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request, Response

from service.core.wording import Translate
from service.texts import translator
from service.usecases.context import Service
from service.usecases.drafts import TripKey
from service.usecases.problems import Conflict409, Refusal
from service.usecases.rehearse import RehearsedLately, start_rehearsal
from service.usecases.sessions import Session
from service.usecases.show_rehearsal import Reached, ShownPerson, ShownRehearsal, ShownWay, show_rehearsal
from service.web.forms import ONCE, Typed
from service.web.guard import filled_in, signed_in
from service.web.pages import language_of
from service.web.wizard import draft_of, see, step_page


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person: what became of her as a fact, and what to do about it, if anything. `tone` as the stages' washes."""

    name: str
    relation: str
    tone: str
    fact: str
    advice: str
    filled: bool


def router(service: Service) -> APIRouter:
    """The step."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    def show_step(request: Request, key: TripKey, refused: Refusal | None = None, status: int = 200) -> Response:
        shown = show_rehearsal(service, key)
        _ = translator(language_of(request))
        return step_page(
            service,
            request,
            "rehearsal",
            "wizard_rehearsal.html",
            Typed(),
            status=status,
            refused=refused,
            shown=shown,
            people=person_lines(shown, _) if shown else (),
        )

    @routes.get("/trip/rehearsal")
    def show(request: Request, session: Session = whose) -> Response:
        return show_step(request, draft_of(service, session))

    @routes.post("/trip/rehearsal")
    def start(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        key = draft_of(service, session)
        try:
            start_rehearsal(service, key, once=typed.text(ONCE)[:64] or None)
        except Conflict409 as refused:
            return show_step(request, key, refused, 409)
        except RehearsedLately as refused:
            return show_step(request, key, refused, 429)
        return see("/trip/rehearsal")

    return routes


def person_lines(shown: ShownRehearsal, _: Translate) -> tuple[PersonLine, ...]:
    """What became of each person of a rehearsal, in words."""
    return tuple(_line(person, shown.running, _) for person in shown.people)


def _line(person: ShownPerson, running: bool, _: Translate) -> PersonLine:
    fact, advice = _said(person, running, _)
    tone = {Reached.ANSWERED: "s0", Reached.DELIVERED: "s0", Reached.SENT: "s0"}.get(person.reached, "s1")
    if running and person.reached in (Reached.WAITING, Reached.NOT_YET):
        tone = "s0"
    return PersonLine(person.name, person.relation, tone, fact, advice, person.reached is Reached.ANSWERED)


def _said(person: ShownPerson, running: bool, _: Translate) -> tuple[str, str]:
    way = _way(person.way, _)
    told = after(person.told_after, _) if person.told_after is not None else ""
    match person.reached:
        case Reached.ANSWERED:
            by = _("on the page") if person.answered_by == "page" else _("by a text")
            fact = _("Answered {by}, {after} after the start.").format(by=by, after=after(person.answered_after, _))
            return fact, ""
        case Reached.DELIVERED | Reached.SENT:
            fact = _("Told by {way}, {after} after the start; no answer yet.").format(way=way, after=told)
            return fact, "" if running else _("Call and ask whether the message came, and how it looks there.")
        case Reached.WAITING:
            return _("The message is on its way."), ""
        case Reached.NOT_YET:
            return _("Comes next if nobody answers before."), ""
        case Reached.FAILED:
            failed = ", ".join(_way(one, _) for one in person.failed)
            return _("Nothing arrived: {ways}.").format(ways=failed or way), _("Check the number, or add another way.")
        case Reached.NOT_ACCEPTED:
            return _("Has not accepted yet, so nothing was sent."), _("Call, and ask to answer the invitation with 1.")
        case Reached.NO_ADDRESS:
            return _("There is no way that works."), _("Add another number or an e-mail address.")
        case Reached.STOPPED:
            return _("Has told us STOP, so nothing was sent."), _("Ask to text START to us, or choose somebody else.")


def _way(way: ShownWay | None, _: Translate) -> str:
    if way is None:
        return _("a message")
    names = {"sms": _("SMS"), "email": _("e-mail"), "voice": _("a call"), "telegram": "Telegram"}
    name = names.get(way.channel, way.channel)
    if way.channel == "telegram":
        # The number of a chat tells nobody anything.
        return name
    return _("{way} to …{ending}").format(way=name, ending=way.ending) if way.ending else name


def after(seconds: int | None, _: Translate) -> str:
    """How long something took."""
    if seconds is None or seconds < 100:
        return _("{number} s").format(number=seconds or 0)
    if seconds < 100 * 60:
        return _("{number} min").format(number=round(seconds / 60))
    return _("{number} h").format(number=round(seconds / 3600))
