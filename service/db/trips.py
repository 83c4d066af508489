"""Reads trips whole: everything that one decision needs, in a handful of queries for many trips.

The rows become core values here and nowhere else. Nothing in this module decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, RowMapping, Select, Table, bindparam, literal_column, or_, select

from service.core.alarm import LINK_LIVES_AFTER_CLOSE, AlarmView
from service.core.ladder import Role, Rung
from service.db import codec, tables
from service.db.claims import MAY_HAVE_HEARD
from service.db.routing import Suppression
from service.db.rows import ids, is_one_of, is_pair, pairs
from service.db.sealed import Keyring
from service.db.stored import table_of
from service.db.trip_state import Address, AlarmState, ContactState, TravelerState, TripKey, TripState
from service.db.types import UTCDateTime
from service.db.watch_rows import watch_of, watch_values

__all__ = [
    "Address",
    "AlarmState",
    "ContactState",
    "TravelerState",
    "TripKey",
    "TripState",
    "alarm_values",
    "load_contacts",
    "load_trips",
    "lock_trips",
    "phones_of",
    "watch_of",
    "watch_values",
]

TRIPS = table_of(tables.Trip)
TRAVELERS = table_of(tables.Traveler)
PLANS = table_of(tables.Plan)
CONTACTS = table_of(tables.Contact)
RUNGS = table_of(tables.Rung)
WORDS = table_of(tables.Word)
WATCHES = table_of(tables.Watch)
ALARMS = table_of(tables.Alarm)
OUTBOX = table_of(tables.Outbox)
SUPPRESSIONS = table_of(Suppression)

TOLD_STATES = ("sent", "unknown")
"""An alert in one of these reached somebody, or may have."""


def load_trips(
    conn: Connection,
    keys: Keyring,
    wanted: Iterable[TripKey],
    now: datetime,
    *,
    senders: Mapping[str, Sequence[str]],
    lock: bool = False,
    live: bool = True,
) -> dict[TripKey, TripState]:
    """Read trips whole. `senders` names, for each channel that is served, the providers that send on it.

    Without `live` neither watch nor alarm is read: the trips as they were planned, which is all that her pages may see.
    With `lock` their watches and alarms are locked in the order of their keys until the transaction ends, so that what
    is decided on them still holds when it is written.
    """
    ordered = sorted(set(wanted))
    if not ordered:
        return {}
    watches = {_number(row): row for row in _rows(conn, WATCHES, ordered, lock=lock)} if live else {}
    alarms = _alarm_rows(conn, ordered, now, lock=lock) if live else {}
    trips = _rows(conn, TRIPS, ordered)
    travelers = {row["traveler_id"]: row for row in _of_travelers(conn, ordered)}
    keys.prefetch(conn, [row["key_id"] for row in trips] + [row["key_id"] for row in travelers.values()])
    contacts = _grouped(_rows(conn, CONTACTS, ordered))
    plans = {_number(row): row for row in _rows(conn, PLANS, ordered)}
    rungs = _grouped(_rows(conn, RUNGS, ordered))
    words = _grouped(_rows(conn, WORDS, ordered))
    told = _told(conn, [row for rows in alarms.values() for row in rows])
    suppressed = _Suppressed(conn, keys, senders)
    opened = {
        row["traveler_id"]: orjson.loads(keys.open(conn, b"traveler", row["sealed"])) for row in travelers.values()
    }
    opened_contacts = {
        row["contact_id"]: orjson.loads(keys.open(conn, b"contact", row["sealed"]))
        for rows in contacts.values()
        for row in rows
    }
    suppressed.look_up(
        [_traveler_addresses(value) for value in opened.values()]
        + [value["channels"] for value in opened_contacts.values()]
    )
    states: dict[TripKey, TripState] = {}
    for trip in trips:
        key, number = TripKey(trip["traveler_id"], trip["trip_id"]), _number(trip)
        traveler = travelers[key.traveler_id]
        plan_row = plans.get(number)
        watch_row = watches.get(number)
        open_alarm, recent = _alarms(alarms.get(number, []), told)
        states[key] = TripState(
            key=key,
            key_id=trip["key_id"],
            status=trip["status"],
            wording=trip["wording"],
            has_words=trip["has_words"],
            word_key=keys.open(conn, b"word_key", trip["word_key"]) if trip["word_key"] else None,
            words=tuple((row["kind"], row["fingerprint"]) for row in _in_order(words.get(number, []))),
            passphrase_hash=trip["passphrase_hash"],
            cooling_off=timedelta(seconds=trip["cooling_off_seconds"]),
            starts_at=trip["starts_at"],
            ends_at=trip["ends_at"],
            armed_at=trip["armed_at"],
            end_requested_at=trip["end_requested_at"],
            details=orjson.loads(keys.open(conn, b"trip", trip["sealed"])),
            traveler=_traveler(traveler, opened[key.traveler_id], suppressed),
            contacts=tuple(
                _contact(row, opened_contacts[row["contact_id"]], suppressed)
                for row in _in_order(contacts.get(number, []))
            ),
            plan=codec.plan_from_json(orjson.loads(keys.open(conn, b"plan", plan_row["sealed"]))) if plan_row else None,
            ladder_rungs=tuple(
                Rung(tuple(row["contact_ids"]), timedelta(seconds=row["wait_seconds"]))
                for row in _in_order(rungs.get(number, []))
            ),
            repeat=timedelta(seconds=trip["repeat_seconds"]) if trip["repeat_seconds"] else None,
            watch=watch_of(watch_row) if watch_row else None,
            watch_version=watch_row["version"] if watch_row else 0,
            alarm=open_alarm,
            recent=recent,
        )
    return states


def lock_trips(conn: Connection, wanted: Iterable[TripKey], now: datetime) -> None:
    """Lock the watches and alarms of these trips in the order of their keys, as `load_trips` does: before messages, of
    which a refusal may ask for more of the trip."""
    if ordered := sorted(set(wanted)):
        _rows(conn, WATCHES, ordered, lock=True)
        _alarm_rows(conn, ordered, now, lock=True)


def load_contacts(
    conn: Connection, keys: Keyring, key: TripKey, *, senders: Mapping[str, Sequence[str]]
) -> tuple[ContactState, ...]:
    """The contacts of one trip in their order, read without looking at its watch or its alarms."""
    rows = _in_order(_rows(conn, CONTACTS, [key]))
    opened = [orjson.loads(keys.open(conn, b"contact", row["sealed"])) for row in rows]
    suppressed = _Suppressed(conn, keys, senders)
    suppressed.look_up([value["channels"] for value in opened])
    return tuple(_contact(row, value, suppressed) for row, value in zip(rows, opened, strict=True))


def alarm_values(alarm: AlarmView, look_at: datetime | None) -> dict[str, Any]:
    """The columns of an alarm; `view` alone is read back."""
    return {
        "kind": alarm.kind.value,
        "state": alarm.state.value,
        "view": codec.alarm_to_json(alarm),
        "count": len(alarm.missed),
        "rung": alarm.rung,
        "hold_until": alarm.hold_until,
        "held_by": UUID(alarm.held_by) if alarm.held_by and alarm.held_by != "check_in" else None,
        "outcome": alarm.outcome.value if alarm.outcome else None,
        "opened_at": alarm.opened_at,
        "closed_at": alarm.closed_at,
        "look_at": look_at,
    }


class _Suppressed:
    """Which addresses said STOP to a provider of the channel on which we would send to them."""

    def __init__(self, conn: Connection, keys: Keyring, senders: Mapping[str, Sequence[str]]) -> None:
        self._conn = conn
        self._keys = keys
        self._senders = senders
        self._hashes: dict[str, bytes] = {}
        self._pairs: set[tuple[bytes, str]] = set()

    def look_up(self, channel_lists: Sequence[Sequence[Mapping[str, str]]]) -> None:
        addresses = {c["address"] for channels in channel_lists for c in channels}
        self._hashes = {address: self._keys.phone_hash(address) for address in addresses}
        if addresses:
            dialect = self._conn.dialect.name
            found = self._conn.execute(_suppressed_query(dialect), ids(dialect, self._hashes.values()))
            self._pairs = {(row.address_hash, row.sender) for row in found}

    def addresses(self, channels: Sequence[Mapping[str, str]], dead: Sequence[int]) -> tuple[Address, ...]:
        found = []
        for index, entry in enumerate(channels):
            names = self._senders.get(entry["channel"])
            digest = self._hashes[entry["address"]]
            # A chat that nobody has opened yet has no address.
            if names is not None and entry["address"]:
                found.append(
                    Address(
                        index,
                        entry["channel"],
                        entry["address"],
                        digest,
                        dead=index in dead,
                        suppressed=any((digest, name) in self._pairs for name in names),
                    )
                )
        return tuple(found)


@lru_cache(maxsize=2)
def _suppressed_query(dialect: str) -> Select[tuple[bytes, str]]:
    query = select(SUPPRESSIONS.c.address_hash, SUPPRESSIONS.c.sender)
    return query.where(is_one_of(dialect, SUPPRESSIONS.c.address_hash))


_Number = tuple[int, int]


def _number(row: RowMapping) -> _Number:
    """The key of a trip as numbers: ids are hashed and compared in Python, numbers are not."""
    return row["traveler_id"].int, row["trip_id"].int


def _rows(conn: Connection, table: Table, ordered: Sequence[TripKey], *, lock: bool = False) -> Sequence[RowMapping]:
    dialect = conn.dialect.name
    query = _rows_query(table, dialect, len(ordered) > 1, lock)
    return conn.execute(query, pairs(dialect, ordered)).mappings().all()


@lru_cache(maxsize=64)
def _rows_query(table: Table, dialect: str, several: bool, lock: bool) -> Select[Any]:
    of_trips = is_pair(dialect, table.c.traveler_id, table.c.trip_id, several=several)
    query = select(table).where(of_trips).order_by(table.c.traveler_id, table.c.trip_id)
    return query.with_for_update() if lock else query


def _of_travelers(conn: Connection, ordered: Sequence[TripKey]) -> Sequence[RowMapping]:
    dialect = conn.dialect.name
    wanted = ids(dialect, {key.traveler_id for key in ordered})
    return conn.execute(_travelers_query(dialect), wanted).mappings().all()


@lru_cache(maxsize=2)
def _travelers_query(dialect: str) -> Select[Any]:
    return select(TRAVELERS).where(is_one_of(dialect, TRAVELERS.c.traveler_id))


def _alarm_rows(
    conn: Connection, ordered: Sequence[TripKey], now: datetime, *, lock: bool
) -> dict[_Number, list[RowMapping]]:
    dialect = conn.dialect.name
    query = _alarms_query(dialect, len(ordered) > 1, lock)
    values = {**pairs(dialect, ordered), "closed_after": now - LINK_LIVES_AFTER_CLOSE}
    return _grouped(conn.execute(query, values).mappings().all())


@lru_cache(maxsize=8)
def _alarms_query(dialect: str, several: bool, lock: bool) -> Select[Any]:
    recent = or_(ALARMS.c.closed_at.is_(None), ALARMS.c.closed_at > bindparam("closed_after", type_=UTCDateTime()))
    of_trips = is_pair(dialect, ALARMS.c.traveler_id, ALARMS.c.trip_id, several=several)
    query = select(ALARMS).where(of_trips, recent).order_by(ALARMS.c.traveler_id, ALARMS.c.alarm_id)
    return query.with_for_update() if lock else query


def _told(conn: Connection, alarms: Sequence[RowMapping]) -> dict[UUID, list[RowMapping]]:
    if not alarms:
        return {}
    dialect = conn.dialect.name
    wanted = [(row["traveler_id"], row["alarm_id"]) for row in alarms]
    found: dict[UUID, list[RowMapping]] = defaultdict(list)
    for row in conn.execute(_told_query(dialect, len(wanted) > 1), pairs(dialect, wanted)).mappings():
        found[row["alarm_id"]].append(row)
    return found


@lru_cache(maxsize=4)
def _told_query(dialect: str, several: bool) -> Select[Any]:
    columns = (OUTBOX.c.alarm_id, OUTBOX.c.contact_id, OUTBOX.c.kind, OUTBOX.c.step, OUTBOX.c.state, OUTBOX.c.error)
    of_alarms = is_pair(dialect, OUTBOX.c.traveler_id, OUTBOX.c.alarm_id, several=several)
    return select(*columns, OUTBOX.c.settled_at).where(of_alarms, OUTBOX.c.kind == literal_column("'alert'"))


def _alarms(
    rows: Sequence[RowMapping], told: Mapping[UUID, Sequence[RowMapping]]
) -> tuple[AlarmState | None, AlarmState | None]:
    """The open alarm, and the one closed last."""
    states = [_alarm(row, told.get(row["alarm_id"], ())) for row in rows]
    closed = [state for state in states if state.view.closed_at is not None]
    recent = max(closed, key=lambda state: state.view.closed_at or state.view.opened_at, default=None)
    return next((state for state in states if state.view.is_open), None), recent


def _alarm(row: RowMapping, alerts: Sequence[RowMapping]) -> AlarmState:
    step = row["view"]["step"]
    accepted = [a["settled_at"] for a in alerts if a["step"] == step and a["state"] == "sent" and a["settled_at"]]
    reached = {str(a["contact_id"]) for a in alerts if a["state"] in TOLD_STATES}
    addressed = {str(a["contact_id"]) for a in alerts if a["state"] not in ("cancelled", "failed")}
    before, told_at = row["rung_accepted_at"], row["view"].get("told_at")
    if before is not None and told_at is not None and before >= datetime.fromisoformat(told_at):
        # What was taken then did not arrive, and goes again: that sets no rung's clock back.
        accepted.append(before)
    view = codec.alarm_from_json(row["view"], min(accepted, default=None))
    failed = {str(a["contact_id"]) for a in alerts if a["state"] == "failed"} - reached - addressed
    # Somebody picked up the phone. It reached nobody for sure, and must not be the last that she hears of it.
    addressed |= {str(a["contact_id"]) for a in alerts if a["error"] in MAY_HAVE_HEARD}
    return AlarmState(
        row["alarm_id"], view, row["version"], frozenset(reached), frozenset(addressed), unreached=frozenset(failed)
    )


def _traveler(row: RowMapping, opened: Mapping[str, Any], suppressed: _Suppressed) -> TravelerState:
    return TravelerState(
        traveler_id=row["traveler_id"],
        language=row["language"],
        name=opened["name"],
        phones=phones_of(opened),
        citizenship=opened.get("citizenship") or "",
        key_id=row["key_id"],
        addresses=_hers_as_chosen(suppressed.addresses(_traveler_addresses(opened), ()), opened.get("first") or ""),
        latin_name=opened.get("latin_name") or "",
        birth_date=opened.get("birth_date") or "",
        email=opened.get("email") or "",
    )


def phones_of(opened: Mapping[str, Any]) -> tuple[str, ...]:
    """A traveler's numbers, the newest first, from what her row keeps sealed."""
    return tuple(opened.get("phones") or (opened["phone"],))


