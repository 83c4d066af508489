"""Safe and duress words, the question that only she can answer, and the passphrase of the private page."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, delete, insert

from service.core import words
from service.core.ladder import Role
from service.core.wording_text import N_
from service.core.words import Reason
from service.db.stored import table_of
from service.db.tables import Word
from service.db.trips import TripKey, TripState
from service.usecases.agreed import NOT_FREE, QUESTION, without_agreed
from service.usecases.checklist_asking import ask_before_leaving
from service.usecases.context import Service
from service.usecases.drafts import load_draft, set_columns, write_details
from service.usecases.passphrase import SHORTEST, hash_passphrase
from service.usecases.problems import NEEDED, Problems
from service.usecases.work import Work

WORDS = table_of(Word)

REASONS = {
    Reason.EMPTY: NEEDED,
    Reason.TOO_SHORT: N_("This is too short for a word. Take an everyday phrase."),
    Reason.TOO_LONG: N_("This is too long to be typed in a hurry."),
    Reason.EQUAL: N_("This is the same as another word."),
    Reason.ONE_EDIT_APART: N_("This is one letter away from a word for “all is well”: a slip would worry your family."),
    Reason.OBVIOUS: N_("Whoever holds the phone would try this first. Take an everyday phrase."),
    Reason.RESERVED: N_("Telephone companies act on this word themselves. Take another one."),
    Reason.ONE_DIGIT: N_("One digit has a meaning of its own. Take two or more."),
    Reason.MEANS_SOMETHING: N_("This has a meaning of its own. Take an everyday phrase."),
}
PASSPHRASE_TOO_SHORT = N_("At least {count} characters.")
PASSPHRASE_IS_A_WORD = N_("The passphrase must not be one of the words.")
PASSPHRASE_IS_THE_ANSWER = N_("The passphrase must not be the answer: your people know that one.")
IS_A_WORD = N_("Your people read this. Take something that is none of your words.")
QUESTION_NEEDED = N_("Write the question that this answers.")
NEEDS_A_LISTENER = N_(
    "With words of your own, at least one person who has accepted must be allowed to hear of a quiet signal."
)


@dataclass(frozen=True, slots=True)
class WordsForm:
    """Words as they were typed. `not_free_answer`: what she says to the question when she is not free to speak."""

    safe: tuple[str, ...]
    duress: tuple[str, ...]
    passphrase: str
    question: str | None = None
    not_free_answer: str | None = None


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """Words as they are stored: nothing leads back to them. `words` are (kind, fingerprint). The question and the
    answer to it are kept as they are, sealed, for her people."""

    word_key: bytes
    words: tuple[tuple[str, bytes], ...]
    passphrase_hash: str
    question: str | None
    not_free_answer: str | None = None

    def agreed_into(self, details: Mapping[str, Any]) -> dict[str, Any]:
        """A trip's details with this question in the place of theirs."""
        agreed = {QUESTION: self.question, NOT_FREE: self.not_free_answer}
        return {**without_agreed(details), **{name: text for name, text in agreed.items() if text}}


def set_words(service: Service, key: TripKey, form: WordsForm) -> None:
    """Store the words of a draft; nobody can read them again.

    Raises:
        Invalid, NotFound, Conflict409: see `load_draft`.
    """
    prepared = prepare_words(service, form)
    now = service.clock()

    def keep(conn: Connection) -> None:
        trip = load_draft(service, conn, key, now)
        work = Work(service, conn, now)
        write_words(work, trip, prepared)
        ask_before_leaving(work, replace(trip, details=prepared.agreed_into(trip.details), has_words=True))
        work.audit.add(key.traveler_id, "traveler", "words_set")
        work.flush()

    service.run(keep)


def prepare_words(service: Service, form: WordsForm, path: str = "") -> Fingerprints:
    """Check the words and turn them into what is stored. Slow by intention: never call it inside a transaction.

    Raises:
        Invalid: words that somebody could guess, mix up or that mean something else.
    """
    check_words(form, path).refuse()
    word_key = secrets.token_bytes(32)
    kinds = [("safe", word) for word in form.safe] + [("duress", word) for word in form.duress]
    # Mixed, so that a word's place does not tell which kind it is of.
    secrets.SystemRandom().shuffle(kinds)
    return Fingerprints(
        word_key,
        tuple((kind, words.fingerprint(word_key, word)) for kind, word in kinds),
        hash_passphrase(form.passphrase, service.limits.passphrase),
        form.question or None,
        form.not_free_answer or None,
    )


def check_words(form: WordsForm, path: str = "") -> Problems:
    """Everything that is wrong with the words, the question and the passphrase; none when they may be used."""
    problems = Problems()
    for problem in words.check_words(form.safe, form.duress):
        problems.add(path + problem.field, REASONS[problem.reason])
    known = {words.normalize(word) for word in (*form.safe, *form.duress)}
    for name, text in ((QUESTION, form.question), (NOT_FREE, form.not_free_answer)):
        if text and words.normalize(text) in known:
            problems.add(path + name, IS_A_WORD)
    if form.not_free_answer and not form.question:
        problems.add(path + QUESTION, QUESTION_NEEDED)
    if len(form.passphrase.strip()) < SHORTEST:
        problems.add(f"{path}passphrase", PASSPHRASE_TOO_SHORT, count=SHORTEST)
    elif words.normalize(form.passphrase) in known:
        problems.add(f"{path}passphrase", PASSPHRASE_IS_A_WORD)
    elif form.not_free_answer and words.normalize(form.passphrase) == words.normalize(form.not_free_answer):
        problems.add(f"{path}passphrase", PASSPHRASE_IS_THE_ANSWER)
    return problems


def has_listener(trip: TripState) -> bool:
    """Whether somebody has accepted who may hear of a word of duress; without one, words promise too much."""
    return any(contact.accepted and contact.role in (Role.FULL, Role.CASEWORKER) for contact in trip.contacts)


def write_words(work: Work, trip: TripState, prepared: Fingerprints) -> None:
    """Put these words in the place of the trip's."""
    key, service, conn = trip.key, work.service, work.conn
    conn.execute(delete(WORDS).where(WORDS.c.traveler_id == key.traveler_id, WORDS.c.trip_id == key.trip_id))
    rows = [
        {
            "traveler_id": key.traveler_id,
            "trip_id": key.trip_id,
            "position": position,
            "kind": kind,
            "fingerprint": fingerprint,
        }
        for position, (kind, fingerprint) in enumerate(prepared.words)
    ]
    conn.execute(insert(WORDS), rows)
    write_details(service, conn, trip, prepared.agreed_into(trip.details))
    set_columns(
        conn,
        key,
        has_words=True,
        word_key=service.keys.seal(conn, trip.key_id, b"word_key", prepared.word_key),
        passphrase_hash=prepared.passphrase_hash,
    )
