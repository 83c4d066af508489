"""What a traveler carries away: her calendar, the card for her pocket, the agreement for her people."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Response
from pydantic import BaseModel, Field

from service.usecases.agreement import show_agreement
from service.usecases.calendar_feed import EARLIEST, LONGEST_NAME, Feed, Shown, end_feed, feed_of, keep_feed
from service.usecases.context import Service
from service.usecases.drafts import TripKey
from service.usecases.problems import NotFound
from service.usecases.show_card import show_card
from service.usecases.show_trip import WholeTrip, show_trip
from service.web.agreement import agreement_of
from service.web.api_caller import Headers, authenticated, decoded, of_caller
from service.web.card import card_of
from service.web.card_page import LONGEST_NAME as LONGEST_ON_CARD
from service.web.fields import Form, Id, Line, Name
from service.web.hand_over_page import as_pdf
from service.web.problems import documented

Passphrase = Annotated[str | None, Header(alias="Amanba-Passphrase", max_length=1000)]
Language = Literal["kk", "ru", "en"]
MOST = 40
"""People that may be named."""
PDF: dict[int | str, dict[str, Any]] = {
    200: {"description": "A document to print.", "content": {"application/pdf": {"schema": {"type": "string"}}}}
}


class CalendarIn(Form):
    """How her times are called in the calendar, and when a phone rings before each; `anew`: under another address."""

    name: Annotated[Name, Field(max_length=LONGEST_NAME, examples=["Call home"])]
    ring_before_seconds: Annotated[int, Field(strict=True, ge=0, le=round(EARLIEST.total_seconds()))] = 1800
    anew: Annotated[bool, Field(strict=True)] = False


class CalendarOut(BaseModel):
    """`url` is what a calendar follows, without a token; whoever has it sees her times."""

    url: str
    webcal: str
    name: str
    ring_before_seconds: int


class OnCard(Form):
    """One of her people, under any name."""

    contact_id: Id
    name: Annotated[Line, Field(max_length=LONGEST_ON_CARD)] = ""


class CardIn(Form):
    """Whose numbers stand on the card; `question`: that there is one, never which."""

    contacts: Annotated[tuple[OnCard, ...], Field(max_length=MOST)] = ()
    question: Annotated[bool, Field(strict=True)] = False
    language: Language = "en"


class AgreementIn(Form):
    """Who stands on it, and whether it says where she goes and what a message means that begins "Do NOT call"."""

    contacts: Annotated[tuple[Id, ...], Field(max_length=MOST)] = ()
    places: Annotated[bool, Field(strict=True)] = False
    secret: Annotated[bool, Field(strict=True)] = True
    language: Language = "en"


def router(service: Service) -> APIRouter:
    """Calendar, card and agreement. Of an armed trip with words there are none unless the passphrase fits."""
    trip_of = of_caller(authenticated(service))

    def opened(key: TripKey = Depends(trip_of), passphrase: Passphrase = None) -> TripKey:
        if not isinstance(show_trip(service, key, decoded(passphrase)), WholeTrip):
            raise NotFound
        return key

    api = APIRouter(tags=["trips"], responses=documented(401, 404), route_class=Headers)

    @api.get("/trips/{trip_id}/calendar")
    def get_calendar(key: TripKey = Depends(opened)) -> CalendarOut:
        """The link that her calendar follows, if she has made one."""
        feed = feed_of(service, key)
        if feed is None:
            raise NotFound
        return _out(feed)

    @api.put("/trips/{trip_id}/calendar", responses=documented(409))
    def put_calendar(form: CalendarIn, key: TripKey = Depends(opened)) -> CalendarOut:
        """Make the link of a trip that has begun, or change what it shows."""
        shown = Shown(form.name, timedelta(seconds=form.ring_before_seconds))
        return _out(keep_feed(service, key, shown, anew=form.anew))

    @api.delete("/trips/{trip_id}/calendar", status_code=204)
    def delete_calendar(key: TripKey = Depends(opened)) -> None:
        """Let the link lead nowhere."""
        end_feed(service, key)

    @api.post("/trips/{trip_id}/card", response_class=Response, responses=PDF)
    def post_card(form: CardIn, key: TripKey = Depends(opened)) -> Response:
        """The card for her pocket, to print. Nothing of it is stored."""
        names = {str(one.contact_id): one.name for one in form.contacts}
        facts = show_card(service, key)
        card = card_of(facts, names, form.language, question=facts.has_words and form.question)
        # Large, and only for who prints.
        from service.web.card_pdf import write_card

        return as_pdf(write_card(card, form.language), "card.pdf")

    @api.post("/trips/{trip_id}/agreement", response_class=Response, responses=PDF)
    def post_agreement(form: AgreementIn, key: TripKey = Depends(opened)) -> Response:
        """What she and her people have agreed, to print and to sign. Nothing of it is stored."""
        names = frozenset(str(one) for one in form.contacts)
        facts = show_agreement(service, key)
        agreement = agreement_of(facts, form.language, names=names, places=form.places, secret=form.secret)
        from service.web.agreement_pdf import write_agreement

        return as_pdf(write_agreement(agreement), "page.pdf")

    return api


def _out(feed: Feed) -> CalendarOut:
    seconds = round(feed.shown.ring_before.total_seconds())
    return CalendarOut(url=feed.url, webcal=feed.webcal, name=feed.shown.name, ring_before_seconds=seconds)
