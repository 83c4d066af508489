"""The texts that a trip would send, written before it begins by the very functions that will write them.

Everything in them is real but the codes and links, which are made when a text is sent. Nothing is stored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from uuid import UUID

from service.core import wording
from service.core.alarm import AlarmKind, Outcome, open_alarm
from service.core.plan import leg_at, next_deadline
from service.core.wording import Carriage, Reply, Wording
from service.db.routing import NIL
from service.db.trips import Address, AlarmState, ContactState, TripKey, TripState
from service.texts import known_language, translator
from service.usecases.alarm_facts import facts_for, first_usable, in_turn, zone_of_contact
from service.usecases.aloud import aloud, keys_of
from service.usecases.as_begun import as_begun, foresee_first, quiet_people
from service.usecases.carriage import by_page_only, carriage_for, carriage_to, with_page
from service.usecases.context import Service
from service.usecases.foresee import Foreseen
from service.usecases.numbers import zone_of_number
from service.usecases.problems import NotFound
from service.usecases.times import said
from service.usecases.work import EMAIL, VOICE
from service.voice.sentences import translator_aloud

CODES = ("K7M4", "R2XP")
"""Stand where a text's own code will."""
TOKEN = "7fQ2kXw9LbR"  # noqa: S105 - opens nothing
"""Stands where a link's own token will, as long as that."""
SAMPLE_TIME = "20:00"


class Occasion(StrEnum):
    """When a text is sent."""

    INVITATION = "invitation"
    MISSED = "missed"
    DURESS = "duress"
    ALL_CLEAR = "all_clear"
    REMINDER = "reminder"
    REPLY = "reply"


@dataclass(frozen=True, slots=True)
class Preview:
    """What goes out on one occasion: one text or two, or an e-mail with its subject.

    `at`: UTC; None for what has no foreseeable time. `means`: the same in the reader's language, empty when the texts
    are in it already.
    """

    occasion: Occasion
    at: datetime | None
    channel: str
    parts: tuple[str, ...]
    subject: str = ""
    means: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactPreview:
    """All that one person would receive. `address` is the first that is tried; None when nothing reaches her."""

    contact_id: UUID
    name: str
    relation: str
    language: str
    zone: str
    address: Address | None
    texts: tuple[Preview, ...]


@dataclass(frozen=True, slots=True)
class TextsPreview:
    """The texts around the first check-in, `deadline` (UTC), None while none is planned: then nobody gets any."""

    deadline: datetime | None
    zone: str
    language: str
    home_zone: str
    traveler: tuple[Preview, ...]
    contacts: tuple[ContactPreview, ...]


def preview_texts(service: Service, key: TripKey, language: str) -> TextsPreview:
    """What everybody of a draft would receive, had it begun now; translated for a reader of `language`.

    Raises:
        NotFound: no such trip of hers.
    """
    now = service.clock()
    trip = service.read(lambda conn: service.planned_trip(conn, key, now))
    if trip is None:
        raise NotFound
    begun = as_begun(trip, now)
    foreseen = foresee_first(begun, now)
    writer = _Writer(service, begun, foreseen, known_language(language), now)
    deadline = begun.watch.deadline if begun.watch is not None else None
    return TextsPreview(
        deadline=deadline,
        zone=leg_at(trip.plan, deadline or now).zone if trip.plan is not None else "UTC",
        language=trip.traveler.language,
        home_zone=zone_of_number(trip.traveler.phone),
        traveler=tuple(writer.to_traveler(deadline)) if deadline else (),
        contacts=tuple(writer.to_contact(contact) for contact in begun.contacts),
    )


def wording_samples(language: str) -> dict[Wording, tuple[str, str]]:
    """For each wording, a reminder and the answer to an OK, as her phone would show them."""
    _ = translator(language)
    return {
        kind: (
            wording.reminder(1, _, wording=kind, has_words=False, deadline=SAMPLE_TIME),
            wording.reply(Reply.NEXT, _, constant=wording.is_constant(kind, has_words=False), deadline=SAMPLE_TIME),
        )
        for kind in Wording
    }


