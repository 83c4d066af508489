"""The people of a trip as its traveler planned them: what each has answered, and the order in which they are told.

Of a running trip what is due and waits only for an alarm's close is shown as done.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, select

from service.core.ladder import Ladder, Person, Role, Rung, default_ladder
from service.core.plan import leg_at, next_deadline
from service.db.stored import table_of
from service.db.tables import Contact
from service.db.trips import ContactState, TripKey, TripState
from service.usecases.contact_addresses import in_order
from service.usecases.contact_chat import tokens_to_pass_on
from service.usecases.contacts import UNANSWERED
from service.usecases.context import Service
from service.usecases.foresee import Telling, foresee_order
from service.usecases.invite_again import may_invite_again_at
from service.usecases.numbers import zone_of_number
from service.usecases.problems import NotFound
from service.usecases.set_ladder import LadderForm, RungForm
from service.usecases.set_plan import legs_of
from service.usecases.trip_as_shown import trip_as_shown

CONTACTS = table_of(Contact)
EXPLAINED = 8
"""Tellings that a picture of the order shows at most; the last one is repeated."""
ALL_TOLD = timedelta(minutes=30)
"""The wait of the last rung, which is told again by the ladder's own pauses."""


@dataclass(frozen=True, slots=True)
class TrustedPerson:
    """A person of the trip. `status`: invited, accepted, refused or expired (has not answered for a week).

    `channels`: pairs of channel and address in the order in which they are tried. `again_at`: from when on she may be
    invited once more (UTC); None when she has answered. `reachable`: whether anything sent from here can reach her.
    `chat_token`: of a link that the traveler passes on to her, because in her chat she writes first.
    """

    contact_id: UUID
    status: str
    name: str
    relation: str
    language: str
    role: str
    disclosure: str
    channels: tuple[tuple[str, str], ...]
    invited_at: datetime
    again_at: datetime | None
    reachable: bool
    chat_token: str = ""

    @property
    def id(self) -> str:
        return str(self.contact_id)


@dataclass(frozen=True, slots=True)
class People:
    """All people of a trip in the order in which they were added, and whom an alarm tells.

    `rungs` are those before everybody is told; `repeat` is the first pause after that. `is_usual`: the order follows
    who has accepted. `due_at`, `opens_at`: the first deadline ahead, if there is one, and when an alarm would open then
    (UTC); `zone`: whose clock she lives by at that time, `home_zone` that of her own number.
    """

    now: datetime
    people: tuple[TrustedPerson, ...]
    rungs: tuple[RungForm, ...]
    repeat: timedelta
    is_usual: bool
    due_at: datetime | None
    opens_at: datetime | None
    zone: str
    home_zone: str

    @property
    def ladder(self) -> LadderForm:
        """The whole order, as it would be stored."""
        return whole_ladder(self, self.rungs, self.repeat)

    @property
    def present(self) -> tuple[TrustedPerson, ...]:
        """Those who are or may become contacts: not those who said no or never answered."""
        return tuple(one for one in self.people if one.status in ("invited", "accepted"))


def show_people(service: Service, key: TripKey) -> People:
    """The people of a trip. Changes nothing.

    Raises:
        NotFound: no such trip of hers.
    """
    now = service.clock()
    return service.read(lambda conn: _show(service, conn, key, now))


def whole_ladder(people: People, rungs: tuple[RungForm, ...], repeat: timedelta) -> LadderForm:
    """These rungs, and behind them everybody."""
    everybody = RungForm(tuple(one.contact_id for one in people.present), ALL_TOLD)
    return LadderForm((*rungs, everybody), repeat)


def usual_rungs(people: People) -> tuple[RungForm, ...]:
    """The rungs of the usual order before everybody is told, as things stand."""
    standing = tuple(Person(one.id, Role(one.role), one.status == "accepted") for one in people.present)
    return _forms(default_ladder(standing).rungs[:-1], people.present)


def tellings(people: People, form: LadderForm) -> tuple[Telling, ...]:
    """Whom this order tells and when, while nobody answers and all have accepted: the core's own steps. Times count
    from `opens_at`, or from now where no deadline is planned yet."""
    ladder = Ladder(tuple(Rung(tuple(map(str, rung.contacts)), rung.wait) for rung in form.rungs), form.repeat)
    persons = tuple(Person(one.id, Role(one.role)) for one in people.present)
    return foresee_order(ladder, persons, people.opens_at or people.now, min(len(form.rungs), EXPLAINED))


def _show(service: Service, conn: Connection, key: TripKey, now: datetime) -> People:
    trip = service.planned_trip(conn, key, now)
    if trip is None:
        raise NotFound
    if trip.status != "draft":
        trip = trip_as_shown(conn, service.keys, trip, now)
    query = select(CONTACTS).where(CONTACTS.c.traveler_id == key.traveler_id, CONTACTS.c.trip_id == key.trip_id)
    rows = {row["contact_id"]: row for row in conn.execute(query).mappings()}
    tokens = tokens_to_pass_on(service, conn, key, now)
    people = tuple(
        _person(service, conn, trip, contact, rows[contact.contact_id]["sealed"], tokens)
        for contact in trip.contacts
        if contact.status != "removed"
    )
    due = next_deadline(trip.plan, now) if trip.plan else None
    shown = People(
        now=now,
        people=people,
        rungs=(),
        repeat=trip.ladder.repeat,
        is_usual=not trip.ladder_rungs,
        due_at=due,
        opens_at=due + trip.plan.grace if due and trip.plan else None,
        zone=leg_at(trip.plan, due).zone if due and trip.plan else legs_of(trip)[0].zone,
        home_zone=zone_of_number(trip.traveler.phone),
    )
    if shown.is_usual:
        return replace(shown, rungs=usual_rungs(shown))
    # Whoever stands on the last one, everybody is told with it.
    return replace(shown, rungs=_forms(trip.ladder_rungs[:-1], shown.present))


def _forms(rungs: tuple[Rung, ...], present: tuple[TrustedPerson, ...]) -> tuple[RungForm, ...]:
    """The rungs with those who may still be told; without those that nobody is left on."""
    by_id = {one.id: one.contact_id for one in present}
    named = ((tuple(by_id[i] for i in rung.people if i in by_id), rung.wait) for rung in rungs)
    return tuple(RungForm(ids, wait) for ids, wait in named if ids)


def _person(
    service: Service,
    conn: Connection,
    trip: TripState,
    contact: ContactState,
    sealed: bytes,
    tokens: Mapping[UUID, str],
) -> TrustedPerson:
    channels = in_order(json.loads(service.keys.open(conn, b"contact", sealed)))
    again_at = None
    # Who has been forgotten has no address any more: she is asked anew by describing her anew.
    if contact.status in UNANSWERED and channels:
        again_at = may_invite_again_at(conn, trip.key, contact.contact_id) or contact.invited_at
    return TrustedPerson(
        contact_id=contact.contact_id,
        status=contact.status,
        name=contact.name,
        relation=contact.relation,
        language=contact.language,
        role=contact.role.value,
        disclosure=contact.disclosure,
        channels=tuple((entry["channel"], entry["address"]) for entry in channels),
        invited_at=contact.invited_at,
        again_at=again_at,
        reachable=any(address.usable for address in contact.addresses),
        chat_token=tokens.get(contact.contact_id, ""),
    )
