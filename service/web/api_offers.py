"""Check a job offer by the API: for anybody, without a token. Nothing is stored."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from service.core.offer import LONGEST_TEXT, Level
from service.usecases.check_offer import OfferDesk
from service.usecases.context import Service
from service.web.api_caller import Headers
from service.web.fields import Form, Text
from service.web.problems import documented
from service.web.visitor import visitor_of

EXAMPLE = "Cyprus. Dancer needed."


class OfferIn(Form):
    """The text of an offer, as it was written. `language` says in which the answer is given; without it, in that which
    the offer is most likely written in."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": EXAMPLE}, {"text": EXAMPLE, "language": "ru"}]})

    text: Annotated[Text, Field(min_length=1, max_length=LONGEST_TEXT)]
    language: Literal["en", "ru", "kk"] | None = None


class FindingOut(BaseModel):
    """A sign: the words that made it one, exactly as they stand in the text; why to look at it; what to ask back."""

    rule: str
    quote: str
    why: str
    ask: str


class OfferOut(BaseModel):
    """`low`: no warning signs found in the text; this is not a check of the employer. Findings it has all the same are
    small things to ask about. The heaviest finding first."""

    level: Level
    findings: list[FindingOut]


def router(service: Service) -> APIRouter:
    """One call."""
    api = APIRouter(tags=["offers"], responses=documented(429), route_class=Headers)
    desk = OfferDesk(service)

    @api.post("/offers/check")
    def check(form: OfferIn, request: Request) -> OfferOut:
        """Look for signs in the text of a job offer. Nothing of it is stored or logged, and no token is needed."""
        found = desk.check(form.text, form.language, visitor_of(request))
        findings = [
            FindingOut(rule=one.rule, quote=one.quote, why=one.why[found.language], ask=one.ask[found.language])
            for one in found.findings
        ]
        return OfferOut(level=found.level, findings=findings)

    return api
