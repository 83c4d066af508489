"""What the API and the forms take of a traveler and of a trip."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from service.usecases.plan_trip import Destination, LegForm, TripForm
from service.usecases.register import SignUpForm
from service.web.fields import Code, Form, Instant, Line, Name, Place
from service.web.schemas_facts import FactsIn


class SignUpIn(Form):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Aizhan", "phone": "+77000000001", "language": "kk", "citizenship": "KZ"}]
        }
    )

    name: Name
    phone: Code
    language: Code
    citizenship: Code | None = None
    email: Line | None = None

    def form(self) -> SignUpForm:
        return SignUpForm(self.name, self.phone, self.language, self.citizenship, self.email or None)


class VerifyIn(Form):
    model_config = ConfigDict(json_schema_extra={"examples": [{"phone": "+77000000001", "code": "123456"}]})

    phone: Code
    code: Code


class DestinationIn(Form):
    country: Code
    city: Name
    address: Place = ""
    zone: Code


class LegIn(Form):
    model_config = ConfigDict(extra="forbid", validate_by_name=True, validate_by_alias=True)

    from_: Annotated[Instant, Field(alias="from")]
    country: Code
    city: Line = ""
    zone: Code

    def form(self) -> LegForm:
        return LegForm(self.from_, self.country, self.city, self.zone)


class TripIn(FactsIn):
    """A trip. `person` holds what the fact sheet may need of her: short names, short texts, all optional."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "starts_at": "2026-12-01T00:00:00+05:00",
                    "ends_at": "2027-05-31T00:00:00+05:00",
                    "wording": "plain",
                    "destination": {
                        "country": "TR",
                        "city": "Antalya",
                        "address": "Example street 1",
                        "zone": "Europe/Istanbul",
                    },
                    "employer": {"name": "Example Hotel", "phone": "+902420000000"},
                    "consent": {"contacts": True, "consulate": True},
                }
            ]
        }
    )

    starts_at: Instant
    ends_at: Instant
    wording: Literal["plain", "discreet"]
    destination: DestinationIn
    legs: Annotated[list[LegIn], Field(max_length=49)] = Field(default_factory=list)
    missed_calls: Annotated[bool, Field(description="Whether a call that nobody picks up is a check-in")] = False

    def form(self) -> TripForm:
        facts = self.model_dump(
            mode="json",
            exclude={"starts_at", "ends_at", "wording", "destination", "legs"},
            exclude_none=True,
        )
        place = self.destination
        return TripForm(
            self.starts_at,
            self.ends_at,
            self.wording,
            Destination(place.country, place.city, place.address, place.zone),
            tuple(leg.form() for leg in self.legs),
            facts,
        )
