"""The pages of contacts in a story: where they are, and what the database held before and after."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, inspect, select, text

from service.db.stored import table_of
from service.db.tables import AuditLine, Contact
from service.db.trips import TripKey, TripState
from service.usecases.links import invitation_token
from tests.mock_twilio import Phone
from tests.scenarios.story import Story

CONTACTS, AUDIT = table_of(Contact), table_of(AuditLine)
PIN = "4711"


def trip_of(story: Story) -> TripState:
    """The trip as the engine sees it."""

    def load(conn: Connection) -> TripState | None:
        trip_id = UUID(story.trip_id)
        owner = select(CONTACTS.c.traveler_id).where(CONTACTS.c.trip_id == trip_id).limit(1)
        return story.service.trip(conn, TripKey(conn.execute(owner).scalar_one(), trip_id), story.now)

    trip = story.service.read(load)
    assert trip is not None
    return trip


def own_page(story: Story, name: str) -> str:
    """The path of a contact's own page."""
    contact = trip_of(story).contact(story.contacts[name])
    assert contact is not None
    return f"/i/{invitation_token(story.service.keys, contact)}"


def alarm_page(phone: Phone) -> str:
    """The path of the alarm page that this phone was last sent."""
    found: list[str] = re.findall(r"https://amanba\.example(/a/\w+)", "\n".join(phone.read_all()))
    return found[-1]


def choose_pin(story: Story, name: str, pin: str = PIN) -> None:
    """A contact chooses her PIN on her own page."""
    answer = story.client.post(own_page(story, name), data={"do": "pin", "pin": pin})
    assert answer.status_code == 200, answer.text


def actions(story: Story) -> list[str]:
    """What the audit trail says was done, in order."""
    query = select(AUDIT.c.action).order_by(AUDIT.c.position)
    return list(story.service.read(lambda conn: conn.execute(query).scalars().all()))


def everything(story: Story) -> dict[str, list[Any]]:
    """All rows of all tables."""

    def dump(conn: Connection) -> dict[str, list[Any]]:
        names = [name for name in inspect(conn).get_table_names() if name != "alembic_version"]
        return {name: sorted(map(repr, conn.execute(text(f"SELECT * FROM {name}")).all())) for name in names}  # noqa: S608

    return story.service.read(dump)
