"""READ: what came in is understood and acted on, in the order in which each sender sent it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, select
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from service.core.named_number import named_numbers
from service.core.reply import Meaning, Reading, understood
from service.core.wording import PageReason
from service.db.claims import Rows, claim_inbox, finish_inbox
from service.db.errors import Conflict, KeyErased, SchemaUnknown, SealBroken, SecretMissing, StorageUnavailable
from service.db.routing import NIL, Inbox, PhoneOwner
from service.db.stored import table_of
from service.db.strangers import UNKNOWN_SENDER, pass_over_strangers
from service.db.trips import TripKey, TripState
from service.edges import Act
from service.usecases import telling
from service.usecases.by_text_draft import answer_draft
from service.usecases.chat_links import START, TELEGRAM, ChatLink, links_brought
from service.usecases.checklist_asking import stop_asking_traveler
from service.usecases.context import MISSED_CALLS, Service
from service.usecases.join_chat import greet, join_chat
from service.usecases.number_by_text import Named, take_named, trips_named
from service.usecases.own_trip import OwnMessage, handle_own
from service.usecases.phone_proof import Waiting, note_heard
from service.usecases.replies import answered_lately
from service.usecases.route import Routed, Sender, route
from service.usecases.said_words import said_in
from service.usecases.stop import lets_through, start_number, stop_number, taken_for
from service.usecases.work import Work

INBOX = table_of(Inbox)
OWNERS = table_of(PhoneOwner)
BATCH = 100
FLOOD = 5_000
NEW_NUMBER = "new_number"
MISSED_CALL = "missed_call"
"""The result of a call that counts for nothing."""
UNANSWERED = frozenset({Routed(UNKNOWN_SENDER), Routed("ambiguous")})
"""What became of texts that mean nothing to any trip that is armed, and got no answer in its name."""

NOT_THE_ROWS = (StorageUnavailable, Conflict, SchemaUnknown, SecretMissing)
"""What is no row's fault: the whole batch is read again."""
BY_THE_ROW = (IntegrityError, DataError)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Row:
    """An inbox row, opened."""

    inbox_id: int
    source: str
    sender: bytes
    text: str
    address: str | None
    media: int
    occurred_at: datetime
    received_at: datetime
    traveler_id: UUID | None
    trip_id: UUID | None
    contact_id: UUID | None
    alarm_id: UUID | None
    opt_out: str | None = None
    """What the provider took it for and has acted on: STOP, START or HELP."""
    missed_call: bool = False
    """No text, but a call that nobody picked up."""
    undated: bool = False
    """When it was sent nobody knows: at `occurred_at` or later."""
    language: str = ""

    @property
    def own_key(self) -> TripKey | None:
        if self.traveler_id is None or self.trip_id is None or self.contact_id is not None:
            return None
        return TripKey(self.traveler_id, self.trip_id)


def read_inbox(service: Service) -> int:
    """Read everything that waits, or what is begun when the process is to end; returns how many rows were read.

    1. Claim up to 100 unread rows, none with an earlier unread row of its sender.  2. Load and lock the trips of their
    senders.  3. Decide on each in order; write watches, alarms, answers and replies.  4. Mark the rows as read; the
    text of one that meant something is erased.
    A row whose handling raises is set aside alone and the operator is paged; the others are read. When there is more,
    what unknown numbers sent is set aside by the thousand first.

    Killed here: nothing of the batch is written, and it is read again.
    """
    total, may_be_flooded = 0, True
    while not service.wake.stopping.is_set():
        try:
            count = service.run(lambda conn: _read_batch(service, conn, BATCH), Act.READ)
        except NOT_THE_ROWS:
            raise
        except Exception:
            # One of them cannot be handled: read them one by one, so that only that one is set aside.
            log.exception("inbox_batch_failed")
            count = _read_singly(service)
        total += count
        if count == 0:
            break
        if count >= BATCH and may_be_flooded:
            # Whoever is known waits behind them.
            strangers = service.run(partial(_pass_over, service), Act.READ)
            may_be_flooded = strangers > 0
            total += strangers
    if total:
        service.wake.outbox.set()
        service.wake.sweep.set()
    return total


class _Unreadable(Exception):
    """A row whose handling raised."""

    def __init__(self, inbox_id: int) -> None:
        super().__init__(inbox_id)
        self.inbox_id = inbox_id


def _read_singly(service: Service) -> int:
    count = 0
    for _ in range(BATCH):
        if service.wake.stopping.is_set():
            break
        try:
            done = service.run(lambda conn: _read_batch(service, conn, 1), Act.READ)
        except _Unreadable as unreadable:
            log.exception("inbox_row_set_aside", inbox_id=unreadable.inbox_id)
            done = service.run(partial(_set_aside, service, unreadable), Act.SET_TEXT_ASIDE)
        if done == 0:
            break
        count += done
    return count


