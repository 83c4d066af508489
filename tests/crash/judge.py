"""Who was lost, who was told twice, what was not kept. The provider's ledger decides; the database says only what the
inbox holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from service.db.engine import make_engine
from service.db.routing import Inbox
from service.db.sealed import open_keyring
from service.db.stored import table_of
from service.db.tables import Outbox
from tests.crash.fleet import Fleet
from tests.crash.household import CheckIn, Household
from tests.crash.provider import RoughTwilio, name_of
from tests.crash.trouble import PAGES
from tests.mock_twilio import Text

INBOX, OUTBOX = table_of(Inbox), table_of(Outbox)


@dataclass
class Summary:
    """What a run came to; `good` when nothing was lost and nobody was told twice without need."""

    topology: str
    seed: int
    households: int = 0
    kills: int = 0
    by_point: dict[str, int] = field(default_factory=dict)
    database_stops: int = 0
    expected: int = 0
    in_ledger: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    doubled_allowed: int = 0
    false_alarms: list[str] = field(default_factory=list)
    answered: int = 0
    kept: int = 0
    never_fired: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        return not (self.lost or self.false_alarms or self.never_fired or self.faults) and (
            len(self.doubled) <= self.doubled_allowed and self.answered == self.kept
        )

    def __str__(self) -> str:
        figures: dict[str, Any] = asdict(self)
        return "\n".join(f"  {name:<16} {_said(value)}" for name, value in figures.items())


def _said(value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)}" + "".join(f"\n    {one}" for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {count}" for name, count in sorted(value.items()))
    return str(value)


def judge(summary: Summary, homes: Sequence[Household], twilio: RoughTwilio, fleet: Fleet, database_url: str) -> None:
    """Fill the summary in."""
    summary.households = len(homes)
    summary.kills = len(fleet.deaths)
    summary.by_point = dict(Counter(death.point for death in fleet.deaths))
    summary.in_ledger = len(twilio.sent)
    contacts = [number for home in homes for number in (home.mother, home.brother)]
    doubtful = _whose_alert_is_of_unknown_fate(database_url, contacts)
    for home in homes:
        _judge_home(summary, home, doubtful)
    summary.doubled += [f"the message {name} was taken again" for name in twilio.doubled()]
    summary.faults += fleet.faults + [home.error for home in homes if home.error]
    answered = [one for home in homes for one in home.check_ins]
    summary.answered = len(answered)
    missing = not_kept(database_url, answered)
    summary.kept = len(answered) - len(missing)
    summary.faults += [f"answered and not kept: {one.way} {one.name}" for one in missing]


def _judge_home(summary: Summary, home: Household, doubtful: Collection[str]) -> None:
    who = f"household {home.number} ({home.story})"
    for (kind, number), (least, most) in home.told.items():
        # A message that was handed over twice is counted by its name; here, what was decided twice.
        found = len({name_of(text) for text in home.texts(number, kind)})
        summary.expected += least
        summary.lost += [f"{who}: {kind} to {number}"] * max(0, least - found)
        summary.doubled += [f"{who}: {kind} to {number}"] * max(0, found - most)
    for number in (home.mother, home.brother):
        alerts, ends = len(home.texts(number, "alert")), len(home.texts(number, "all_clear"))
        if alerts and not home.may_alarm:
            summary.false_alarms.append(f"{who}: an alarm came to {number}")
        if alerts and not ends:
            summary.lost.append(f"{who}: {number} was told of an alarm and not of its end")
        if ends and not alerts and number not in doubtful:
            summary.false_alarms.append(f"{who}: {number} was told of the end of no alarm")
    if home.texts(home.mother, "alert") and not home.texts(home.traveler, "reminder"):
        summary.lost.append(f"{who}: her people were told and nobody had asked her")


def _whose_alert_is_of_unknown_fate(database_url: str, numbers: Iterable[str]) -> set[str]:
    """Who may have been told, as far as anybody could know, and so hears the end."""
    db = make_engine(database_url)
    try:
        keys = open_keyring(db, [bytes(range(32))], datetime.now(UTC))
        with db.read.connect() as connection:
            query = select(OUTBOX.c.address_hash).where(OUTBOX.c.kind == "alert", OUTBOX.c.state == "unknown")
            unknown = set(connection.execute(query).scalars())
    finally:
        db.close()
    return {number for number in numbers if keys.phone_hash(number) in unknown}


def judge_pages(summary: Summary, pages: Sequence[Text]) -> None:
    """Whether whoever runs it was told of each thing that was wrong, and once."""
    for what, words in PAGES.items():
        found = len({name_of(page) for page in pages if words in page.body})
        summary.expected += 1
        summary.lost += [f"the page of {what}"] * (found == 0)
        # What stays wrong is paged anew in the next hour.
        summary.doubled += [f"the page of {what}"] * max(0, found - 2)


def not_kept(database_url: str, answered: Iterable[CheckIn]) -> list[CheckIn]:
    """Check-ins that were answered 2xx and are not in the inbox."""
    db = make_engine(database_url)
    try:
        with db.read.connect() as connection:
            rows = connection.execute(select(INBOX.c.source, INBOX.c.provider_id)).all()
    finally:
        db.close()
    kept: dict[str, list[str]] = {}
    for row in rows:
        kept.setdefault(row.source, []).append(row.provider_id)
    texts = {way: " ".join(names) for way, names in kept.items()}
    return [one for one in answered if one.name not in texts.get(one.way, "")]


def is_at_rest(database_url: str) -> bool:
    """Whether nothing waits to be read or sent: only then can the ledger be counted. What asks her a day later does not
    belong to it."""
    soon = datetime.now(UTC) + timedelta(hours=1)
    db = make_engine(database_url)
    try:
        with db.read.connect() as connection:
            unread = connection.execute(select(INBOX.c.inbox_id).where(INBOX.c.handled_at.is_(None)).limit(1)).first()
            open_rows = OUTBOX.c.state.in_(("pending", "sending"))
            waiting = select(OUTBOX.c.outbox_id).where(open_rows, OUTBOX.c.available_at <= soon)
            return unread is None and connection.execute(waiting.limit(1)).first() is None
    finally:
        db.close()
