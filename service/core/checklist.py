"""What had better be done before somebody leaves: the points, what each needs to count as done, and which are open.

Nothing here blocks anything. A point is judged by what she told of it and by the facts of her trip; what is open says
what is lacking, in codes that `wording_checklist` puts into words. Instants are UTC. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

CHECKLIST = "checklist"
"""Its name among a trip's details: {point: {state, on, …}}."""


class Purpose(StrEnum):
    """What she goes for. A trip whose purpose nobody told is judged as one to work."""

    WORK = "work"
    STUDY = "study"
    MARRIAGE = "marriage"
    AU_PAIR = "au_pair"
    SPORT = "sport"
    CARE = "care"
    OTHER = "other"


class Point(StrEnum):
    """One thing to be done, in the order in which it is shown."""

    LICENCE = "licence"
    CONTRACT = "contract"
    ORIGINAL = "original"
    VISA = "visa"
    EMBASSY = "embassy"
    LAWYER = "lawyer"
    INSURANCE = "insurance"
    COPIES = "copies"
    AGREED = "agreed"
    NUMBERS = "numbers"
    COMPANIONS = "companions"
    REGISTER = "register"


class State(StrEnum):
    """How a point stands."""

    DONE = "done"
    OPEN = "open"
    NOT_NEEDED = "not_needed"
    """She has said that it does not concern her trip."""


class Lack(StrEnum):
    """Why a point is open. Those of the contract name the parts that it must have."""

    RESULT = "result"
    NOT_LISTED = "not_listed"
    WHERE_LOOKED = "where_looked"
    CONTRACT = "contract"
    WORK = "work"
    HOUSING = "housing"
    PAY = "pay"
    COVER = "cover"
    HOURS = "hours"
    LANGUAGE = "language"
    ENDING = "ending"
    DUTIES = "duties"
    ORIGINAL = "original"
    VISA = "visa"
    VISA_GIVES_NO_WORK = "visa_gives_no_work"
    VISA_FREE_ENTRY = "visa_free_entry"
    NOT_ASKED = "not_asked"
    NO_ANSWER = "no_answer"
    SAID_NO = "said_no"
    LAWYER_OF_THEIRS = "lawyer_of_theirs"
    INSURER = "insurer"
    POLICY = "policy"
    INSURER_PHONE = "insurer_phone"
    OWN_COPIES = "own_copies"
    HOLDER = "holder"
    NOT_CONFIRMED = "not_confirmed"
    TIMES = "times"
    QUESTION = "question"
    WORDS = "words"
    BY_HEART = "by_heart"
    COMPANIONS = "companions"
    REGISTER = "register"


CONTRACT_PARTS = (
    Lack.WORK,
    Lack.HOUSING,
    Lack.PAY,
    Lack.COVER,
    Lack.HOURS,
    Lack.LANGUAGE,
    Lack.ENDING,
    Lack.DUTIES,
)
"""What a contract must say; and that it is in a language that she reads."""
WARNINGS = frozenset({Lack.NOT_LISTED, Lack.VISA_GIVES_NO_WORK, Lack.SAID_NO, Lack.LAWYER_OF_THEIRS})
"""What is not only missing but wrong."""
EARNS = frozenset({Purpose.WORK, Purpose.AU_PAIR, Purpose.SPORT, Purpose.CARE})
"""What needs the right to work."""
WORK_VISAS = frozenset({"work", "seasonal", "residence"})
NO_WORK_VISAS = frozenset({"tourist", "guest", "student"})
SAYS_NO = frozenset({"no", "not", "none", "нет", "не", "ещё", "еще", "пока", "жоқ", "әлі"})
"""Words by which what she wrote freely says that it is not so, or not yet."""
ALWAYS_ASKED = frozenset({Point.VISA})
"""What she cannot say that it does not concern her."""
YES, NO, NOT_FOUND, SILENT = "yes", "no", "not_found", "silent"
"""What a look-up or a question came to."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What she told of a point. `at`: when she last changed it; `told`: texts, lists of texts and yes as True, by the
    names that `NAMES` gives for it."""

    at: datetime
    told: Mapping[str, Any] = field(default_factory=dict)
    not_needed: bool = False

    def text(self, name: str) -> str:
        return str(self.told.get(name) or "")

    def says(self, name: str) -> bool:
        return bool(self.told.get(name))


