"""`/trip/checklist`: what had better be done before she leaves, a form for each point. Nothing of it blocks anything.

Before the trip is begun the page is a part of planning; afterwards it belongs to her running trip, and with words it
lies behind the passphrase.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from service.core.checklist import CONTRACT_PARTS, Answer, Finding, Lack, Point, State
from service.core.wording import Translate
from service.core.wording_checklist import LACKS, PARTS, QUESTION_FOR_AN_EMBASSY, TITLES, WHY
from service.core.wording_facts import visa_said
from service.directory.registers import register_in
from service.texts import LANGUAGES, translator
from service.usecases.checklist import Checklist
from service.usecases.checklist_shown import show_checklist
from service.usecases.checklist_told import tell
from service.usecases.context import Service
from service.usecases.countries import DEFAULT_CITIZEN, CountryShown, said_source, show_country
from service.usecases.drafts import TripKey
from service.usecases.my_trip import my_trip
from service.usecases.places import country_name
from service.usecases.problems import Invalid, Problems
from service.usecases.sessions import Session
from service.usecases.times import whole_day
from service.web.checklist_form import point_of, shown_again, told_of
from service.web.forms import Typed
from service.web.forms_numbers import number_countries
from service.web.guard import filled_in, form_token, signed_in
from service.web.pages import LANGUAGE_NAMES, language_of, page
from service.web.trip_access import open_trip
from service.web.wizard import draft_of, see

PATH = "/trip/checklist"
ASKS = {"ask": True, "quiet": False}
"""What its buttons do beside the points, by their `do`."""
TAKE_BACK = "take_back"


@dataclass(frozen=True, slots=True)
class Said:
    """A point in words. `lacks`: why it is open. `open`: whether it is unfolded; `fixed`: it can be changed no more."""

    name: str
    title: str
    why: str
    state: str
    warns: bool
    lacks: tuple[str, ...]
    open: bool
    fixed: bool


@dataclass(frozen=True, slots=True)
class VisaSaid:
    """Whether her passport gives the right to work in a country: `free`, `permit` or "" for unknown."""

    country: str
    rule: str
    source: str
    checked: str


def router(service: Service) -> APIRouter:
    """The list."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    def shown(request: Request, key: TripKey, form: Typed | None, at: Point | None, *, saved: bool = False) -> Response:
        checklist, language = show_checklist(service, key), language_of(request)
        _ = translator(language)
        unfolded = point_of(form) if form else at
        return page(
            request,
            "checklist.html",
            status=422 if form and form.problems else 200,
            csrf=form_token(service, request),
            form=_with(checklist, form),
            points=list(_points(checklist, unfolded, _)),
            saved=unfolded if saved else None,
            done=sum(one.state is not State.OPEN for one in checklist.findings),
            asks=checklist.asks,
            armed=checklist.armed,
            left=checklist.left,
            has_purpose=checklist.facts.purpose is not None,
            visa=visa_said(checklist.facts.visa_kind, _) if checklist.facts.visa_kind else "",
            visas=list(_visas(checklist, language)),
            **_sources(service, checklist, language),
            holders=[(one.id, one.name) for one in checklist.holders],
            confirmed=_day(checklist, language),
            parts=[(part.value, _(PARTS[part]), _(LACKS[part])) for part in CONTRACT_PARTS],
            countries=number_countries(request),
            questions=list(_questions(checklist)),
        )

    @routes.get(PATH)
    def show(request: Request, session: Session = whose, at: str = "", saved: str = "") -> Response:
        unfolded = Point(at) if at in list(Point) else None
        return shown(request, list_of(service, session), None, unfolded, saved=saved == "1")

    @routes.post(PATH)
    def save(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        key, done, point = list_of(service, session), typed.text("do"), point_of(typed)
        problems = Problems()
        try:
            if done in ASKS:
                tell(service, key, {}, asks=ASKS[done])
            elif point is not None:
                told = told_of(service, Typed() if done == TAKE_BACK else typed, point, problems)
                problems.refuse()
                tell(service, key, told)
        except Invalid as refused:
            return shown(request, key, typed.refused(refused.problems), None)
        return see(f"{PATH}?at={point}&saved=1#{point}" if point is not None else PATH)

    return routes


def list_of(service: Service, session: Session) -> TripKey:
    """Whose list it is: her draft's, or her running trip's where she may see that.

    Raises:
        Elsewhere: she has no trip, or its pages are closed.
    """
    trip = my_trip(service, session.traveler_id)
    return open_trip(service, session).key if trip is not None and trip.armed else draft_of(service, session)


def _with(checklist: Checklist, form: Typed | None) -> Typed:
    """What is stored of the other points stands beside what was typed of one."""
    stored = shown_again(checklist.told)
    if form is None:
        return stored
    point = point_of(form)
    others = [(name, value) for name, value in stored.pairs if point is None or not name.startswith(f"{point}.")]
    return Typed([*others, *form.pairs], form.problems, form.asks_country)


def _points(checklist: Checklist, unfolded: Point | None, _: Translate) -> Iterator[Said]:
    for one in checklist.findings:
        yield Said(
            name=one.point.value,
            title=_(TITLES[one.point]),
            why=_(WHY[one.point]),
            state=one.state.value,
            warns=one.warns,
            lacks=tuple(_(LACKS[lack]) for lack in _said_of(one)) if _is_begun(one, checklist) else (),
            open=one.warns or one.point is unfolded,
            fixed=checklist.armed and one.state is not State.OPEN,
        )


def _said_of(one: Finding) -> tuple[Lack, ...]:
    """Why the parts of a contract matter stands beside their boxes."""
    return tuple(lack for lack in one.lacks if one.point is not Point.CONTRACT or lack not in CONTRACT_PARTS)


def _is_begun(one: Finding, checklist: Checklist) -> bool:
    """What nobody has touched yet need not be said to be missing: it says so itself. What the trip says is always
    told."""
    told: Answer | None = checklist.told.get(one.point)
    return told is not None or one.point in (Point.VISA, Point.INSURANCE, Point.AGREED)


def _visas(checklist: Checklist, language: str) -> Iterator[VisaSaid]:
    for country, rule in checklist.visas:
        if country != checklist.citizenship:
            name = country_name(country, language)
            if rule is None:
                yield VisaSaid(name, "", "", "")
            else:
                source = said_source(rule.source, translator(language))
                yield VisaSaid(name, rule.rule.value, source, whole_day(rule.checked, language))


def _sources(service: Service, checklist: Checklist, language: str) -> dict[str, Any]:
    """Whom to ask: the register of her country, the embassies in it, and who helps there."""
    home = checklist.citizenship or DEFAULT_CITIZEN
    register = register_in(checklist.citizenship)
    abroad: list[CountryShown] = [
        show_country(service, country, home, language) for country, _rule in checklist.visas if country != home
    ]
    return {
        "register": register,
        "authority": register.names.get(language, register.names["en"]) if register else "",
        "register_of": whole_day(register.checked, language) if register else "",
        "register_source": said_source(register.source, translator(language)) if register else "",
        "abroad": abroad,
        # Named on a page of its own: what some of them are called must not stand on the phone's.
        "helpers": f"/countries/{abroad[0].facts.code}?citizen={home}" if abroad and abroad[0].home else "",
    }


def _questions(checklist: Checklist) -> Iterator[tuple[str, str, str]]:
    """What to ask an embassy, in each of our languages: tag, name of the language, text."""
    employer = checklist.details.get("employer") or {}
    where = checklist.details.get("destination") or {}
    for tag in LANGUAGES:
        _ = translator(tag)
        gap = "…"
        yield (
            tag,
            LANGUAGE_NAMES[tag],
            _(QUESTION_FOR_AN_EMBASSY).format(
                citizenship=country_name(checklist.citizenship, tag) if checklist.citizenship else gap,
                work=gap,
                employer=employer.get("name") or gap,
                place=", ".join(filter(None, (where.get("city"), country_name(where.get("country") or "", tag)))),
            ),
        )


def _day(checklist: Checklist, language: str) -> str:
    at = checklist.facts.confirmed_at
    return whole_day(at.date(), language) if at is not None else ""
