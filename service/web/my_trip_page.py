"""`/trip/all`: a running trip whole. In a trip with words it is the private page.

Here she also says what her people may hear and ask while nothing is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_date
from fastapi import APIRouter, Depends, Request, Response

from service.core.wording import Translate
from service.core.wording_facts import visa_said
from service.core.wording_text import N_
from service.texts import translator
from service.usecases.chat_links import is_offered
from service.usecases.context import Service
from service.usecases.own_notes import asks_passport
from service.usecases.places import country_name, zone_label
from service.usecases.problems import Elsewhere, NotFound
from service.usecases.sessions import Session
from service.usecases.show_running import RunningTrip, show_running_trip
from service.usecases.show_trip import ShownContact
from service.usecases.times import said
from service.usecases.typed_numbers import shown_number
from service.usecases.unknown_facts import open_fields
from service.usecases.waiting import Asked
from service.usecases.weekly_word import set_weekly
from service.usecases.worry import let_worry
from service.web.forms import Typed
from service.web.guard import filled_in, form_token, signed_in
from service.web.local_times import clock_said, local, short_day
from service.web.pages import language_of, page
from service.web.people_pages import UNPROVEN
from service.web.plan_said import plan_said
from service.web.trip_access import open_trip
from service.web.wizard import see

PATH = "/trip/all"
WEEKLY = {"weekly_on": True, "weekly_off": False}
WORRY = {"worry_allow": True, "worry_block": False}
"""What its buttons do, by their `do`."""
WAITING = {
    "pause_until": N_("a pause"),
    "end": N_("the end of the trip"),
    "erase": N_("everything here is erased"),
    "remove_contact": N_("somebody leaves your people"),
    "hand_over": N_("somebody takes another one’s place"),
    "remove_number": N_("one of your numbers is taken off"),
    "plan": N_("other times"),
    "words": N_("other words"),
    "ladder": N_("another order of your people"),
}
STANDING = {
    "invited": N_("asked, has not answered yet"),
    "accepted": N_("has accepted"),
    "refused": N_("cannot"),
    "expired": N_("has not answered"),
}
FACTS = (
    ("employer", N_("Employer"), ("name", "phone", "address")),
    ("agency", N_("Who arranged it"), ("name", "phone", "licence")),
    ("consulate", N_("Consulate"), ("name", "phone", "address", "email")),
    ("visa", N_("Visa"), ("kind", "number")),
    ("insurance", N_("Insurance"), ("company", "policy", "phone")),
)


def router(service: Service) -> APIRouter:
    """Her running trip."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    @routes.get(PATH)
    def show(request: Request, session: Session = whose, chosen: str = "") -> Response:
        mine = open_trip(service, session)
        trip = show_running_trip(service, mine.key)
        if trip.whole.plan is None:
            raise Elsewhere("/home")
        language = language_of(request)
        _ = translator(language)
        return page(
            request,
            "my_trip.html",
            csrf=form_token(service, request),
            secret=mine.secret,
            when=plan_said(trip.whole.plan, language, _),
            ahead=[_in_both(trip, number, language) for number in range(len(trip.ahead))],
            places=(zone_label(trip.zone, language), zone_label(trip.home_zone, language)),
            legs=list(_legs(trip, language)),
            people=[(one, _standing(one, _)) for one in trip.whole.contacts],
            facts=list(_facts(trip, _)),
            before_leaving=trip.whole.starts_at > trip.now,
            still_open=len(open_fields(trip.whole.details)),
            ask_passport=asks_passport(trip.whole, trip.now),
            asked=[_asked(one, trip, _) for one in trip.whole.asked],
            own_link=trip.whole.check_in_url or "",
            weekly=trip.whole.weekly,
            chosen=chosen == "1",
            chats_offered=is_offered(service),
        )

    @routes.post(PATH)
    def choose(session: Session = whose, typed: Typed = filled) -> Response:
        mine = open_trip(service, session)
        done = typed.text("do")
        if done in WEEKLY:
            set_weekly(service, mine.key, wanted=WEEKLY[done])
        elif done in WORRY:
            let_worry(service, mine.key, _id(typed.text("contact")), allowed=WORRY[done])
        return see(f"{PATH}?chosen=1")

    return routes


def _id(text: str) -> UUID:
    """Raises `NotFound` for what is no id."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


def _standing(one: ShownContact, _: Translate) -> str:
    """What became of the question to this person."""
    said = [_(STANDING.get(one.status, ""))]
    if one.unproven and one.status == "accepted":
        said.append(_(UNPROVEN))
    return ", ".join(filter(None, said))


def _asked(one: Asked, trip: RunningTrip, _: Translate) -> tuple[str, str, str]:
    """What waits, from when on (empty: as soon as somebody confirms it), and where it can be taken back."""
    when = said(one.effective_at, trip.zone, trip.now) if one.effective_at else ""
    return _(WAITING[one.kind]), when, f"/asked/{one.change_id}"


def _in_both(trip: RunningTrip, number: int, language: str) -> tuple[str, str, str]:
    """A deadline: its day there, its time there and at home."""
    there, home = local(trip.ahead[number], trip.zone), local(trip.ahead[number], trip.home_zone)
    at_home = (
        clock_said(home) if home.date() == there.date() else f"{short_day(home.date(), language)} {clock_said(home)}"
    )
    return str(format_date(there, "EEE, d MMM", locale=language)), clock_said(there), at_home


def _legs(trip: RunningTrip, language: str) -> Iterator[tuple[str, str]]:
    """Each part of the trip: from which day, and where."""
    for leg in trip.whole.plan.legs if trip.whole.plan else ():
        day = leg.starts_at.astimezone(ZoneInfo(leg.zone))
        country = country_name(leg.country, language)
        yield format_date(day, "d MMMM", locale=language), f"{leg.city}, {country}" if leg.city else country


def _known(name: str, text: str, _: Translate) -> str:
    if name == "kind":
        return visa_said(text, _)
    return shown_number(text) if name == "phone" else text


def _facts(trip: RunningTrip, _: Translate) -> Iterator[tuple[str, str]]:
    """What she wrote of those she depends on, a line each."""
    details = trip.whole.details
    for section, label, names in FACTS:
        known = details.get(section) or {}
        texts = [_known(name, str(known[name]), _) for name in names if known.get(name)]
        if texts:
            yield _(label), ", ".join(texts)
    for one in details.get("companions") or ():
        yield _("Travels with you"), ", ".join(filter(None, (one["name"], shown_number(one.get("phone") or ""))))
    if details.get("notes"):
        yield _("Notes"), str(details["notes"])
