"""The people of a running trip as its traveler sees them: who they are, what they said, and when they would be told.

What is due and waits only for an alarm's close is shown as done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from service.core.lifeline import is_unproven
from service.core.wording_text import tidy
from service.db.trips import ContactState, TripKey, TripState
from service.usecases.contact_addresses import GONE
from service.usecases.contact_chat import tokens_to_pass_on
from service.usecases.context import Service
from service.usecases.hand_over import standing_hand_overs
from service.usecases.problems import NotFound
from service.usecases.trip_as_shown import trip_as_shown


@dataclass(frozen=True, slots=True)
class PersonNow:
    """A contact. `step`: the first step of the ladder that tells her, from 1; None before she has accepted.

    `unproven`: she has not said, when asked, that her addresses are still hers.
    `successor`: who has been asked to take her place; `takes_over`: whose place she is to take. `chat_token`: of a link
    that is to be passed on to her.
    """

    contact_id: UUID
    name: str
    relation: str
    status: str
    role: str
    step: int | None
    ways: tuple[str, ...] = ()
    successor: str = ""
    takes_over: str = ""
    unproven: bool = False
    chat_token: str = ""

    @property
    def here(self) -> bool:
        """Whether she is on the list: accepted, or still asked."""
        return self.status in ("accepted", "invited")


def people_now(service: Service, key: TripKey) -> tuple[PersonNow, ...]:
    """The contacts in their order; those last who refused or did not answer. Changes nothing.

    Raises:
        NotFound: no such trip of hers.
    """
    now = service.clock()
    return service.read(lambda conn: _show(service, conn, key, now))


def _show(service: Service, conn: Connection, key: TripKey, now: datetime) -> tuple[PersonNow, ...]:
    trip = service.planned_trip(conn, key, now)
    if trip is None:
        raise NotFound
    standing = standing_hand_overs(conn, service.keys, key)
    trip = trip_as_shown(conn, service.keys, trip, now)
    people = [_person(trip, contact, standing, now) for contact in trip.contacts if contact.status != "removed"]
    tokens = tokens_to_pass_on(service, conn, key, now)
    people = [replace(person, chat_token=tokens.get(person.contact_id, "")) for person in people]
    return tuple(sorted(people, key=lambda person: not person.here))


def _person(trip: TripState, contact: ContactState, standing: Mapping[UUID, UUID], now: datetime) -> PersonNow:
    new = trip.contact(standing[contact.contact_id]) if contact.contact_id in standing else None
    if new is not None and new.status in GONE:
        # She was taken off, and only an alarm holds that back: else nobody would be asked any more.
        new = None
    olds = (trip.contact(old) for old, taker in standing.items() if taker == contact.contact_id)
    old = next((one for one in olds if one is not None and one.status != "removed"), None)
    return PersonNow(
        contact_id=contact.contact_id,
        name=tidy(contact.name),
        relation=tidy(contact.relation),
        status=contact.status,
        role=contact.role.value,
        step=_step(trip, contact) if contact.accepted else None,
        ways=tuple(dict.fromkeys(address.channel for address in contact.addresses)),
        successor=tidy(new.name) if new else "",
        takes_over=tidy(old.name) if old else "",
        unproven=is_unproven(contact.accepted_at, contact.proven_at, now),
    )


def _step(trip: TripState, contact: ContactState) -> int | None:
    """The last step tells everybody who has accepted, whoever it names."""
    rungs = trip.ladder.rungs
    named = (number for number, rung in enumerate(rungs, start=1) if contact.id in rung.people)
    return next(named, len(rungs) or None)