NAMES: Mapping[Point, tuple[str, ...]] = MappingProxyType(
    {
        Point.LICENCE: ("result", "number", "where", "day"),
        Point.CONTRACT: ("have", "parts"),
        Point.ORIGINAL: ("have",),
        Point.VISA: (),
        Point.EMBASSY: ("answer", "day"),
        Point.LAWYER: ("who", "phone", "day"),
        Point.INSURANCE: (),
        Point.COPIES: ("mine", "holder", "where", "handed"),
        Point.AGREED: ("have", "no_words"),
        Point.NUMBERS: ("rounds",),
        Point.COMPANIONS: ("alone",),
        Point.REGISTER: ("have",),
    }
)
"""What may be told of each point. `where` of the copies is the place, `handed` that they were handed over although
nobody has confirmed it; `rounds` is the drill's, see `core.drill`."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the trip itself says.

    Attributes:
        purpose: None when it was not told.
        agency: whether somebody arranges it.
        own_country: whether she goes where she is a citizen.
        visa_kind: as `wording_facts.VISAS` names it, or her own words; "" when not told.
        free_to_work: whether her passport gives the right to work in every country of the trip, as far as is known.
        lawyer_of_theirs: whether the lawyer's number is that of the agency, the employer or a companion.
        confirmed_at: when the holder of the copies said that she has them.
        learned: whether the numbers have been said by heart often enough.
    """

    purpose: Purpose | None = None
    agency: bool = False
    own_country: bool = False
    visa_kind: str = ""
    free_to_work: bool = False
    insurer: bool = False
    policy: bool = False
    insurer_phone: bool = False
    lawyer_of_theirs: bool = False
    companions: bool = False
    registered: bool = False
    times: bool = False
    question: bool = False
    words: bool = False
    confirmed_at: datetime | None = None
    learned: bool = False

    @property
    def earns(self) -> bool:
        return self.purpose is None or self.purpose in EARNS


@dataclass(frozen=True, slots=True)
class Finding:
    """A point and how it stands; `lacks` is empty unless it is open."""

    point: Point
    state: State
    lacks: tuple[Lack, ...] = ()

    @property
    def warns(self) -> bool:
        return any(lack in WARNINGS for lack in self.lacks)


Answers = Mapping[Point, Answer]


def applies(point: Point, facts: Facts) -> bool:
    """Whether a point has to do with this trip at all."""
    match point:
        case Point.LICENCE:
            return facts.agency
        case Point.CONTRACT | Point.ORIGINAL:
            return facts.earns
        case Point.VISA | Point.EMBASSY | Point.REGISTER:
            return not facts.own_country
        case _:
            return True


def review(answers: Answers, facts: Facts) -> tuple[Finding, ...]:
    """Every point that has to do with this trip, in the order in which it is shown."""
    return tuple(_judge(point, answers.get(point), facts) for point in Point if applies(point, facts))


def says_so(text: str) -> bool:
    """Whether what was written in answer to "yes or no, and where" says yes. In doubt it does not: a point is open."""
    words = re.findall(r"\w+", text.casefold())
    return bool(words) and not any(word in SAYS_NO or word.startswith("жоқ") for word in words)


def open_points(answers: Answers, facts: Facts) -> tuple[Finding, ...]:
    """Those that are open."""
    return tuple(one for one in review(answers, facts) if one.state is State.OPEN)


def as_of(answers: Answers, instant: datetime) -> Answers:
    """What had been told by then: whoever holds her phone later must not make it look as if all had been done."""
    return {point: answer for point, answer in answers.items() if answer.at <= instant}


