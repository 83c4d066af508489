"""`/trip/texts`: the very texts that everybody will receive, and what each costs. Nothing is sent or stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from babel import Locale
from fastapi import APIRouter, Depends, Request, Response

from notifiers.segments import Encoding, measure
from service.core.wording import Translate
from service.texts import known_language, translator
from service.usecases.context import Service
from service.usecases.places import zone_label
from service.usecases.preview_texts import ContactPreview, Occasion, Preview, TextsPreview, preview_texts
from service.usecases.sessions import Session
from service.usecases.typed_numbers import shown_number
from service.web.forms import Typed
from service.web.guard import filled_in, signed_in
from service.web.letter import day_within
from service.web.local_times import clock_said, local
from service.web.pages import language_of
from service.web.wizard import draft_of, go_on, step_page

EMAIL = "email"
ROOM = {Encoding.GSM7: (160, 153), Encoding.UCS2: (70, 67)}
"""Characters of a single SMS, and of each part of a longer text (3GPP TS 23.038, 23.040)."""


Lead = Callable[[Preview, int], str]
"""What is said above a text: upon what it is sent. The number counts the parts of one telling."""


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message as it is sent. `lead` says upon what, `when` the time, `size` what it costs."""

    lead: str
    when: str
    subject: str
    body: str
    size: str


@dataclass(frozen=True, slots=True)
class Thread:
    """What one phone shows. `number` of SMS altogether; `means` are the same texts in the reader's language."""

    title: str
    language: str
    language_name: str
    address: str
    bubbles: tuple[Bubble, ...]
    number: int
    means: tuple[str, ...]


def router(service: Service) -> APIRouter:
    """The step."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    @routes.get("/trip/texts")
    def show(request: Request, session: Session = whose) -> Response:
        language = language_of(request)
        shown = preview_texts(service, draft_of(service, session), language)
        writer = _Threads(service, shown, language)
        return step_page(
            service,
            request,
            "texts",
            "wizard_texts.html",
            Typed(),
            next_time=writer.next_time(),
            hers=writer.hers() if shown.traveler else None,
            threads=[writer.of(contact) for contact in shown.contacts],
            first_at=writer.first_told(),
        )

    @routes.post("/trip/texts")
    def save(session: Session = whose, typed: Typed = filled) -> Response:  # noqa: ARG001 - the form's token is checked
        draft_of(service, session)
        return go_on("texts")

    return routes


class _Threads:
    """The previews as threads, in the reader's language."""

    def __init__(self, service: Service, shown: TextsPreview, language: str) -> None:
        self._service, self._shown, self._language = service, shown, language
        self._: Translate = translator(language)

    def next_time(self) -> str:
        """The first check-in, where she will be and by the clock at home."""
        shown, _ = self._shown, self._
        if shown.deadline is None:
            return ""
        there = local(shown.deadline, shown.zone)
        text = _("{day}, {time} in {place}").format(
            day=day_within(there, self._language), time=clock_said(there), place=zone_label(shown.zone, self._language)
        )
        home = local(shown.deadline, shown.home_zone)
        if home.utcoffset() == there.utcoffset():
            return text
        at_home = _("{time} in {place}").format(
            time=clock_said(home), place=zone_label(shown.home_zone, self._language)
        )
        return f"{text} ({at_home})"

    def first_told(self) -> str:
        """When the first of her people would hear of it, by the clock where she is."""
        times = [text.at for one in self._shown.contacts for text in one.texts if text.occasion is Occasion.MISSED]
        first = min((at for at in times if at is not None), default=None)
        return clock_said(local(first, self._shown.zone)) if first else ""

    def hers(self) -> Thread:
        _, shown = self._, self._shown
        title = _("Texts to you")
        return self._thread(title, shown.language, "", shown.zone, shown.traveler, self._to_her)

    def of(self, contact: ContactPreview) -> Thread:
        _, address = self._, contact.address
        name = f"{contact.name} ({contact.relation})" if contact.relation else contact.name
        reached = address.address if address else ""
        number = shown_number(reached) if reached.startswith("+") else reached
        title = _("Texts to {name}").format(name=name)
        return self._thread(title, contact.language, number, contact.zone, contact.texts, self._to_them)

    def _thread(self, title: str, tag: str, address: str, zone: str, texts: Sequence[Preview], lead: Lead) -> Thread:
        bubbles, number = [], 0
        for text in texts:
            for part, body in enumerate(text.parts):
                count, size = self._size(text.channel, body)
                number += count
                when = self._when(text.at, zone) if part == 0 and text.occasion is not Occasion.INVITATION else ""
                bubbles.append(Bubble(lead(text, part), when, text.subject if part == 0 else "", body, size))
        spoken = known_language(tag)
        name = Locale.parse(self._language).languages.get(spoken, spoken)
        means = tuple(body for text in texts for body in text.means)
        return Thread(title, spoken, name, address, tuple(bubbles), number, means)

    def _size(self, channel: str, body: str) -> tuple[int, str]:
        """How many SMS a text is, and that in words."""
        if channel == EMAIL:
            return 0, self._("e-mail")
        sized = measure(self._service.fold(body))
        single, each = ROOM[sized.encoding]
        room = single if sized.segments == 1 else each * sized.segments
        text = self._("{number} SMS · {used} of {room} characters")
        return sized.segments, text.format(number=sized.segments, used=sized.units, room=room)

    def _when(self, at: datetime | None, zone: str) -> str:
        if at is None:
            return ""
        said = self._("{time} in {place}")
        return said.format(time=clock_said(local(at, zone)), place=zone_label(zone, self._language))

    def _to_her(self, text: Preview, _part: int) -> str:
        _ = self._
        if text.occasion is Occasion.REPLY:
            return _("After your OK")
        deadline = self._shown.deadline
        if text.at is None or deadline is None or text.at < deadline:
            return _("Before the time")
        return _("At the time") if text.at == deadline else _("When it has passed")

    def _to_them(self, text: Preview, part: int) -> str:
        _ = self._
        if part > 0:
            return _("Right after it")
        return {
            Occasion.INVITATION: _("To ask for consent"),
            Occasion.MISSED: _("If you do not answer"),
            Occasion.DURESS: _("If you send the phrase “I am not free to speak”"),
            Occasion.ALL_CLEAR: _("When your voice has been heard, to everybody who was told"),
        }[text.occasion]
