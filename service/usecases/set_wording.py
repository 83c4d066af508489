"""How the texts to the traveler read: plain, or discreet, which tells a stranger nothing."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from service.core.wording import Wording
from service.usecases.checklist_asking import ask_before_leaving
from service.usecases.context import Service
from service.usecases.drafts import TripKey, load_draft, set_columns
from service.usecases.work import Work


def set_wording(service: Service, key: TripKey, wording: Wording) -> None:
    """Store the wording of a draft.

    Raises:
        NotFound, Conflict409: see `load_draft`.
    """
    now = service.clock()

    def keep(conn: Connection) -> None:
        trip = load_draft(service, conn, key, now)
        if trip.wording == wording:
            return
        set_columns(conn, key, wording=wording.value)
        work = Work(service, conn, now)
        work.audit.add(key.traveler_id, "traveler", "wording_set")
        ask_before_leaving(work, replace(trip, wording=wording.value))
        work.flush()

    service.run(keep)