def _judge(point: Point, answer: Answer | None, facts: Facts) -> Finding:
    if answer is not None and answer.not_needed and point not in ALWAYS_ASKED:
        return Finding(point, State.NOT_NEEDED)
    lacks = tuple(_LACKING[point](answer or _NOTHING, facts))
    return Finding(point, State.OPEN if lacks else State.DONE, lacks)


def _licence(answer: Answer, _facts: Facts) -> Iterator[Lack]:
    """Found in the register, and where and when. A number that looks right proves nothing."""
    result = answer.text("result")
    if not result:
        yield Lack.RESULT
    elif result != YES:
        yield Lack.NOT_LISTED
    elif not (answer.text("where") and answer.text("day")):
        yield Lack.WHERE_LOOKED


def _contract(answer: Answer, _facts: Facts) -> Iterator[Lack]:
    if not answer.says("have"):
        yield Lack.CONTRACT
        return
    parts = frozenset(answer.told.get("parts") or ())
    yield from (part for part in CONTRACT_PARTS if part.value not in parts)


def _original(answer: Answer, _facts: Facts) -> Iterator[Lack]:
    if not answer.says("have"):
        yield Lack.ORIGINAL


def _visa(_answer: Answer, facts: Facts) -> Iterator[Lack]:
    if facts.earns and facts.free_to_work:
        return
    if not facts.visa_kind:
        yield Lack.VISA
    elif facts.earns and facts.visa_kind in NO_WORK_VISAS:
        yield Lack.VISA_GIVES_NO_WORK
    elif facts.earns and facts.visa_kind == "none":
        yield Lack.VISA_FREE_ENTRY


def _embassy(answer: Answer, _facts: Facts) -> Iterator[Lack]:
    said = answer.text("answer")
    if not said or not answer.text("day"):
        yield Lack.NOT_ASKED
    elif said == NO:
        yield Lack.SAID_NO
    elif said != YES:
        yield Lack.NO_ANSWER


def _lawyer(answer: Answer, facts: Facts) -> Iterator[Lack]:
    if facts.lawyer_of_theirs:
        yield Lack.LAWYER_OF_THEIRS
    elif not (answer.text("who") and answer.text("day")):
        yield Lack.NOT_ASKED


def _insurance(_answer: Answer, facts: Facts) -> Iterator[Lack]:
    if not facts.insurer:
        yield Lack.INSURER
        return
    if not facts.policy:
        yield Lack.POLICY
    if not facts.insurer_phone:
        yield Lack.INSURER_PHONE


def _copies(answer: Answer, facts: Facts) -> Iterator[Lack]:
    if not answer.text("mine"):
        yield Lack.OWN_COPIES
    if not answer.text("holder"):
        yield Lack.HOLDER
    elif facts.confirmed_at is None and not answer.says("handed"):
        yield Lack.NOT_CONFIRMED


def _agreed(answer: Answer, facts: Facts) -> Iterator[Lack]:
    if not facts.times:
        yield Lack.TIMES
    if not (answer.says("have") or facts.question):
        yield Lack.QUESTION
    if not (answer.says("no_words") or facts.words):
        yield Lack.WORDS


def _numbers(_answer: Answer, facts: Facts) -> Iterator[Lack]:
    if not facts.learned:
        yield Lack.BY_HEART


def _companions(answer: Answer, facts: Facts) -> Iterator[Lack]:
    if not (facts.companions or answer.says("alone")):
        yield Lack.COMPANIONS


def _register(answer: Answer, facts: Facts) -> Iterator[Lack]:
    if not (facts.registered or answer.says("have")):
        yield Lack.REGISTER


_NOTHING = Answer(datetime.min.replace(tzinfo=UTC))
_LACKING = MappingProxyType(
    {
        Point.LICENCE: _licence,
        Point.CONTRACT: _contract,
        Point.ORIGINAL: _original,
        Point.VISA: _visa,
        Point.EMBASSY: _embassy,
        Point.LAWYER: _lawyer,
        Point.INSURANCE: _insurance,
        Point.COPIES: _copies,
        Point.AGREED: _agreed,
        Point.NUMBERS: _numbers,
        Point.COMPANIONS: _companions,
        Point.REGISTER: _register,
    }
)
