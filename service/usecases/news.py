"""News of a trip or an alarm as one contact reads it by one address: its text, a call's keys, and its Russian round.

What is news is kept with its message (`News`), so that it can be written anew when it goes on to another address: in a
call it takes keys, in a letter it brings the page, and where an answer to its sender goes nowhere it says where to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from service.core import wording
from service.core.alarm import AlarmKind
from service.core.wording import ContactNotice, Translate
from service.db.trips import Address, AlarmState, ContactState, TripState
from service.texts import translator
from service.usecases.alarm_facts import closers, zone_of_contact
from service.usecases.aloud import SPARE
from service.usecases.carriage import answers_by_text, asks_for_page, carriage_for, with_page
from service.usecases.links import alarm_link, invitation_link
from service.usecases.times import said
from service.usecases.work import VOICE, Work
from service.voice.recordings import is_recorded

END_ANSWERS = ("1", "4")


@dataclass(frozen=True, slots=True)
class News:
    """A notice and what it says: `texts` as they are, `times` in the zone of whoever reads it."""

    key: str
    texts: Mapping[str, str] = field(default_factory=dict)
    times: Mapping[str, datetime] = field(default_factory=dict)

    @classmethod
    def of(cls, key: str, values: Mapping[str, datetime | str]) -> News:
        texts = {name: one for name, one in values.items() if isinstance(one, str)}
        times = {name: one for name, one in values.items() if isinstance(one, datetime)}
        return cls(str(key), texts, times)

    def as_json(self) -> dict[str, Any]:
        """What is sealed with the message."""
        return {
            "key": self.key,
            "texts": dict(self.texts),
            "times": {name: at.isoformat() for name, at in self.times.items()},
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> News:
        times = {name: datetime.fromisoformat(at) for name, at in value["times"].items()}
        return cls(value["key"], value["texts"], times)


@dataclass(frozen=True, slots=True)
class Written:
    """What goes into the outbox; see `Draft`."""

    body: str
    answers: tuple[str, ...] = ()
    again: str = ""


def write_notice(
    work: Work,
    trip: TripState,
    alarm: AlarmState | None,
    contact: ContactState,
    address: Address,
    news: News,
    ref_code: str,
) -> Written:
    """A notice to one contact, as it goes by this address. Under duress it is worded for that."""
    zone = zone_of_contact(contact, trip)
    carriage = carriage_for(work.service, address.channel, address.address, contact.tag)
    texts: dict[str, Any] = {**news.texts, **{name: said(at, zone, work.now) for name, at in news.times.items()}}
    texts |= {"name": trip.traveler.name, "ref_code": ref_code, "duress": under_duress(trip), "carriage": carriage}
    by_page = not answers_by_text(address, carriage)

    def write(_: Translate) -> str:
        return wording.notice(ContactNotice(news.key), _, by_page=by_page, **texts)

    asks = address.channel == VOICE and news.key == ContactNotice.END_ASKED and not under_duress(trip)
    body = _with_page(work, trip, alarm, contact, address, write(translator(contact.language)))
    return Written(body, END_ANSWERS if asks else (), in_russian(contact, address, write))


def write_end(
    work: Work, trip: TripState, alarm: AlarmState, contact: ContactState, address: Address, ref_code: str
) -> Written | None:
    """The end of an alarm to one contact, as it goes by this address; None while it has not ended."""
    view = alarm.view
    if view.outcome is None or view.is_open:
        return None
    closer = trip.contact(view.closed_by) if view.closed_by else None
    carriage = carriage_for(work.service, address.channel, address.address, contact.tag)
    outcome, at = view.outcome, said(view.last_sign_at or work.now, zone_of_contact(contact, trip), work.now)

    def write(_: Translate) -> str:
        return wording.all_clear(
            outcome,
            _,
            name=trip.traveler.name,
            ref_code=ref_code,
            who=closer.name if closer else "",
            by=closers(trip, view, contact.language),
            at=at,
            duress=view.kind is AlarmKind.DURESS,
            carriage=carriage,
        )

    body = _with_page(work, trip, alarm, contact, address, write(translator(contact.language)))
    return Written(body, again=in_russian(contact, address, write))


def in_russian(contact: ContactState, address: Address, write: Callable[[Translate], str]) -> str:
    """What a call says in Russian beside a recorded language; "" for every other message."""
    return write(translator(SPARE)) if address.channel == VOICE and is_recorded(contact.language) else ""


def under_duress(trip: TripState) -> bool:
    return trip.alarm is not None and trip.alarm.view.kind is AlarmKind.DURESS


def _with_page(
    work: Work, trip: TripState, alarm: AlarmState | None, contact: ContactState, address: Address, body: str
) -> str:
    """The text as this address carries it: an e-mail cannot be answered, so it brings the page that can; and so does a
    text whose reader has nowhere to send an answer."""
    carriage = carriage_for(work.service, address.channel, address.address, contact.tag)
    if not asks_for_page(address, carriage):
        return body
    link = alarm_link(work, trip, alarm, contact) if alarm else invitation_link(work, trip, contact)
    return with_page(body, translator(contact.language), address, carriage, link)
