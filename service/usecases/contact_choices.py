"""What a contact chooses for herself on her own page: PIN, language, order of her ways, a mailbox, a weekly word."""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from collections.abc import Sequence

from sqlalchemy import update

from service.core import wording
from service.core.wording import ContactNotice
from service.core.wording_text import N_
from service.db.routing import Link
from service.db.sealed import Keyring
from service.db.stored import table_of
from service.db.tables import Contact
from service.db.trips import ContactState
from service.texts import LANGUAGES, translator
from service.usecases import numbers
from service.usecases.accept import MOST_WRONG
from service.usecases.contact_way import CODE_LIVES, Opened, change_way, is_her, reseal
from service.usecases.context import Service
from service.usecases.plan_trip import other_sides
from service.usecases.problems import NOT_AN_EMAIL, UNKNOWN_LANGUAGE, FieldProblem, Invalid
from service.usecases.work import Draft, Priority, Work

LINKS = table_of(Link)
CONTACTS = table_of(Contact)

PIN_DIGITS = 4
GUESSED_FIRST = frozenset({"1234", *(digit * PIN_DIGITS for digit in "0123456789")})
MOST_CODES = 5
"""Codes to mailboxes in all: so many mailboxes nobody has."""

FOUR_DIGITS = N_("Write four digits.")
EASILY_GUESSED = N_("Everybody tries this one first. Please choose another.")
WRONG_PIN = N_("This is not your present PIN.")
PIN_LOCKED = N_("There were five wrong PINs. In an alarm a code to your own number opens the page instead.")
PIN_FIRST = N_("Choose a PIN first: it keeps others from adding addresses in your name.")
EMAIL_NOT_HERE = N_("This address cannot be used here.")
NO_MORE_CODES = N_("No more codes can be sent from this page.")
CODE_SUBJECT = N_("Your code")
WRONG_CODE = N_("This code does not fit, or it is older than 10 minutes.")


def pin_hash(keys: Keyring, contact: ContactState, pin: str) -> str:
    """The keyed hash under which a contact's PIN is stored."""
    return keys.code_hash(f"pin:{contact.id}:{pin}").hex()


def pin_fits(keys: Keyring, contact: ContactState, pin: str) -> bool:
    """Whether it is hers, in constant time."""
    return bool(contact.pin) and hmac.compare_digest(pin_hash(keys, contact, pin), contact.pin)


def digits_of(typed: str) -> str:
    """The digits of a PIN or code as people type them: with spaces or dashes, or in another script."""
    kept = (character for character in typed if not character.isspace() and character not in "-–.")
    return "".join(
        str(unicodedata.decimal(character)) if unicodedata.category(character) == "Nd" else character
        for character in kept
    )


def choose_pin(service: Service, token: str, typed: str, present: str = "") -> bool:
    """Keep her PIN; whether the link lives. To change one, the `present` one must fit; five wrong ones end that.

    Raises:
        Invalid: not four digits, one that everybody guesses, or `present` is not hers.
    """
    pin = digits_of(typed)
    if len(pin) != PIN_DIGITS or not pin.isdecimal():
        raise Invalid.of("pin", FOUR_DIGITS)
    if pin in GUESSED_FIRST:
        raise Invalid.of("pin", EASILY_GUESSED)

    def keep(work: Work, opened: Opened) -> FieldProblem | None:
        contact = opened.contact
        if contact.pin and opened.link.used >= MOST_WRONG:
            # Before all else: what is locked must not be found out by choosing it.
            return FieldProblem("present_pin", PIN_LOCKED)
        if pin_fits(work.service.keys, contact, pin):
            # Sent twice.
            return None
        if contact.pin and (problem := not_hers(work, opened, present, "present_pin")):
            return problem
        reseal(work, opened, pin=pin_hash(work.service.keys, contact, pin))
        work.audit.add(opened.trip.key.traveler_id, contact.id, "pin_chosen")
        return None

    return change_way(service, token, keep)


def set_language(service: Service, token: str, language: str) -> bool:
    """Write to her in this language from now on; whether the link lives.

    Raises:
        Invalid: we do not speak it.
    """
    if language not in LANGUAGES:
        raise Invalid.of("language", UNKNOWN_LANGUAGE)

    def keep(work: Work, opened: Opened) -> None:
        if opened.contact.language != language:
            work.conn.execute(update(CONTACTS).where(is_her(opened.trip, opened.contact)).values(language=language))
            work.audit.add(opened.trip.key.traveler_id, opened.contact.id, f"language:{language}")

    return change_way(service, token, keep)


def set_letters(service: Service, token: str, *, latin: bool) -> bool:
    """Write her texts in Latin letters from now on, or in those of her language; whether the link lives.

    Only what goes to her phone: on pages and on the sheet every name stays as it was written.
    """

    def keep(work: Work, opened: Opened) -> None:
        if opened.contact.latin != latin:
            reseal(work, opened, latin=latin)
            work.audit.add(opened.trip.key.traveler_id, opened.contact.id, f"letters:{'latin' if latin else 'own'}")

    return change_way(service, token, keep)


def order_channels(service: Service, token: str, order: Sequence[int]) -> bool:
    """Try her addresses in this order (their indexes); whether the link lives. Those left out come behind."""

    def keep(work: Work, opened: Opened) -> None:
        before = [address.index for address in opened.contact.addresses]
        chosen = [index for index in dict.fromkeys(order) if index in before]
        after = chosen + [index for index in before if index not in chosen]
        if after != before:
            reseal(work, opened, order=after)
            work.audit.add(opened.trip.key.traveler_id, opened.contact.id, "channels_ordered")

    return change_way(service, token, keep)


