"""The form of a trusted person: who she is, and by which ways this installation reaches her, in which order.

Every channel that is served here is a way. One that calls numbers uses the person's number, e-mail her address; one on
which she writes to us first has no box, because her address comes by a link; any other has a box of its own, so that a
new channel needs no edit here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from babel import Locale, UnknownLocaleError

from notifiers.registry import discover
from service.core.wording import Translate
from service.core.wording_text import N_
from service.texts import LANGUAGES
from service.usecases.contact_addresses import BY_LINK, CALLED_BY_NUMBER, ContactForm
from service.usecases.context import Service
from service.usecases.problems import FieldProblem, Invalid, Problems
from service.usecases.show_people import TrustedPerson
from service.usecases.typed_numbers import cannot_take_sms, shown_number
from service.usecases.work import VOICE
from service.voice.sentences import ALONE
from service.web.forms import Typed, collect
from service.web.forms_numbers import number_of
from service.web.schemas import ContactIn

PHONE, EMAIL = "phone", "email"
NOT_THIS_WAY = "no"
REACH_NEEDED = N_("Write a number or an e-mail address at which this person can be reached.")
NO_WAY = N_("Choose at least one way that uses this.")

CHANNEL_TITLES = {
    "sms": N_("SMS"),
    "voice": N_("A phone call"),
    "whatsapp": N_("WhatsApp"),
    "telegram": N_("Telegram"),
    "email": N_("E-mail"),
}
"""Channels in the order in which they are tried when nobody chooses. Others follow, under the name that they have."""
_PLACES = (N_("First"), N_("Second"), N_("Third"), N_("Fourth"), N_("Fifth"), N_("Sixth"))
_CHANNEL_PATH = re.compile(r"channels\[(\d+)\]")

Reach = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Way:
    """A channel that is served here. `title` is an English text or a name; `field`: the box that holds the address."""

    channel: str
    title: str
    field: str


def ways_of(service: Service) -> list[Way]:
    """The ways of this installation, in the order in which they are tried when nobody chooses."""
    names = {spec.name: spec.title for spec in discover()}
    order = {channel: place for place, channel in enumerate(CHANNEL_TITLES)}
    served = sorted(service.senders, key=lambda channel: (order.get(channel, len(order)), channel))
    return [
        Way(
            channel, CHANNEL_TITLES.get(channel) or names.get(service.notifiers[channel].name, channel), _field(channel)
        )
        for channel in served
    ]


def fresh_contact(service: Service, language: str) -> Typed:
    """The form of a person who is not known yet."""
    # She can open a chat on her own page too: a link is passed on only where it is asked for.
    places = {
        way.channel: NOT_THIS_WAY if way.channel in BY_LINK else str(place)
        for place, way in enumerate(ways_of(service), start=1)
    }
    return Typed.of({"language": language, "disclosure": "full", "way": places})


def typed_contact(service: Service, person: TrustedPerson) -> Typed:
    """A person as she is stored, as if she had been typed."""
    stored = [channel for channel, _address in person.channels]
    known = {_field(channel) for channel in stored}
    ways = ways_of(service)
    ahead = [way for way in sorted(ways, key=lambda way: _place(stored, way.channel)) if way.channel in stored]
    # One without an address yet may come last; one that was left out stays out.
    unnamed = [way for way in ways if way.channel not in stored and way.field not in known]
    ahead += [way for way in unnamed if way.channel not in BY_LINK]
    places = {way.channel: str(place) for place, way in enumerate(ahead, start=1)}
    addresses = {_field(channel): shown_number(address) for channel, address in reversed(person.channels)}
    own = {name.removeprefix("address."): value for name, value in addresses.items() if name.startswith("address.")}
    return Typed.of(
        {
            "name": person.name,
            "relation": person.relation,
            "language": person.language,
            "role": person.role,
            "disclosure": person.disclosure,
            "phone": addresses.get(PHONE),
            "email": addresses.get(EMAIL),
            "way": {way.channel: places.get(way.channel, NOT_THIS_WAY) for way in ways},
            "address": own,
        }
    )


def contact_of(service: Service, typed: Typed, before: TrustedPerson | None = None) -> ContactForm:
    """The person that was typed. `before`: as she is stored; where nothing of her reach was changed, it stays.

    Raises:
        Invalid: with the field of each mistake.
    """
    problems = Problems()
    channels, sources = _reach(service, typed, problems)
    if before is not None:
        stored, _sources = _reach(service, typed_contact(service, before), Problems())
        channels = before.channels if channels == stored else _with_others(service, channels, before)
        sources = [_field(channel) for channel, _address in channels]
    values: dict[str, object] = {
        name: text for name in ("language", "role", "disclosure") if (text := typed.text(name))
    }
    values |= {"name": typed.text("name"), "relation": typed.text("relation")}
    values["channels"] = [{"channel": channel, "address": address} for channel, address in channels]
    try:
        form = collect(problems, ContactIn, values)
        problems.refuse()
    except Invalid as refused:
        raise Invalid(_placed(refused.problems, sources)) from None
    if form is None:
        raise Invalid(())
    return form.form()


def contact_problems(form: ContactForm, problems: Sequence[FieldProblem]) -> list[FieldProblem]:
    """What a use case says of this contact's paths, beside the boxes in which they were typed."""
    return _placed(problems, [_field(channel) for channel, _address in form.channels])


