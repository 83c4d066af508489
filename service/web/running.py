"""What the pages of a running trip share: their frame, the word that may come along, and the page after it.

The page after a change says what happens next and when, for any word in the same words: whoever stands beside her must
not learn from it which word it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from babel.dates import format_date
from fastapi import Request, Response

from service.core.wording import Translate
from service.texts import translator
from service.usecases.change_facts import ChangeFacts, change_facts
from service.usecases.changes import Change
from service.usecases.consulate import Consulate
from service.usecases.context import Service
from service.usecases.my_trip import MyTrip
from service.usecases.offer_consulate import consulate_there
from service.usecases.places import zone_label
from service.usecases.problems import Invalid
from service.usecases.request_change import request_change
from service.usecases.request_word import keep_word
from service.usecases.sessions import Session
from service.web.forms import ONCE, Typed, fresh_once
from service.web.guard import form_token
from service.web.local_times import clock_said, local
from service.web.pages import language_of, page

WORD = "word"
MOST_WORD = 1600
"""As much as a text may hold that comes in by any other way."""


class Running:
    """A running trip for the time of one request: its facts, and times as its traveler reads them."""

    def __init__(self, service: Service, request: Request, trip: MyTrip) -> None:
        self._service = service
        self._request = request
        self.trip = trip
        self.language = language_of(request)
        self.translate: Translate = translator(self.language)
        self.facts: ChangeFacts = change_facts(service, trip.key)

    @property
    def has_words(self) -> bool:
        return self.trip.has_words

    def when(self, instant: datetime | None, zone: str = "") -> str:
        """ "20:00" for her today, else "Thursday, 3 December, 07:00"; empty for None. `zone`: by another clock."""
        if instant is None:
            return ""
        at, today = (local(moment, zone or self.facts.zone) for moment in (instant, self.facts.now))
        if at.date() == today.date():
            return clock_said(at)
        return f"{format_date(at, 'EEEE, d MMMM', locale=self.language)}, {clock_said(at)}"

    @property
    def place(self) -> str:
        """The city by whose clock she lives."""
        return zone_label(self.facts.zone, self.language)

    def consulate_in(self, country: str, city: str) -> Consulate | None:
        """Which consulate is named once she is in a country; None when her passport is not known."""
        return consulate_there(self._service, self.trip.key, country, city, self.language)

    def form(self, template: str, typed: Typed, status: int | None = None, **more: Any) -> Response:
        """A page with a form: 422 when it came back with mistakes."""
        return page(
            self._request,
            template,
            status=status or (422 if typed.problems else 200),
            form=typed,
            csrf=form_token(self._service, self._request),
            # The same filling-in keeps its name when it comes back with mistakes.
            once=typed.text(ONCE) or fresh_once(),
            has_words=self.has_words,
            due=self.when(self.facts.due),
            begins=self.when(self.facts.effective_at),
            place=self.place,
            **more,
        )

    def noted(self, sentences: Iterable[str], *, back: str = "/home", timed: bool = True) -> Response:
        """The page after a change; `timed`: its sentences name times of her own clock."""
        return page(
            self._request,
            "running_noted.html",
            sentences=[one for one in sentences if one],
            place=self.place if timed else "",
            back=back,
        )


def ask_change(service: Service, running: Running, session: Session, typed: Typed, make: Callable[[], Change]) -> bool:
    """Ask for the change that was typed; what `request_change` returns. The word that came along counts also when the
    form comes back with mistakes.

    Raises:
        Invalid: fields that cannot be used.
    """
    key, word, once = running.trip.key, word_of(running.trip, typed), once_of(typed)
    try:
        change = make()
    except Invalid:
        keep_word(service, key, word, sender=session.token_hash, once=once)
        raise
    return request_change(service, key, change, word=word, sender=session.token_hash, once=once)


def word_of(trip: MyTrip, typed: Typed) -> str | None:
    """The word that came along; in a trip without words there is none."""
    return (typed.text(WORD)[:MOST_WORD] or None) if trip.has_words else None


def once_of(typed: Typed) -> str | None:
    """What names this filling-in of the form."""
    return typed.text(ONCE)[:64] or None
