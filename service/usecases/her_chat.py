"""A traveler asks for a link to a chat with us, before her trip or on the way: one more way to answer.

Whoever holds her phone could ask for it too. On the way her people hear of a chat that was joined, and in a trip with
words one of them is needed: without one the link looks the same and joins nothing. Nothing shown depends on the word.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection

from service.core.wording_text import N_
from service.db.trips import TripKey, TripState
from service.usecases.changes import RemoveNumber
from service.usecases.chat_links import (
    TELEGRAM,
    TOKEN_LETTERS,
    address_of_link,
    end_chat_links,
    is_offered,
    make_chat_link,
    waiting_links,
)
from service.usecases.context import Service
from service.usecases.drafts import ENDED
from service.usecases.her_numbers import shown_chats
from service.usecases.join_chat import ask_first, leave_chats
from service.usecases.limits import LONGEST, Limit, count_all
from service.usecases.links import base62
from service.usecases.problems import Conflict409, NotFound, TooManyTries
from service.usecases.request_change import request_change
from service.usecases.request_word import keep_word
from service.usecases.said_words import said_in
from service.usecases.waiting import looks_ended
from service.usecases.work import Work

LINKS_A_DAY = Limit("her_chat_links_a_day", 10, LONGEST)


class TooManyLinks(TooManyTries):
    """So many chats in a day nobody has."""

    message = N_("You have asked for many links today. Please go on tomorrow.")


@dataclass(frozen=True, slots=True)
class HerChats:
    """How many chats are hers, whether she is asked there first, and the address of a link that is still good, if it
    may be shown again."""

    joined: int
    link: str = ""
    first: bool = False


def her_chats(service: Service, key: TripKey) -> HerChats:
    """Her chats. Changes nothing.

    Raises:
        NotFound: no such trip of hers, or no chat is offered here.
    """
    now = service.clock()

    def look(conn: Connection) -> tuple[int, str, bool]:
        trip = _of_hers(service, conn, key)
        joined = len(shown_chats(service, conn, trip, now))
        # In a trip with words one shown again would tell that it is a real one.
        link = None if _is_secret(trip) else waiting_links(service, conn, key, now).get(None)
        is_first = joined > 0 and trip.traveler.addresses[0].channel == TELEGRAM
        return joined, link.token if link is not None else "", is_first

    joined, token, is_first = service.read(look)
    return HerChats(joined, address_of_link(service, token), is_first)


def ask_her_chat(service: Service, key: TripKey, *, word: str | None, sender: bytes, once: str | None = None) -> str:
    """The address of a new link; "" while the provider cannot be asked for its name.

    1. The word goes into the inbox like any text of hers: one of duress raises its alarm there.  2. The link is kept,
    unless it takes a word and there was none.  3. It is shown in any case.

    Raises:
        NotFound, Conflict409: see `her_chats`; the trip has ended.
        TooManyTries: she asked too often today.
    """
    now = service.clock()
    service.read(lambda conn: _of_hers(service, conn, key))
    keep_word(service, key, word, sender=sender, once=once)

    def keep(conn: Connection) -> str:
        trip = _of_hers(service, conn, key)
        if looks_ended(conn, trip, now):
            raise Conflict409(ENDED, ("ended",))
        if over := count_all(service, conn, now, [LINKS_A_DAY.by(str(key.traveler_id))]):
            raise TooManyLinks(over.again_in)
        work = Work(service, conn, now)
        said = said_in(conn, service.keys, trip, word, now) if word is not None and trip.status == "armed" else None
        if _is_secret(trip) and (said is None or not said.is_word):
            return base62(secrets.token_bytes(32), TOKEN_LETTERS)
        token = make_chat_link(work, trip, None, duress=said is not None and said.is_duress)
        work.flush()
        return token

    return address_of_link(service, service.run(keep))


def set_first(service: Service, key: TripKey, *, chat: bool) -> None:
    """Ask her in her chat first, or by her number as usual; by the other one when she does not answer.

    Raises:
        NotFound: see `her_chats`.
    """
    now = service.clock()

    def keep(conn: Connection) -> None:
        _of_hers(service, conn, key)
        work = Work(service, conn, now)
        ask_first(work, key.traveler_id, TELEGRAM if chat else "")
        work.flush()

    service.run(keep)


def leave_her_chats(service: Service, key: TripKey) -> None:
    """Take her chats off, before the trip begins; on the way nothing is taken off by her phone alone.

    Raises:
        NotFound, Conflict409: no such draft of hers.
    """
    now = service.clock()

    def drop(conn: Connection) -> None:
        trip = _of_hers(service, conn, key)
        if trip.status != "draft":
            raise Conflict409(ENDED, ("already_armed",))
        work = Work(service, conn, now)
        end_chat_links(conn, key, None, now)
        leave_chats(work, key.traveler_id)
        work.flush()

    service.run(drop)


def ask_to_leave(service: Service, key: TripKey, *, word: str | None, sender: bytes, once: str | None = None) -> None:
    """Ask, on the way, that her chats be taken off, as a number is: less watching takes effect later, or with a word.

    Raises:
        NotFound, Conflict409: see `request_change`.
    """
    now = service.clock()
    chats = service.read(lambda conn: shown_chats(service, conn, _of_hers(service, conn, key), now))
    for place, address in enumerate(chats):
        name = f"{once}:{place}" if once else None
        request_change(service, key, RemoveNumber(address), word=word, sender=sender, once=name)
    if not chats:
        # The word counts all the same, and nothing tells that there was no chat.
        keep_word(service, key, word, sender=sender, once=once)


def _is_secret(trip: TripState) -> bool:
    return trip.status == "armed" and trip.has_words


def _of_hers(service: Service, conn: Connection, key: TripKey) -> TripState:
    trip = service.planned_trip(conn, key, service.clock())
    if trip is None or not is_offered(service) or trip.status not in ("draft", "armed"):
        raise NotFound
    return trip
