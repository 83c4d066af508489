"""What one transaction is about to write, collected while it decides and written in batches at its end."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Select, select, update

from service.core.alarm import AlarmKind, AlarmView
from service.core.carriage import carried
from service.core.ladder import audience
from service.core.lifeline import may_ring_at
from service.core.watch import WatchView
from service.db import tables
from service.db.audit import AuditTrail
from service.db.claims import given_up
from service.db.routing import NIL, AckCode, Link
from service.db.rows import ids, insert_all, insert_ignore, is_one_of, update_all
from service.db.stored import table_of
from service.db.trips import AlarmState, TripKey, TripState, alarm_values, watch_values
from service.db.types import json_text
from service.usecases.aloud import SPARE, aloud, keys_of
from service.usecases.carriage import EMAIL as EMAIL
from service.usecases.carriage import SMS as SMS
from service.usecases.carriage import carriage_for, spoken
from service.usecases.context import Service
from service.usecases.numbers import zone_of_number

OUTBOX = table_of(tables.Outbox)
WATCHES = table_of(tables.Watch)
ALARMS = table_of(tables.Alarm)
CHECK_INS = table_of(tables.CheckIn)
ANSWERS = table_of(tables.Answer)
ACK_CODES = table_of(AckCode)
LINKS = table_of(Link)

VOICE = "voice"
CAN_WAIT = frozenset({"invitation", "rehearsal", "notice", "weekly", "still_yours"})
"""The kinds of rows that wake no house at night when they belong to no alarm."""

CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_DIGITS = "23456789"
CODES_AT_ONCE = 128
A_DAY = timedelta(days=1)
GIVEN_BACK_WITHIN = timedelta(days=2)
"""A provider tries for 10 h, and we try again for less than another one."""
# All bytes but the last few, so that each character is as likely as any other.
_CODE_CHARS = (CODE_LETTERS + CODE_DIGITS) * (256 // len(CODE_LETTERS + CODE_DIGITS))


@dataclass(frozen=True, slots=True)
class Priority:
    """Smaller goes first."""

    OPERATOR = 0
    GRAVE = 1
    ALERT = 2
    ALL_CLEAR = 3
    UNPROVEN = 3
    """Its waits are days: it goes after every alarm that counts minutes."""
    PAGE_CODE = 3
    """Somebody stands before the facts of an alarm, and it is good for minutes."""
    REMINDER = 4
    REPLY = 5
    INVITATION = 6
    REHEARSAL = 7


class Form(StrEnum):
    """In which of its forms a message goes by a channel."""

    LETTER = "letter"
    TEXT = "text"
    SPOKEN = "spoken"


def form_of(channel: str) -> Form:
    """The form of a channel's messages."""
    return {EMAIL: Form.LETTER, VOICE: Form.SPOKEN}.get(channel, Form.TEXT)


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be written into the outbox."""

    kind: str
    to: str
    channel: str
    body: str
    dedupe_key: str
    priority: int
    traveler_id: UUID = NIL
    trip_id: UUID | None = None
    alarm_id: UUID | None = None
    contact_id: UUID | None = None
    key_id: UUID | None = None
    channel_index: int = 0
    step: int = 0
    ref_code: str | None = None
    subject: str | None = None
    part: int = 0
    available_at: datetime | None = None
    valid_for: timedelta | None = None
    address_hash: bytes = b""
    """Of `to`, where it is known already."""
    language: str = "en"
    answers: tuple[str, ...] = ()
    """What the person may answer; see `notifiers.base.Message`."""
    again: str = ""
    """The same in Russian, for a call in a language that no provider speaks."""
    news: Mapping[str, Any] | None = None
    """What a notice says, from which it can be written anew for another address; see `service.usecases.news`."""

    @property
    def wakes_nobody(self) -> bool:
        """Whether it is a call about what has time until the morning."""
        is_unproven = self.kind == "alert" and self.priority == Priority.UNPROVEN
        return self.channel == VOICE and (is_unproven or (self.alarm_id is None and self.kind in CAN_WAIT))


@dataclass(slots=True)
class Answered:
    """The replies that went to a number within the last hour, and how many of them nobody had asked for."""

    all: int = 0
    unasked: int = 0


class Work:
    """Collects writes. Nothing is written before `flush`, which the use case calls last in its transaction."""

    def __init__(self, service: Service, conn: Connection, now: datetime) -> None:
        self.service = service
        self.conn = conn
        self.now = now
        self.audit = AuditTrail(conn, service.keys, now)
        self.replied: dict[bytes, Answered] = {}
        self._answered: set[tuple[UUID, UUID | None]] = set()
        self._drafts: list[Draft] = []
        self._codes: list[dict[str, Any]] = []
        self._free_codes: list[str] = []
        self._links: dict[tuple[str, ...], dict[bytes, dict[str, Any]]] = defaultdict(dict)
        self._watches: list[dict[str, Any]] = []
        self._alarms: dict[UUID, tuple[TripKey, AlarmState, datetime | None]] = {}
        self._check_ins: list[dict[str, Any]] = []
        self._answers: list[dict[str, Any]] = []

    def send(self, draft: Draft) -> None:
        self._drafts.append(draft)

    def take_back(self, name: str) -> list[Draft]:
        """Leave unwritten what was to be sent under names that begin so."""
        taken = [draft for draft in self._drafts if draft.dedupe_key.startswith(name)]
        self._drafts = [draft for draft in self._drafts if not draft.dedupe_key.startswith(name)]
        return taken

    def answer_first(self, key: TripKey) -> None:
        """Of this trip nothing else is told for a while: what her text sets off must not delay the answer to it."""
        self._answered.add(key)

    def fresh_code(
        self,
        traveler_id: UUID,
        alarm_id: UUID | None,
        contact_id: UUID | None,
        *,
        rehearsal_id: UUID | None = None,
    ) -> str:
        """A short code that names a message: a letter and a digit at least, no character mistaken for another."""
        while not self._free_codes:
            self._free_codes = self._make_codes()
        code = self._free_codes.pop()
        self._codes.append(
            {
                "code": code,
                "traveler_id": traveler_id,
                "alarm_id": alarm_id,
                "rehearsal_id": rehearsal_id,
                "contact_id": contact_id,
                "created_at": self.now,
            }
        )
        return code

    def _make_codes(self) -> list[str]:
        """Codes that nothing has; the more of them at once, the more were asked for."""
        wanted = min(4 * len(self._codes) + 4, CODES_AT_ONCE)
        made = {make_code() for _ in range(wanted)} - {row["code"] for row in self._codes}
        dialect = self.conn.dialect.name
        return list(made.difference(self.conn.execute(_known_codes(dialect), ids(dialect, made)).scalars()))

    def keep_link(self, row: dict[str, Any]) -> None:
        """Write a link, unless there is one with its token."""
        # By its columns: rows that are written together have the same.
        self._links[tuple(row)][row["token_hash"]] = row

    def save_watch(self, trip: TripState, watch: WatchView, look_at: datetime | None) -> None:
        """Write a watch, if nobody else has since it was read."""
        self.put_watch(trip.key, trip.watch_version, watch, look_at)

    def put_watch(self, key: TripKey, version: int, watch: WatchView, look_at: datetime | None) -> None:
        """Write a watch, if it still is of the `version` that was read."""
        row = watch_values(watch, look_at and self._not_yet(key, look_at))
        row.update(traveler_id=key.traveler_id, trip_id=key.trip_id, version=version)
        self._watches.append(row)

    def save_alarm(self, trip: TripState, alarm: AlarmState, look_at: datetime | None) -> None:
        """Write an alarm, if nobody else has since it was read. The last word in a transaction counts."""
        self.put_alarm(trip.key, alarm, look_at)

    def put_alarm(self, key: TripKey, alarm: AlarmState, look_at: datetime | None) -> None:
        """Write an alarm of the trip with this key; as `save_alarm`."""
        self._alarms[alarm.alarm_id] = (key, alarm, look_at)

    def forget_alarm(self, traveler_id: UUID, alarm_id: UUID) -> None:
        """An alarm that ended long ago needs no look any more, whatever a late answer of a provider asked for."""
        self.conn.execute(
            update(ALARMS)
            .where(ALARMS.c.traveler_id == traveler_id, ALARMS.c.alarm_id == alarm_id)
            .values(look_at=None)
        )

    def open_alarm(self, view: AlarmView) -> AlarmState:
        """A new alarm's row-to-be; `save_alarm` keeps it."""
        return AlarmState(uuid4(), view, 0, saved=False)

    def record_check_in(self, **values: Any) -> None:
        self._check_ins.append({"check_in_id": uuid4(), **values})

    def record_answer(self, **values: Any) -> None:
        self._answers.append({"answer_id": uuid4(), "at": self.now, **values})

    def flush(self) -> None:
        """Write everything, watches before alarms before the outbox."""
        update_all(self.conn, WATCHES, self._watches, where=("traveler_id", "trip_id"))
        self._flush_alarms()
        insert_all(self.conn, CHECK_INS, self._check_ins)
        insert_all(self.conn, ANSWERS, self._answers)
        insert_all(self.conn, ACK_CODES, self._codes)
        for links in self._links.values():
            insert_ignore(self.conn, LINKS, list(links.values()))
        insert_ignore(self.conn, OUTBOX, [self._row(draft) for draft in self._drafts])
        self.audit.flush()

    def _flush_alarms(self) -> None:
        new, changed = [], []
        for key, alarm, look_at in self._alarms.values():
            row = alarm_values(alarm.view, look_at and self._not_yet(key, look_at))
            row.update(traveler_id=key.traveler_id, alarm_id=alarm.alarm_id)
            if alarm.saved:
                row.update(version=alarm.version)
                changed.append(row)
            else:
                row.update(trip_id=key.trip_id, version=1)
                new.append(row)
        update_all(self.conn, ALARMS, changed, where=("traveler_id", "alarm_id"))
        insert_all(self.conn, ALARMS, new)

    def _not_yet(self, key: tuple[UUID, UUID | None], at: datetime) -> datetime:
        """An instant, or a while from now where an answer goes first."""
        return max(at, self.now + self.service.limits.answer_first) if key in self._answered else at

    def _row(self, draft: Draft) -> dict[str, Any]:
        keys = self.service.keys
        # What is sent soon is sealed for some days only; what waits longer would keep its day's key for as long.
        is_for_later = draft.available_at is not None and draft.available_at > self.now + A_DAY
        key_id = (draft.key_id if is_for_later else None) or keys.service_key(self.conn, self.now)
        body, language = draft.body, spoken(draft.language)
        if draft.channel == SMS:
            # Whatever was typed into it; and only an SMS is paid for by the letter.
            body = self.service.fold(carried(body, carriage_for(self.service, SMS, draft.to, draft.language)))
        answers = draft.answers
        if draft.channel == VOICE:
            answers = keys_of(draft.kind, answers)
            body = aloud(body, language, draft.kind, answers)
        secret: dict[str, Any] = {"to": draft.to, "body": body, "subject": draft.subject, "language": language}
        if answers:
            secret["answers"] = answers
        if draft.again:
            secret["again"] = aloud(draft.again, SPARE, draft.kind, answers)
        if draft.news:
            secret["news"] = draft.news
        available_at = draft.available_at or self.now
        if draft.kind != "reply":
            available_at = self._not_yet((draft.traveler_id, draft.trip_id), available_at)
        good_from = self.now
        if draft.wakes_nobody:
            good_from = available_at = may_ring_at(zone_of_number(draft.to), available_at)
        return {
            "traveler_id": draft.traveler_id,
            "outbox_id": uuid4(),
            "trip_id": draft.trip_id,
            "alarm_id": draft.alarm_id,
            "contact_id": draft.contact_id,
            "kind": draft.kind,
            "channel": draft.channel,
            "channel_index": draft.channel_index,
            "step": draft.step,
            "address_hash": draft.address_hash or keys.phone_hash(draft.to),
            "sealed": keys.seal(self.conn, key_id, b"outbox", json_text(secret).encode()),
            "ref_code": draft.ref_code,
            "priority": draft.priority,
            "state": "pending",
            "available_at": available_at,
            "valid_until": good_from + draft.valid_for if draft.valid_for else None,
            "attempts": 0,
            "dedupe_key": draft.dedupe_key,
            # The parts of one telling go out in their order.
            "created_at": self.now + timedelta(microseconds=draft.part),
        }


