"""A contact answers on her own page whether the traveler is home: as one who texts 1 or 4 does."""

from __future__ import annotations

from service.usecases.contact_way import Opened, change_way
from service.usecases.context import Service
from service.usecases.end_trip import confirm_end, deny_end, is_asked
from service.usecases.waiting import ends_by_now
from service.usecases.work import Work


def say_home(service: Service, token: str, *, home: bool) -> bool:
    """The owner of this page says that the traveler is home, or that she is not; whether the link lives.

    Said again it changes nothing, and neither does it when nobody asks (any more).
    """

    def keep(work: Work, opened: Opened) -> None:
        trip, contact = opened.trip, opened.contact
        if opened.is_over or not is_asked(trip, contact) or ends_by_now(work.conn, trip.key, work.now):
            # An end that only an alarm holds back has been answered.
            return
        if not home:
            deny_end(work, trip, contact.id)
            return
        ended, _reply = confirm_end(work, trip, contact)
        if ended.watch is not None and ended.watch != trip.watch:
            work.save_watch(ended, ended.watch, None)

    return change_way(service, token, keep)