def set_weekly(service: Service, token: str, *, wanted: bool) -> bool:
    """Whether she wants a word once a week, should the traveler let her have one; whether the link lives."""

    def keep(work: Work, opened: Opened) -> None:
        if opened.contact.weekly != wanted:
            reseal(work, opened, weekly=wanted)
            work.audit.add(opened.trip.key.traveler_id, opened.contact.id, f"weekly_word:{'yes' if wanted else 'no'}")

    return change_way(service, token, keep)


def ask_email(service: Service, token: str, email: str, pin: str = "") -> bool:
    """Send a code to a mailbox that she says is hers; whether the link lives. Her PIN must fit.

    To one that belongs to somebody else of the trip nothing goes, and nothing says so: she learns of nobody by it.

    Raises:
        Invalid: not an address, hers already, the PIN does not fit, or too many codes were asked for.
    """
    email = email.strip()
    if not numbers.is_email(email):
        raise Invalid.of("email", NOT_AN_EMAIL)
    code = f"{secrets.randbelow(10**6):06}"

    def keep(work: Work, opened: Opened) -> FieldProblem | None:
        contact, waiting = opened.contact, opened.sealed.get("email") or {}
        if opened.state != "accepted" or "email" not in work.service.notifiers or email.casefold() in _hers(contact):
            return FieldProblem("email", EMAIL_NOT_HERE)
        if not contact.pin:
            return FieldProblem("email", PIN_FIRST)
        if problem := not_hers(work, opened, pin, "email_pin"):
            return problem
        sent = waiting.get("sent", 0)
        if sent >= MOST_CODES:
            return FieldProblem("email", NO_MORE_CODES)
        kept = {"address": email, "code": _code_hash(work, contact, email, code), "at": work.now.timestamp()}
        reseal(work, opened, email={**kept, "sent": sent + 1, "wrong": 0})
        if email.casefold() not in _taken(opened):
            _send_code(work, opened, email, code)
        return None

    return change_way(service, token, keep)


def add_email(service: Service, token: str, code: str) -> bool:
    """Add the mailbox that the code went to, behind her other ways; whether the link lives.

    Raises:
        Invalid: the code does not fit.
    """

    def keep(work: Work, opened: Opened) -> FieldProblem | None:
        contact, waiting = opened.contact, opened.sealed.get("email") or {}
        if any(entry["address"] == waiting.get("added") for entry in opened.sealed["channels"]):
            # Sent twice.
            return None
        if not waiting.get("code") or waiting["wrong"] >= MOST_WRONG:
            return FieldProblem("email_code", WRONG_CODE)
        given = _code_hash(work, contact, waiting["address"], digits_of(code))
        is_late = work.now.timestamp() >= waiting["at"] + CODE_LIVES.total_seconds()
        if is_late or not hmac.compare_digest(given, waiting["code"]):
            reseal(work, opened, email={**waiting, "wrong": waiting["wrong"] + 1})
            return FieldProblem("email_code", WRONG_CODE)
        channels = [*opened.sealed["channels"], {"channel": "email", "address": waiting["address"]}]
        order = [*(address.index for address in contact.addresses), len(channels) - 1]
        email = {"sent": waiting["sent"], "added": waiting["address"]}
        reseal(work, opened, channels=channels, order=order, email=email)
        work.audit.add(opened.trip.key.traveler_id, contact.id, "email_added")
        return None

    return change_way(service, token, keep)


def not_hers(work: Work, opened: Opened, pin: str, field: str) -> FieldProblem | None:
    """What is wrong with a PIN of hers, if anything, said of `field`; a wrong one is counted on her link."""
    if opened.link.used >= MOST_WRONG:
        return FieldProblem(field, PIN_LOCKED)
    fits = pin_fits(work.service.keys, opened.contact, digits_of(pin))
    used = 0 if fits else opened.link.used + 1
    if used != opened.link.used:
        work.conn.execute(update(LINKS).where(LINKS.c.token_hash == opened.link.token_hash).values(used=used))
    return None if fits else FieldProblem(field, PIN_LOCKED if used >= MOST_WRONG else WRONG_PIN)


def _hers(contact: ContactState) -> frozenset[str]:
    return frozenset(address.address.casefold() for address in contact.addresses)


def _taken(opened: Opened) -> frozenset[str]:
    """Addresses that cannot become hers: the employer's side, the traveler's own, and other contacts'."""
    trip = opened.trip
    people = [*(a for c in trip.contacts for a in c.addresses), *trip.traveler.addresses]
    return other_sides(trip.details) | {address.address.casefold() for address in people}


def _code_hash(work: Work, contact: ContactState, email: str, code: str) -> str:
    return work.service.keys.code_hash(f"email:{contact.id}:{email}:{code}").hex()


def _send_code(work: Work, opened: Opened, email: str, code: str) -> None:
    _ = translator(opened.contact.language)
    trip = opened.trip
    work.send(
        Draft(
            kind="page_code",
            to=email,
            channel="email",
            body=wording.notice(ContactNotice.PAGE_CODE, _, code=code),
            subject=_(CODE_SUBJECT),
            dedupe_key=f"page_code:{opened.contact.id}:{work.now.isoformat()}",
            priority=Priority.REPLY,
            # Neither trip nor contact: a mailbox that refuses it is nobody's address yet, and has no next one.
            traveler_id=trip.key.traveler_id,
            key_id=trip.key_id,
            valid_for=CODE_LIVES,
            language=opened.contact.language,
        )
    )
