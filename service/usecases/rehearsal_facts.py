"""What a rehearsal says: the facts of the real trip, as this contact would be told them, of an alarm that is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from service.core.alarm import AlarmKind, open_alarm
from service.core.wording import AlertFacts
from service.db.rehearsals import KeptRehearsal
from service.db.trips import AlarmState, ContactState, TripState
from service.usecases.alarm_facts import facts_for


def sample_facts(
    trip: TripState,
    rehearsal: KeptRehearsal,
    contact: ContactState,
    now: datetime,
    *,
    ref_code: str = "",
    link: str = "",
) -> AlertFacts:
    """The facts of a missed check-in at the last full hour before the rehearsal began, marked as a rehearsal.

    The alarm that they describe is made up here and kept nowhere.
    """
    missed = rehearsal.view.started_at.replace(minute=0, second=0, microsecond=0)
    invented = AlarmState(rehearsal.rehearsal_id, open_alarm(AlarmKind.MISSED, now, (missed,)), 0, saved=False)
    facts = facts_for(trip, invented, contact, now, ref_code=ref_code, link=link)
    # Who of the others cannot be reached, and what her phone has told us, is for an alarm alone.
    return replace(facts, rehearsal=True, untold=(), stopped=False)
