"""A contact asks on her own page for a link to a chat with us; the chat that opens it is one more of her ways."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select

from service.core.wording_text import N_
from service.db.stored import table_of
from service.db.tables import Contact
from service.db.trips import TripKey
from service.usecases.chat_links import TELEGRAM, address_of_link, is_offered, make_chat_link, waiting_links
from service.usecases.contact_choices import PIN_FIRST, not_hers
from service.usecases.contact_way import Opened, change_way, open_way
from service.usecases.context import Service
from service.usecases.limits import LONGEST, Limit, count_all
from service.usecases.problems import FieldProblem
from service.usecases.work import Work

CONTACTS = table_of(Contact)

NOT_HERE = N_("Telegram is not set up here.")
TOO_MANY = N_("You have asked for many links today. Please go on tomorrow.")
LINKS_A_DAY = Limit("chat_links_a_day", 10, LONGEST)


@dataclass(frozen=True, slots=True)
class ShownChat:
    """Whether a chat is offered, whether one is joined, and the link that she has asked for and not opened yet."""

    is_offered: bool
    is_joined: bool = False
    link: str = ""


def ask_chat(service: Service, token: str, pin: str = "") -> bool:
    """Make a link for the owner of this page; whether the page's link lives. Once she has accepted, her PIN must fit:
    whoever else has found the page must not read her alarms.

    Raises:
        Invalid: Telegram is not offered here, the PIN does not fit, or she asked too often today.
    """

    def keep(work: Work, opened: Opened) -> FieldProblem | None:
        # As with all of her page: who was taken off the list, or whose trip has ended, is not told by it.
        if not is_offered(work.service) or opened.state not in ("invited", "accepted"):
            return FieldProblem("chat", NOT_HERE)
        if opened.state == "accepted":
            if not opened.contact.pin:
                return FieldProblem("chat", PIN_FIRST)
            if problem := not_hers(work, opened, pin, "chat_pin"):
                return problem
        if count_all(work.service, work.conn, work.now, [LINKS_A_DAY.by(opened.contact.id)]):
            return FieldProblem("chat", TOO_MANY)
        make_chat_link(work, opened.trip, opened.contact.contact_id, own=True)
        return None

    return change_way(service, token, keep)


def tokens_to_pass_on(service: Service, conn: Connection, key: TripKey, now: datetime) -> dict[UUID, str]:
    """The tokens of links that the traveler passes on, by contact: of those who have not accepted yet. From then on a
    chat is hers to join, by a link that she asks for on her own page: who holds the traveler's phone could join his."""
    links = waiting_links(service, conn, key, now)
    of_trip = (CONTACTS.c.traveler_id == key.traveler_id) & (CONTACTS.c.trip_id == key.trip_id)
    asked = select(CONTACTS.c.contact_id).where(of_trip, CONTACTS.c.status == "invited")
    invited = set(conn.execute(asked).scalars()) if links else set()
    given = ((one, link.token) for one, link in links.items() if one is not None and not link.own)
    return {one: token for one, token in given if one in invited}


def link_to_pass_on(service: Service, key: TripKey, contact_id: UUID) -> str:
    """The address of a person's link that the traveler passes on; "" when there is none. Changes nothing."""
    now = service.clock()
    tokens = service.read(lambda conn: tokens_to_pass_on(service, conn, key, now)) if is_offered(service) else {}
    return address_of_link(service, tokens.get(contact_id, ""))


def shown_chat(service: Service, token: str) -> ShownChat:
    """What the page of this link shows of her chat. Changes nothing."""
    if not is_offered(service):
        return ShownChat(False)

    def look(conn: Connection) -> tuple[bool, bool, str]:
        opened = open_way(service, conn, token)
        if opened is None or opened.state not in ("invited", "accepted"):
            return False, False, ""
        is_joined = any(one.channel == TELEGRAM for one in opened.contact.addresses)
        link = waiting_links(service, conn, opened.trip.key, service.clock()).get(opened.contact.contact_id)
        is_good = link is not None and (link.own or opened.state == "invited")
        return True, is_joined, link.token if link is not None and is_good else ""

    is_offered_here, is_joined, given = service.read(look)
    # The provider may be asked for its name: not within the transaction.
    return ShownChat(is_offered_here, is_joined, address_of_link(service, given))