Write = Callable[[str], Preview]


class _Writer:
    """Writes the texts of one trip, each also in the reader's language."""

    def __init__(self, service: Service, trip: TripState, foreseen: Foreseen, reader: str, now: datetime) -> None:
        self._service, self._trip, self._foreseen, self._reader, self._now = service, trip, foreseen, reader, now
        self._quiet = quiet_people(trip)

    def to_contact(self, contact: ContactState) -> ContactPreview:
        address = first_usable(contact.addresses)
        occasions = ((one, self._by(contact, one)) for one in self._occasions(contact))
        texts = tuple(self._both(contact, by, one) for one, by in occasions if by is not None)
        return ContactPreview(
            contact_id=contact.contact_id,
            name=contact.name,
            relation=contact.relation,
            language=contact.language,
            zone=zone_of_contact(contact, self._trip),
            address=address,
            texts=texts,
        )

    def _by(self, contact: ContactState, occasion: Occasion) -> Address | None:
        kind = {Occasion.INVITATION: "invitation", Occasion.ALL_CLEAR: "all_clear"}.get(occasion, "alert")
        return first_usable(in_turn(kind, self._trip, contact.addresses))

    def to_traveler(self, deadline: datetime) -> list[Preview]:
        usable = [address for address in self._trip.traveler.addresses if address.usable]
        if not usable or self._trip.plan is None:
            return []
        third = usable[1] if len(usable) > 1 else usable[0]
        ways = (usable[0], usable[0], third)
        found = []
        for stage, (address, at) in enumerate(zip(ways, self._foreseen.reminders, strict=False), start=1):
            found.append(self._translated(partial(self._reminder, address, stage, deadline, at)))
        found.append(self._translated(partial(self._reply, usable[0], deadline)))
        return found

    def _occasions(self, contact: ContactState) -> list[Occasion]:
        after = [Occasion.MISSED, Occasion.ALL_CLEAR] if self._told_at(contact) else []
        if contact.id in self._quiet:
            after.append(Occasion.DURESS)
        return [Occasion.INVITATION, *after]

    def _told_at(self, contact: ContactState) -> datetime | None:
        return next((one.at for one in self._foreseen.tellings if contact.id in one.people), None)

    def _both(self, contact: ContactState, address: Address, occasion: Occasion) -> Preview:
        own = self._write(contact, address, occasion)
        if known_language(contact.language) == self._reader:
            return own
        return replace(own, means=self._write(replace(contact, language=self._reader), address, occasion).parts)

    def _write(self, contact: ContactState, address: Address, occasion: Occasion) -> Preview:
        match occasion:
            case Occasion.INVITATION:
                return self._invitation(contact, address)
            case Occasion.ALL_CLEAR:
                return self._all_clear(contact, address)
            case Occasion.DURESS:
                return self._alarm(contact, address, AlarmKind.DURESS, self._now.replace(second=0, microsecond=0))
        return self._alarm(contact, address, AlarmKind.MISSED, self._told_at(contact) or self._now)

    def _invitation(self, contact: ContactState, address: Address) -> Preview:
        _, name, link = translator(contact.language), self._trip.traveler.name, self._link("i")
        if address.channel == EMAIL:
            body = wording.invitation_letter(name, contact.name, _, link=link, ref_code=CODES[0])
        elif address.channel == VOICE:
            body = wording.invitation_aloud(name, translator_aloud(contact.language))
        else:
            body = wording.invitation(
                name,
                contact.name,
                _,
                count=self._service.segments,
                ref_code=CODES[0],
                link=link,
                carriage=self._carriage(contact, address),
            )
        subject = wording.invitation_subject(name, _) if address.channel == EMAIL else ""
        return Preview(Occasion.INVITATION, contact.invited_at, address.channel, (body,), subject)

    def _alarm(self, contact: ContactState, address: Address, kind: AlarmKind, at: datetime) -> Preview:
        _, is_full = translator(contact.language), contact.disclosure == "full"
        opened = self._foreseen.opens_at or at
        missed = (self._trip.watch.deadline,) if self._trip.watch and self._trip.watch.deadline else ()
        view = open_alarm(kind, opened, missed) if kind is AlarmKind.MISSED else open_alarm(kind, at)
        facts = facts_for(self._trip, AlarmState(NIL, view, 1), contact, at, ref_code=CODES[0], link=self._link("a"))
        if address.channel == EMAIL:
            parts: tuple[str, ...] = (wording.alert_letter(facts, full=is_full, _=_),)
        elif address.channel == VOICE:
            said = wording.alert_aloud(facts, full=is_full, _=translator_aloud(contact.language))
            parts = (aloud(said, contact.language, "alert", ()),)
        else:
            facts = replace(facts, carriage=self._carriage(contact, address))
            parts = wording.alert(facts, full=is_full, _=_, count=self._service.segments, second_code=CODES[1])
        subject = wording.subject(self._trip.traveler.name, _) if address.channel == EMAIL else ""
        occasion = Occasion.MISSED if kind is AlarmKind.MISSED else Occasion.DURESS
        return Preview(occasion, at if kind is AlarmKind.MISSED else None, address.channel, parts, subject)

    def _all_clear(self, contact: ContactState, address: Address) -> Preview:
        _, name = translator(contact.language), self._trip.traveler.name
        first = self._foreseen.tellings[0].people[0] if self._foreseen.tellings else contact.id
        hearer = self._trip.contact(first) or contact
        carriage = self._carriage(contact, address)
        body = wording.all_clear(
            Outcome.HEARD_SAFE, _, name=name, ref_code=CODES[0], who=hearer.name, carriage=carriage
        )
        body = with_page(body, _, address, carriage, self._link("a"))
        if address.channel == VOICE:
            body = aloud(body, contact.language, "all_clear", keys_of("all_clear", ()))
        subject = wording.news_subject(name, _) if address.channel == EMAIL else ""
        return Preview(Occasion.ALL_CLEAR, None, address.channel, (body,), subject)

    def _reminder(self, address: Address, stage: int, deadline: datetime, at: datetime, tag: str) -> Preview:
        trip, _, by_email = self._trip, translator(tag), address.channel == EMAIL
        zone = leg_at(trip.plan, at).zone if trip.plan else "UTC"
        carriage = carriage_to(self._service, address.channel, address.address)
        body = wording.reminder(
            stage,
            _,
            wording=Wording(trip.wording),
            has_words=trip.has_words,
            deadline=said(deadline, zone, at),
            number=self._service.number_to_text if by_email else carriage.number,
            replies=carriage.replies,
        )
        if not trip.one_reply and (by_email or by_page_only(carriage)):
            letter = wording.reminder_letter(body, _, link=self._link("c"))
            body = letter if by_email else wording.as_text(letter, _)
        subject = wording.reminder_subject(_) if by_email else ""
        return Preview(Occasion.REMINDER, at, address.channel, (body,), subject)

    def _reply(self, address: Address, deadline: datetime, tag: str) -> Preview:
        trip = self._trip
        following = next_deadline(trip.plan, deadline) if trip.plan else None
        zone = leg_at(trip.plan, deadline).zone if trip.plan else "UTC"
        body = wording.reply(
            Reply.NEXT if following else Reply.NOTHING_DUE,
            translator(tag),
            constant=trip.one_reply,
            deadline=said(following, zone, deadline) if following else "",
        )
        return Preview(Occasion.REPLY, None, address.channel, (body,))

    def _translated(self, write: Write) -> Preview:
        own = write(self._trip.traveler.language)
        if known_language(self._trip.traveler.language) == self._reader:
            return own
        return replace(own, means=write(self._reader).parts)

    def _carriage(self, contact: ContactState, address: Address) -> Carriage:
        return carriage_for(self._service, address.channel, address.address, contact.tag)

    def _link(self, page: str) -> str:
        return f"{self._service.public_url}/{page}/{TOKEN}"