@lru_cache(maxsize=2)
def _known_codes(dialect: str) -> Select[tuple[str]]:
    return select(ACK_CODES.c.code).where(is_one_of(dialect, ACK_CODES.c.code))


def make_code() -> str:
    """Four random characters with a letter and a digit among them: some 700,000 codes."""
    while True:
        code = "".join([_CODE_CHARS[byte] for byte in secrets.token_bytes(8) if byte < len(_CODE_CHARS)][:4])
        if len(code) == 4 and not code.isdigit() and not code.isalpha():
            return code


def cancel(conn: Connection, traveler_id: UUID, now: datetime, *, alarm_id: UUID, kinds: Iterable[str]) -> None:
    """Cancel what is still pending of an alarm. What is being sent cannot be called back."""
    conn.execute(
        update(OUTBOX)
        .where(
            OUTBOX.c.traveler_id == traveler_id,
            OUTBOX.c.alarm_id == alarm_id,
            OUTBOX.c.kind.in_(list(kinds)),
            OUTBOX.c.state == "pending",
        )
        .values(state=given_up(), settled_at=now)
    )


def cancel_reminders(conn: Connection, trip: TripState, now: datetime) -> None:
    """Cancel reminders that are still pending: she has answered."""
    conn.execute(
        update(OUTBOX)
        .where(
            OUTBOX.c.traveler_id == trip.key.traveler_id,
            OUTBOX.c.trip_id == trip.key.trip_id,
            OUTBOX.c.kind == "reminder",
            OUTBOX.c.state == "pending",
        )
        .values(state="cancelled", settled_at=now)
    )