def place_choices(service: Service, _: Translate) -> list[tuple[str, str]]:
    """What may be said of a way: its place, or that it is not to be used."""
    places = [(str(place), _(text)) for place, text in enumerate(_PLACES[: len(service.senders)], start=1)]
    return [*places, (NOT_THIS_WAY, _("Not this way"))]


def language_choices(service: Service, _: Translate, stored: str = "") -> list[tuple[str, str]]:
    """The languages in which we write, each by its own name; those of calls alone, where calls are made; and one that
    was stored before."""
    spoken = ALONE if VOICE in service.senders else ()
    said = [(tag, _("{language} in calls, texts in Russian").format(language=_own_name(tag))) for tag in spoken]
    known = [*((tag, _own_name(tag)) for tag in LANGUAGES), *said]
    return known if not stored or stored in dict(known) else [*known, (stored, _own_name(stored))]


def _own_name(tag: str) -> str:
    try:
        name = Locale.parse(tag, sep="-").get_display_name() or tag
    except (UnknownLocaleError, ValueError, TypeError):
        return tag
    return name[:1].upper() + name[1:]


def _field(channel: str) -> str:
    """The box that holds a channel's address."""
    if channel in CALLED_BY_NUMBER:
        return PHONE
    if channel in BY_LINK:
        return f"way.{channel}"
    return EMAIL if channel == "email" else f"address.{channel}"


def _place(stored: Sequence[str], channel: str) -> int:
    return stored.index(channel) if channel in stored else len(stored)


def _reach(service: Service, typed: Typed, problems: Problems) -> tuple[Reach, list[str]]:
    """Her addresses in the order that was chosen, and the box that each stands in."""
    ways = ways_of(service)
    addresses = {PHONE: number_of(service, typed, PHONE, problems) or "", EMAIL: typed.text(EMAIL)}
    addresses |= {way.field: typed.text(way.field) for way in ways if way.field not in addresses | _by_link(ways)}
    phone = addresses[PHONE]
    no_sms = bool(phone) and cannot_take_sms(phone)
    chosen = [way for _place, way in sorted(_chosen(typed, ways), key=lambda pair: pair[0])]
    reached = [way for way in chosen if way.channel in BY_LINK or addresses[way.field]]
    found = [way for way in reached if not (way.channel == "sms" and no_sms)]
    channels = [(way.channel, addresses.get(way.field, "")) for way in found]
    sources = [way.field for way in found]
    can_call = "voice" in service.notifiers
    for field in addresses:
        if addresses[field] and field not in sources and (field != PHONE or can_call or not no_sms):
            problems.add(field, NO_WAY)
    if phone and not can_call:
        # Kept for an installation that makes calls; nothing is sent by it from here.
        channels.append(("voice", phone))
        sources.append(PHONE)
    if not found and not any(typed.text(field) for field in addresses):
        problems.add(PHONE, REACH_NEEDED)
    return tuple(channels), sources


def _chosen(typed: Typed, ways: Sequence[Way]) -> list[tuple[int, Way]]:
    found = []
    for number, way in enumerate(ways, start=1):
        place = typed.text(f"way.{way.channel}", NOT_THIS_WAY if way.channel in BY_LINK else str(number))
        if place.isascii() and place.isdecimal():
            found.append((int(place[:3]), way))
    return found


def _by_link(ways: Sequence[Way]) -> dict[str, str]:
    """The fields of ways that have no box."""
    return {way.field: "" for way in ways if way.channel in BY_LINK}


def _with_others(service: Service, channels: Reach, before: TrustedPerson) -> Reach:
    """With the addresses that this form does not show: of channels that nobody serves here now, and of chats."""
    fields = {_field(channel) for channel, _address in channels}
    chats = {channel: address for channel, address in before.channels if channel in BY_LINK}
    shown = tuple((channel, chats.get(channel, address)) for channel, address in channels)
    others = [
        (channel, address)
        for channel, address in before.channels
        if _field(channel) not in (PHONE, EMAIL)
        and _field(channel) not in fields
        and not (channel in BY_LINK and channel in service.senders)
    ]
    return (*shown, *others)


def _placed(problems: Sequence[FieldProblem], sources: Sequence[str]) -> list[FieldProblem]:
    return [replace(one, field=_place_of(one.field, sources)) for one in problems]


def _place_of(field: str, sources: Sequence[str]) -> str:
    if found := _CHANNEL_PATH.match(field):
        number = int(found.group(1))
        return sources[number] if number < len(sources) else PHONE
    return PHONE if field == "channels" or not field else field
