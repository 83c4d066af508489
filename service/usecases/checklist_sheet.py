"""What the fact sheet takes of her list: what was open when she left, who has copies, how the license was looked up.

Days stand as 24.11.2026 in every language.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from service.core.checklist import Answer, Point
from service.core.wording_checklist import TITLES
from service.core.wording_text import N_, Translate
from service.db.trips import TripState
from service.usecases.checklist import answers_of, open_before

LOOKED_UP = {
    "yes": N_("looked up by the traveler in {where} on {day}: listed"),
    "no": N_("looked up by the traveler in {where} on {day}: another name, or ended"),
    "not_found": N_("looked up by the traveler in {where} on {day}: not listed"),
}


def list_on_the_sheet(trip: TripState, told: Mapping[str, str], _: Translate) -> dict[str, str]:
    """Texts by the names of the sheet's fields; `told`: what she told of herself under the same names."""
    found, answers = {}, answers_of(trip)
    points = open_before(trip)
    if points is not None:
        found["open_before"] = "; ".join(_(TITLES[point]) for point in points) or _("nothing")
    if (copies := answers.get(Point.COPIES)) is not None:
        found["copies"] = "; ".join(filter(None, (told.get("copies"), *_copies(trip, copies, _))))
    licence = (trip.details.get("agency") or {}).get("licence") or ""
    if (looked := answers.get(Point.LICENCE)) is not None and looked.text("result") in LOOKED_UP:
        said = _(LOOKED_UP[looked.text("result")]).format(
            where=looked.text("where") or _("a register"), day=_day(looked.text("day")) or "…"
        )
        # Whoever holds her phone by then could tell it.
        late = _("told during the trip") if looked.at > trip.starts_at else ""
        found["licence"] = "; ".join(filter(None, (licence or looked.text("number"), said, late)))
    return found


def _copies(trip: TripState, copies: Answer, _: Translate) -> list[str]:
    parts = [_("one set with the traveler: {where}").format(where=copies.text("mine"))] if copies.text("mine") else []
    holder = trip.contact(copies.text("holder")) if copies.text("holder") else None
    if holder is not None:
        who = ", ".join(filter(None, (holder.name, copies.text("where"))))
        at = holder.copies_at
        confirmed = _("confirmed on {day}").format(day=f"{at:%d.%m.%Y}") if at else _("not confirmed")
        parts.append(_("one set with {who} ({confirmed})").format(who=who, confirmed=confirmed))
    return parts


def _day(text: str) -> str:
    return f"{date.fromisoformat(text):%d.%m.%Y}" if text else ""
