"""What the API and the forms take of the people and papers around a trip."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from service.core.sheet_fields import TOLD
from service.core.wording_later import LATER
from service.web.fields import Code, FactName, FactValue, Form, Line, Name, Notes, Place

OfferedBy = Literal["friend", "agency", "advert", "other"]
PurposeIn = Literal["work", "study", "marriage", "au_pair", "sport", "care", "other"]


class EmployerIn(Form):
    name: Name
    phone: Code | None = None
    address: Place | None = None


class AgencyIn(Form):
    name: Name
    phone: Code | None = None
    licence: Line | None = None


class ConsulateIn(Form):
    name: Name
    phone: Code | None = None
    address: Place | None = None
    email: Line | None = None


class CompanionIn(Form):
    name: Name
    phone: Code | None = None


class VisaIn(Form):
    kind: Line
    number: Line | None = None


class InsuranceIn(Form):
    company: Name
    policy: Line | None = None
    phone: Code | None = None


class ConsentIn(Form):
    contacts: StrictBool = False
    police: StrictBool = False
    consulate: StrictBool = False
    ngo: StrictBool = False


class FactsIn(Form):
    """The optional sections of a trip. `later`: the fields that she wants to tell later, by their paths."""

    purpose: PurposeIn | None = None
    employer: EmployerIn | None = None
    agency: AgencyIn | None = None
    offered_by: OfferedBy | None = None
    consulate: ConsulateIn | None = None
    companions: Annotated[list[CompanionIn], Field(max_length=20)] = Field(default_factory=list)
    visa: VisaIn | None = None
    insurance: InsuranceIn | None = None
    person: (
        Annotated[
            dict[FactName, FactValue],
            Field(
                max_length=80, description=f"Facts that help to find her; the sheet has places for {', '.join(TOLD)}."
            ),
        ]
        | None
    ) = None
    consent: ConsentIn | None = None
    notes: Notes | None = None
    later: Annotated[list[Code], Field(max_length=40, description=f"Any of {', '.join(LATER)}.")] | None = None
