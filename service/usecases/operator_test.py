"""A test message by one channel, to whoever runs this: through the outbox, as every message, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection, select

from service.core import wording_channels, wording_voice
from service.core.wording_text import N_, Translate
from service.db.routing import NIL, Suppression
from service.db.stored import table_of
from service.db.tables import Outbox
from service.texts import translator
from service.usecases import numbers
from service.usecases.aloud import SPARE
from service.usecases.chat_links import TELEGRAM
from service.usecases.contact_addresses import CALLED_BY_NUMBER
from service.usecases.context import WEBHOOK, OperatorWay, Service, channel_of, operator_addresses
from service.usecases.limits import Limit, count_all
from service.usecases.problems import NEEDED, NOT_A_NUMBER, NOT_AN_EMAIL, Invalid, NotFound, TooManyTries
from service.usecases.work import EMAIL, VOICE, Draft, Priority, Work
from service.voice.sentences import translator_aloud

OUTBOX = table_of(Outbox)
SUPPRESSIONS = table_of(Suppression)

KIND = "test"
GOOD_FOR = timedelta(minutes=10)
SHOWN = 5
"""How many of the last tests are shown."""
TESTS_AN_HOUR = Limit("tests_an_hour", 20, timedelta(hours=1))
TESTS_TO_ONE = Limit("tests_to_one", 5, timedelta(hours=1))

NOT_A_CHAT = N_("Write the number of the chat, digits only. Its person has pressed Start in it before.")
SAID_STOP = N_("This address has told us STOP, so we may not write to it.")
OWN_ONLY = N_("Choose one of the addresses of AMANBA_OPERATOR.")


class TooManyTests(TooManyTries):
    """Each is paid for, and may reach a stranger."""

    message = N_("That were many tests. Please try again in an hour.")


@dataclass(frozen=True, slots=True)
class Tested:
    """A test that was sent: its row's `state` (`pending`, `sending`, `sent`, `failed`, `cancelled`, `unknown`), what
    the provider said last, and its code when it said no."""

    channel: str
    at: datetime
    state: str
    delivery: str
    provider: str
    code: str


def own_addresses(service: Service, channel: str) -> tuple[str, ...]:
    """The addresses of AMANBA_OPERATOR that this channel can reach."""
    ways = (OperatorWay(channel_of(address), address) for address in operator_addresses(service.operator))
    by_number = channel in CALLED_BY_NUMBER
    return tuple(way.address for way in ways if way.channel == channel or (by_number and way.address.startswith("+")))


def send_test(service: Service, channel: str, to: str, language: str) -> None:
    """Write a test to `to` into the outbox; the engine sends it.

    Raises:
        NotFound: nothing serves this channel.
        Invalid: no message can go to that address.
        TooManyTests: there were many in the last hour.
    """
    if channel not in service.notifiers:
        raise NotFound
    address, now = _address(service, channel, to.strip()), service.clock()

    def keep(conn: Connection) -> None:
        _refuse_stopped(service, conn, channel, address)
        over = count_all(service, conn, now, [TESTS_AN_HOUR.by("everybody"), TESTS_TO_ONE.by(address)])
        if over is not None:
            raise TooManyTests(over.again_in)
        work = Work(service, conn, now)
        work.send(_draft(channel, address, language))
        work.flush()

    service.run(keep)
    service.wake.outbox.set()


def last_tests(conn: Connection) -> tuple[Tested, ...]:
    """The last tests, the newest first. Nothing says to whom they went."""
    newest = select(OUTBOX).where(OUTBOX.c.traveler_id == NIL, OUTBOX.c.kind == KIND)
    rows = conn.execute(newest.order_by(OUTBOX.c.created_at.desc()).limit(SHOWN))
    return tuple(
        Tested(row.channel, row.created_at, row.state, row.delivery or "", row.provider or "", row.error or "")
        for row in rows
    )


def _address(service: Service, channel: str, to: str) -> str:
    if not to:
        raise Invalid.of("to", NEEDED)
    if to in own_addresses(service, channel):
        return to
    if channel == WEBHOOK:
        raise Invalid.of("to", OWN_ONLY)
    if channel in CALLED_BY_NUMBER:
        try:
            return numbers.parse_number("".join(to.split()), invented=service.demo)
        except numbers.NotANumber:
            raise Invalid.of("to", NOT_A_NUMBER) from None
    if channel == EMAIL and not numbers.is_email(to):
        raise Invalid.of("to", NOT_AN_EMAIL)
    if channel == TELEGRAM:
        chat = to.removeprefix("telegram:")
        if not (chat.isascii() and chat.isdecimal() and len(chat) <= 19):
            raise Invalid.of("to", NOT_A_CHAT)
        return f"telegram:{chat}"
    return to


def _refuse_stopped(service: Service, conn: Connection, channel: str, address: str) -> None:
    senders = service.senders.get(channel, ())
    stopped = select(SUPPRESSIONS.c.sender).where(
        SUPPRESSIONS.c.address_hash == service.keys.phone_hash(address), SUPPRESSIONS.c.sender.in_(senders)
    )
    if conn.execute(stopped.limit(1)).first() is not None:
        raise Invalid.of("to", SAID_STOP)


def _draft(channel: str, address: str, language: str) -> Draft:
    _ = translator(language)
    body, again = _(wording_channels.TEST), ""
    if channel == VOICE:
        body = _in_a_call(translator_aloud(language))
        again = _in_a_call(translator_aloud(SPARE)) if language != SPARE else ""
    return Draft(
        kind=KIND,
        to=address,
        channel=channel,
        body=body,
        subject=KIND if channel == WEBHOOK else _(wording_channels.TEST_SUBJECT),
        dedupe_key=f"{KIND}:{uuid4()}",
        priority=Priority.INVITATION,
        traveler_id=NIL,
        valid_for=GOOD_FOR,
        language=language,
        again=again,
    )


def _in_a_call(_: Translate) -> str:
    """Of sentences that are recorded where no provider speaks the language."""
    opening, end = _(wording_voice.OPENING), _(wording_voice.REHEARSED)
    name = _(wording_channels.TEST_NAME)
    return f"{opening.format(name=name)} {end}"
