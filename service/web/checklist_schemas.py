"""The list of what had better be done before leaving: what the API and the forms take of it, and what the API shows."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from service.core.checklist import Point
from service.core.wording_checklist import TITLES
from service.usecases.checklist import Checklist
from service.usecases.checklist_told import Told
from service.usecases.drill import Drill
from service.web.fields import Code, Form, Id, Line

Part = Literal["work", "housing", "pay", "cover", "hours", "language", "ending", "duties"]


class PointIn(Form):
    """A point. `not_needed`: it does not concern her trip; then nothing else of it is kept."""

    not_needed: StrictBool = False

    def told(self) -> Told:
        values = self.model_dump(mode="json", exclude={"not_needed"}, exclude_defaults=True)
        return Told({} if self.not_needed else values, not_needed=self.not_needed)


class LicenceIn(PointIn):
    """The agency was looked up in the state's register: where, on which day, and what came of it."""

    result: Literal["yes", "no", "not_found"] | None = None
    number: Line = ""
    where: Line = ""
    day: date | None = None


class ContractIn(PointIn):
    """She has the contract before she travels; which parts it has."""

    have: StrictBool = False
    parts: Annotated[list[Part], Field(max_length=8)] = Field(default_factory=list)


class HaveIn(PointIn):
    have: StrictBool = False


class EmbassyIn(PointIn):
    """The embassy of the country that she goes to was asked, and what it said."""

    answer: Literal["yes", "no", "silent"] | None = None
    day: date | None = None


class LawyerIn(PointIn):
    who: Line = ""
    phone: Code | None = None
    day: date | None = None


class CopiesIn(PointIn):
    """Two sets of copies. `holder`: the contact who keeps the other one, and is asked if she has it; `where`: for her
    people, on the sheet alone; `handed`: they were handed over although nobody has confirmed it."""

    mine: Line = ""
    holder: Id | None = None
    where: Line = ""
    handed: StrictBool = False


class AgreedIn(PointIn):
    """A question was agreed on at home, by voice; or she goes without words of her own."""

    have: StrictBool = False
    no_words: StrictBool = False


class CompanionsIn(PointIn):
    alone: StrictBool = False


class ChecklistIn(Form):
    """Points in the place of what was told of them; null takes one back, the others stay."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"licence": {"result": "yes", "number": "0000", "where": "elicense.kz", "day": "2026-11-20"}},
                {"contract": {"have": True, "parts": ["work", "pay", "hours"]}, "register": {"not_needed": True}},
                {"asks": False},
            ]
        }
    )

    licence: LicenceIn | None = None
    contract: ContractIn | None = None
    original: HaveIn | None = None
    embassy: EmbassyIn | None = None
    lawyer: LawyerIn | None = None
    insurance: PointIn | None = None
    copies: CopiesIn | None = None
    agreed: AgreedIn | None = None
    numbers: PointIn | None = None
    companions: CompanionsIn | None = None
    register_: Annotated[HaveIn | None, Field(alias="register")] = None
    asks: Annotated[StrictBool | None, Field(description="Whether she is reminded of what is open")] = None

    def told(self) -> dict[Point, Told]:
        found = {name.rstrip("_"): getattr(self, name) for name in self.model_fields_set if name != "asks"}
        return {Point(name): one.told() if one is not None else Told({}) for name, one in found.items()}


class PractisedIn(Form):
    """A number of the drill, and what was typed from memory."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"number": "112", "typed": "112"}]})

    number: Code
    typed: Line


class PractisedOut(BaseModel):
    right: bool


class PointOut(BaseModel):
    """`state`: done, open or not_needed. `lacks` says as codes why it is open; `warns`: something is not only missing
    but wrong. `told` as it was sent."""

    point: str
    title: str
    state: str
    lacks: list[str]
    warns: bool
    told: dict[str, Any]


class VisaOut(BaseModel):
    """Whether her passport gives the right to work there: free or permit; null where we know no rule with a source."""

    country: str
    rule: str | None
    source: str | None
    checked: date | None


class LearnedOut(BaseModel):
    """A number to know by heart; `times` of three; `due`: the day from which on it is asked for again. `as_of`: the
    day, month or year of our list's number; null for hers."""

    number: str
    whose: str
    as_of: str | None
    times: int
    due: date | None


class ChecklistOut(BaseModel):
    points: list[PointOut]
    asks: bool
    visas: list[VisaOut]
    numbers: list[LearnedOut]
    copies_confirmed_at: datetime | None


def checklist_out(shown: Checklist, drill: Drill) -> ChecklistOut:
    """The list as the API shows it."""
    return ChecklistOut(
        points=[
            PointOut(
                point=one.point.value,
                title=TITLES[one.point],
                state=one.state.value,
                lacks=[lack.value for lack in one.lacks],
                warns=one.warns,
                told=dict(told.told) if (told := shown.told.get(one.point)) else {},
            )
            for one in shown.findings
        ],
        asks=shown.asks,
        visas=[
            VisaOut(
                country=country,
                rule=rule.rule.value if rule else None,
                source=rule.source if rule else None,
                checked=rule.checked if rule else None,
            )
            for country, rule in shown.visas
        ],
        numbers=[
            LearnedOut(
                number=one.number.number,
                whose=one.number.whose.value,
                as_of=one.number.of.text if one.number.of else None,
                times=len(one.rounds),
                due=one.due,
            )
            for one in drill.numbers
        ],
        copies_confirmed_at=shown.facts.confirmed_at,
    )