def cancel_notices(conn: Connection, trip: TripState, now: datetime) -> None:
    """Cancel what waits to be told of the trip itself: it asks to call her, which from now on nobody may. What has left
    or is leaving is good no more: given back by its provider, it does not go again. The end of an earlier alarm goes no
    more to those who hear of duress: it says that she is safe."""
    of_trip = OUTBOX.c.traveler_id == trip.key.traveler_id, OUTBOX.c.trip_id == trip.key.trip_id
    waits = OUTBOX.c.kind == "notice", OUTBOX.c.state == "pending"
    conn.execute(update(OUTBOX).where(*of_trip, *waits).values(state="cancelled", settled_at=now))
    left = OUTBOX.c.kind.in_(("alert", "notice")), OUTBOX.c.state.in_(("sending", "sent", "unknown"))
    may_come_back = OUTBOX.c.created_at > now - GIVEN_BACK_WITHIN
    conn.execute(update(OUTBOX).where(*of_trip, *left, may_come_back).values(valid_until=now))
    hear_of_it = [UUID(one) for one in audience(AlarmKind.DURESS, trip.people)]
    ends = OUTBOX.c.kind == "all_clear", OUTBOX.c.contact_id.in_(hear_of_it)
    conn.execute(update(OUTBOX).where(*of_trip, *ends, waits[1]).values(state="cancelled", settled_at=now))
    conn.execute(update(OUTBOX).where(*of_trip, *ends, left[1], may_come_back).values(valid_until=now))