def _traveler_addresses(opened: Mapping[str, Any]) -> list[dict[str, str]]:
    ways = [{"channel": "sms", "address": phone} for phone in phones_of(opened)]
    ways += opened.get("channels") or ()
    return [*ways, {"channel": "email", "address": opened["email"]}] if opened.get("email") else ways


def _contact(row: RowMapping, opened: Mapping[str, Any], suppressed: _Suppressed) -> ContactState:
    return ContactState(
        contact_id=row["contact_id"],
        position=row["position"],
        status=row["status"],
        role=Role(row["role"]),
        disclosure=row["disclosure"],
        language=row["language"],
        name=opened["name"],
        relation=opened.get("relation") or "",
        addresses=_as_chosen(suppressed.addresses(opened["channels"], row["dead_channels"]), opened.get("order") or ()),
        invited_at=row["invited_at"],
        accepted_at=row["accepted_at"],
        traveler_told_at=row["traveler_told_at"],
        pin=opened.get("pin") or "",
        worried_at=row["worried_at"],
        worry_blocked_at=row["worry_blocked_at"],
        proven_at=row["proven_at"],
        proof_asked_at=row["proof_asked_at"],
        weekly=opened.get("weekly", True),
        latin=opened.get("latin", False),
        copies_at=datetime.fromisoformat(kept) if (kept := (opened.get("copies") or {}).get("has")) else None,
    )


def _hers_as_chosen(addresses: tuple[Address, ...], first: str) -> tuple[Address, ...]:
    """A traveler's addresses, those of the channel that she is to be asked on first before the others."""
    return tuple(sorted(addresses, key=lambda address: address.channel != first)) if first else addresses


def _as_chosen(addresses: tuple[Address, ...], order: Sequence[int]) -> tuple[Address, ...]:
    """The addresses in the order that she chose. Each keeps its index: messages on their way name it."""
    places = {index: place for place, index in enumerate(order)}
    return tuple(sorted(addresses, key=lambda address: places.get(address.index, len(places))))


def _grouped(rows: Iterable[RowMapping]) -> dict[_Number, list[RowMapping]]:
    groups: dict[_Number, list[RowMapping]] = defaultdict(list)
    for row in rows:
        groups[_number(row)].append(row)
    return groups


def _in_order(rows: Iterable[RowMapping]) -> list[RowMapping]:
    return sorted(rows, key=lambda row: row["position"])