def _set_aside(service: Service, unreadable: _Unreadable, conn: Connection) -> int:
    """This row and no other: whoever reads beside us may have claimed it meanwhile."""
    query = select(INBOX.c.inbox_id).where(INBOX.c.inbox_id == unreadable.inbox_id, INBOX.c.handled_at.is_(None))
    if conn.execute(query.with_for_update()).first() is not None:
        now = service.clock()
        work = Work(service, conn, now)
        result = f"error:{type(unreadable.__cause__).__name__}"
        finish_inbox(conn, now, [{"inbox_id": unreadable.inbox_id, "result": result}])
        which = str(unreadable.inbox_id)
        telling.page_operator(work, PageReason.SET_ASIDE, which, detail=f"(inbox_id {which})")
        work.flush()
    return 1


def _read_batch(service: Service, conn: Connection, limit: int) -> int:
    now = service.clock()
    claimed = claim_inbox(conn, now, limit)
    if not claimed:
        return 0
    try:
        _handle_all(service, conn, claimed, now)
    except NOT_THE_ROWS:
        raise
    except Exception as error:
        if limit > 1 or (isinstance(error, SQLAlchemyError) and not isinstance(error, BY_THE_ROW)):
            raise
        raise _Unreadable(claimed[0].inbox_id) from error
    return len(claimed)


def _pass_over(service: Service, conn: Connection) -> int:
    """Set strangers' texts aside, but for those that name a number or bring a link: they may be a traveler's on another
    phone, or somebody's whom she has asked."""

    def may_mean_something(sealed: bytes) -> bool:
        try:
            text = json.loads(service.keys.open(conn, b"inbox", sealed))["text"]
            return text.startswith(START) or bool(named_numbers(text))
        except KeyErased:
            return False
        except SealBroken:
            # Whatever it is: when its turn comes it is set aside alone, and the operator is paged.
            return True

    return pass_over_strangers(conn, service.clock(), FLOOD, may_mean_something)


def _handle_all(service: Service, conn: Connection, claimed: Rows, now: datetime) -> None:
    rows = [_open(service, conn, row) for row in claimed]
    owners, waiting = _owners(conn, {row.sender for row in rows if row.traveler_id is None})
    wanted = [row.own_key for row in rows if row.own_key is not None]
    wanted += [TripKey(row.traveler_id, row.trip_id) for row in rows if row.traveler_id and row.trip_id]
    wanted += [key for sender in owners.values() for key in sender.keys]
    named = trips_named(service, conn, rows)
    wanted += [one.key for found in named.values() for one in found]
    brought = links_brought(service, conn, rows)
    wanted += [link.key for link in brought.values() if link is not None]
    trips = service.trips(conn, wanted, now, lock=True)
    session = _Session(Work(service, conn, now), trips, named, brought)
    session.work.replied = answered_lately(conn, {*owners, *waiting}, now)
    changes = []
    for row in sorted(rows, key=lambda one: one.inbox_id):
        routed = session.handle(row, owners.get(row.sender))
        changes.append(_read_row(service, conn, row, routed, trips))
        if waiting_here := waiting.get(row.sender, []):
            _from_draft(session.work, row, waiting_here, may_ask=routed in UNANSWERED)
    session.finish()
    finish_inbox(conn, now, changes)
    session.work.flush()


class _Session:
    """One batch being read: the trips as they stand after each row, written once at the end."""

    def __init__(
        self,
        work: Work,
        trips: dict[TripKey, TripState],
        named: Mapping[int, Sequence[Named]],
        brought: Mapping[int, ChatLink | None],
    ) -> None:
        self.work = work
        self.trips = trips
        self._named = named
        self._brought = brought
        self._before = dict(trips)

    def handle(self, row: _Row, sender: Sender | None) -> Routed:
        if row.inbox_id in self._brought:
            return Routed(join_chat(self.work, self.trips, self._brought[row.inbox_id], row))
        key = take_named(self.work, self.trips, row, self._named.get(row.inbox_id, ()))
        if key is None:
            return self._routed(row, sender)
        # Whose phone it is gets the answer of any day, and hers is not the trip in which another one's word is kept.
        return replace(self._routed(row, sender), keep=False) if sender else Routed(NEW_NUMBER, key)

    def _called(self, row: _Row, sender: Sender) -> Routed:
        """A missed call: a check-in of hers who has turned that on, and nothing else ever."""
        own = self.trips.get(sender.own) if sender.own else None
        if own is None or sender.own is None or not own.details.get(MISSED_CALLS):
            return Routed(MISSED_CALL)
        return self._own(sender.own, row, Reading(Meaning.CHECK_IN))

    def _routed(self, row: _Row, sender: Sender | None) -> Routed:
        if row.missed_call:
            return self._called(row, sender) if sender is not None else Routed(UNKNOWN_SENDER)
        reading = understood(row.text, taken_for(row.text, row.opt_out))
        if row.own_key is not None:
            return self._own(row.own_key, row, reading)
        if row.contact_id is not None and row.traveler_id is not None and row.trip_id is not None:
            key = TripKey(row.traveler_id, row.trip_id)
            sender = Sender(None, ((key, row.contact_id),))
            return route(self.work, self.trips, sender, row.text, reading, row, by_page=True)
        if sender is None:
            if row.source == TELEGRAM and reading.meaning is Meaning.START:
                greet(self.work, row)
            return Routed(UNKNOWN_SENDER)
        if lets_through(row.text, row.opt_out):
            # Whatever else it means: the carrier lets our texts through again.
            start_number(self.work, row.sender, row.source)
        own = self.trips.get(sender.own) if sender.own else None
        if own is not None and sender.own is not None and (self._is_word(own, row.text) or reading.meaning == "sos"):
            return self._own(sender.own, row, reading)
        routed = route(self.work, self.trips, sender, row.text, reading, row, by_page=False)
        if routed.result == "own" and sender.own is not None:
            return self._own(sender.own, row, reading)
        return routed

    def _is_word(self, own: TripState, text: str) -> bool:
        return said_in(self.work.conn, self.work.service.keys, own, text, self.work.now).is_word

    def _own(self, key: TripKey, row: _Row, reading: Reading) -> Routed:
        trip = self.trips.get(key)
        if trip is None or trip.status != "armed":
            return Routed("no_trip")
        message = OwnMessage(
            row.inbox_id,
            row.source,
            row.text,
            row.address,
            row.sender,
            row.occurred_at,
            row.received_at,
            reading,
            row.opt_out,
            row.undated,
        )
        handled = handle_own(self.work, trip, message)
        self.trips[key] = handled.trip
        return Routed(handled.result, key, keep=handled.keep)

    def finish(self) -> None:
        """Write the watches that changed; the sweep looks at them at once."""
        for key, trip in self.trips.items():
            before = self._before[key]
            if trip.watch is not None and trip.watch != before.watch:
                ended = trip.watch.deadline is None and trip.status != "armed"
                self.work.save_watch(trip, trip.watch, None if ended else self.work.now)


