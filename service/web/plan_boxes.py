"""The boxes of a plan's form as a draft and a running trip show them: their choices, and whose clocks are read."""

from __future__ import annotations

from typing import Any

from service.core.wording import Translate
from service.usecases.context import Service
from service.usecases.places import zone_label
from service.usecases.preview_plan import PlanGround
from service.web.durations import choices_of
from service.web.forms import Typed
from service.web.local_times import weekdays
from service.web.plan_form import PRESET_HOURS
from service.web.schemas import Weekday

SHOW = "show"
"""The button that shows what was typed without storing it."""
GRACES = (900, 1800, 3600, 7200, 10800, 21600, 43200)
GRACES_DEMO = (10, 30, 60, 300)
AHEADS = (600, 1800, 3600, 7200)
AHEADS_DEMO = (5, 10, 30)
MOST_WEAK = 10


def plan_boxes(service: Service, ground: PlanGround, form: Typed, language: str, _: Translate) -> dict[str, Any]:
    """What `_plan_fields.html` needs besides the form, the preview and the rows that a button has changed."""
    graces = (*GRACES_DEMO, *GRACES) if service.demo else GRACES
    aheads = (*AHEADS_DEMO, *AHEADS) if service.demo else AHEADS
    return {
        "days": list(zip([day.value for day in Weekday], weekdays(language), weekdays(language, "cccc"), strict=True)),
        "hours": [(text, _("{number} h").format(number=text)) for text in PRESET_HOURS],
        "graces": choices_of(graces, form.text("grace_seconds"), language),
        "aheads": choices_of(aheads, form.text("remind_before_seconds"), language),
        "counts": [(str(number), str(number)) for number in range(1, MOST_WEAK + 1)],
        # Whose clock a date and a time are read on, in the order of the trip.
        "zones": list(dict.fromkeys(leg.city or zone_label(leg.zone, language) for leg in ground.legs)),
    }