def _open(service: Service, conn: Connection, row: Any) -> _Row:
    body = json.loads(service.keys.open(conn, b"inbox", row.sealed))
    return _Row(
        row.inbox_id,
        row.source,
        row.sender,
        body["text"],
        body["from"],
        row.media,
        row.occurred_at,
        row.received_at,
        row.traveler_id,
        row.trip_id,
        row.contact_id,
        row.alarm_id,
        body.get("opt_out"),
        missed_call=body.get("missed_call", False),
        undated=body.get("undated", False),
        language=body.get("language", ""),
    )


def _owners(conn: Connection, senders: set[bytes]) -> tuple[dict[bytes, Sender], dict[bytes, list[Waiting]]]:
    """Whose these numbers are: a traveler's in her armed trip, contacts' in any number; and, apart from these, those of
    travelers of whose trips none is armed."""
    if not senders:
        return {}, {}
    own: dict[bytes, TripKey] = {}
    contact: dict[bytes, list[tuple[TripKey, UUID]]] = defaultdict(list)
    waiting: dict[bytes, list[Waiting]] = defaultdict(list)
    for row in conn.execute(select(OWNERS).where(OWNERS.c.phone_hash.in_(senders))):
        if row.contact_id == NIL and not row.armed:
            waiting[row.phone_hash].append(Waiting(row.traveler_id, row.heard or {}))
        elif row.trip_id is None:
            continue
        elif row.contact_id == NIL:
            own[row.phone_hash] = TripKey(row.traveler_id, row.trip_id)
        else:
            contact[row.phone_hash].append((TripKey(row.traveler_id, row.trip_id), row.contact_id))
    return {digest: Sender(own.get(digest), tuple(contact.get(digest, ()))) for digest in {*own, *contact}}, waiting


def _from_draft(work: Work, row: _Row, whose: list[Waiting], *, may_ask: bool) -> None:
    """A text of a traveler who has not left yet: it proves that her phone reaches us, and STOP and START hold for it.

    It gets no answer, which she could take for the answer to a check-in, unless it asks what she may ask beforehand.
    """
    note_heard(work.conn, row.sender, row.source, row.received_at, whose)
    reading = understood(row.text, taken_for(row.text, row.opt_out))
    meaning = reading.meaning
    if may_ask:
        answer_draft(work, row, reading, whose)
    if meaning is Meaning.STOP:
        stop_number(work, row.sender, row.source, at=row.received_at)
        for one in whose:
            stop_asking_traveler(work, one.traveler_id)
    elif meaning is Meaning.START or lets_through(row.text, row.opt_out):
        start_number(work, row.sender, row.source)


def _read_row(
    service: Service, conn: Connection, row: _Row, routed: Routed, trips: dict[TripKey, TripState]
) -> dict[str, Any]:
    """The row as it stays. An unclear text is kept under the trip's own key and found by it; of others nothing is."""
    trip = trips.get(routed.key) if routed.keep and routed.key is not None else None
    change = {"inbox_id": row.inbox_id, "result": routed.result, "sealed": b""}
    whose = {"traveler_id": row.traveler_id, "trip_id": row.trip_id, "contact_id": row.contact_id}
    if trip is not None:
        text = json.dumps({"text": row.text, "from": None}).encode()
        change["sealed"] = service.keys.seal(conn, trip.key_id, b"inbox", text)
        whose = {"traveler_id": trip.key.traveler_id, "trip_id": trip.key.trip_id, "contact_id": routed.contact_id}
    return {**change, **whose}
