"""How long, and until when: "2h", "на полчаса", "30 минутқа", "until tomorrow 18:00", "18:00-ге дейін"."""

import re
from dataclasses import dataclass
from datetime import time, timedelta

from service.core.vocabulary import PHRASES, known
from service.core.vocabulary.kinds import Kind
from service.core.vocabulary.letters import fold

LONGEST_SPAN = timedelta(days=30)

_UNITS = {
    timedelta(days=1): """
        day days d день дня дней сутки суток кун күн күнге күнгө kun kunga күнү рӯз den dnya dney sutki
    """,
    timedelta(hours=1): """
        hour hours hr hrs h ч час часа часов часик часика chas chasa chasov сағат сағатқа саат саатка
        соат соатга соати soat soatga sagat sagatqa sagatka saat
    """,
    timedelta(minutes=1): """
        minute minutes min mins m мин минут минуты минуту минутку минутқа минутка мүнөт мүнөткө
        minut minuty minutu minutga daqiqa daqiqaga дақиқа дақиқага
    """,
}
_UNIT = {fold(word): unit for unit, words in _UNITS.items() for word in words.split()}
_SPELLED = {
    0.5: "half пол половина половину жарты жарым ярим yarim ним",
    1: "a an one один одна одну бір бир bir як",
    1.5: "полтора полторы",
    2: "two два две dva екі эки ikki икки ду couple пару",
    3: "three три tri үш үч uch уч се",
    4: "four четыре төрт tort to'rt тўрт чор",
    5: "five пять бес беш besh панҷ",
    6: "six шесть алты olti олти шаш",
    7: "seven семь жеті жети yetti етти",
    8: "eight восемь сегіз сегиз sakkiz саккиз ҳашт",
    9: "nine девять тоғыз тогуз toqqiz тўққиз",
    10: "ten десять он o'n ўн даҳ",
    12: "twelve двенадцать",
    15: "fifteen пятнадцать",
    20: "twenty двадцать жиырма жыйырма yigirma бист",
    30: "thirty тридцать отыз отуз o'ttiz ўттиз си",
    40: "forty сорок қырық кырк qirq чил",
}
_NUMBER = {fold(word): number for number, words in _SPELLED.items() for word in words.split()}
_WHOLE = dict.fromkeys(("полчаса", "получаса", "полчасика", "polchasa"), timedelta(minutes=30))
_FILLERS = frozenset(
    "for by about approx around another and of the на где то и еще примерно около приблизительно".split()  # noqa: SIM905
)
_PIECES = re.compile(r"\d{1,4}(?:[.,]\d{1,2})?|[^\W\d_]+")

_TURNED = re.compile(r"\b(минут|часа|часов|дня|дней) на (\w+)")  # "минут на 40"

_TOMORROW = r"(?:tomorrow|завтра|zavtra|ертен(?:ге)?|ертага(?:ча)?|ertaga(?:cha)?|пагох|фардо)"
_CLOCK = (
    r"(?P<hour>\d{1,2})(?:[:.]?(?P<minute>\d{2}))?"
    r"(?: ?(?P<half>[ap])\.?m\.?| (?:часов |часа )?(?P<part>утра|дня|вечера|ночи)| часов)?"
)
_UNTIL = re.compile(
    rf"(?P<till>(?:until|untill|till|til|to|до|do) )?(?P<tomorrow>{_TOMORROW})?,?"
    rf"(?: ?(?:at|в|до|сагат|саат|соат|soat) ?)? ?(?:{_CLOCK})?"
    r"(?P<suffix>[ -]?(?:ге|га|ке|ка|го|ко|gacha|гача|ga|ka|qa)?(?: ?(?:дейин|чейин|dejin|deyin|qadar|кадар))?)"
)


@dataclass(frozen=True, slots=True)
class PauseUntil:
    """A moment as she wrote it: a wall clock in her zone, tomorrow or not; resolved where her zone is known.

    `clock` None means tomorrow at this time of day.
    """

    clock: time | None
    tomorrow: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """PAUSE or LATE with its length, its end, or neither."""

    kind: Kind
    span: timedelta | None = None
    until: PauseUntil | None = None


def order(text: str) -> Order | None:
    """What a folded message orders when it is a PAUSE or LATE phrase and at most one length or end; else None."""
    words = [word for raw in text.split() if (word := raw.strip(",.!;()"))]
    words = _without(words, Kind.PLEASE)
    for size in range(min(len(words), 6), 0, -1):
        for phrase, rest in ((words[:size], words[size:]), (words[-size:], words[:-size])):
            kinds = PHRASES.get(tuple(known(word) for word in phrase), frozenset())
            for kind in kinds & {Kind.PAUSE, Kind.LATE}:
                if found := _order(kind, rest):
                    return found
    return None


def _without(words: list[str], kind: Kind) -> list[str]:
    while words and kind in PHRASES.get((known(words[0]),), ()):
        words = words[1:]
    while words and kind in PHRASES.get((known(words[-1]),), ()):
        words = words[:-1]
    return words


def _order(kind: Kind, rest: list[str]) -> Order | None:
    while rest and rest[0] in _SUBJECTS:
        rest = rest[1:]
    if not rest:
        return Order(kind)
    said = " ".join(rest)
    if span := _span(said):
        return Order(kind, span=span)
    until = _until(said)
    return Order(kind, until=until) if until else None


_SUBJECTS = frozenset(("i", "ill", "will", "be", "am", "im", "running", "мен", "me", "men", "я"))


def _span(said: str) -> timedelta | None:
    """The length that the words add up to; None for anything else, nothing, or more than `LONGEST_SPAN`."""
    total, number = timedelta(), None
    previous: timedelta | None = None
    if not re.fullmatch(r"[\w\s.,]+", said):
        return None
    for piece in _PIECES.findall(_TURNED.sub(r"\2 \1", said)):
        if piece in _FILLERS:
            continue
        if piece[0].isdigit():
            if number is not None:
                return None
            number = float(piece.replace(",", "."))
        elif piece in _UNIT:
            total += (1.0 if number is None else number) * _UNIT[piece]
            number, previous = None, _UNIT[piece]
        elif piece in _WHOLE:
            total += _WHOLE[piece]
        elif piece in _NUMBER:
            number = _NUMBER[piece] * (1.0 if number is None or _NUMBER[piece] < 1 else number)
        else:
            return None
    if number is not None:
        if previous != timedelta(hours=1) or number >= 60:
            return None
        total += number * timedelta(minutes=1)
    return total if timedelta() < total <= LONGEST_SPAN else None


def _until(said: str) -> PauseUntil | None:
    found = _UNTIL.fullmatch(said)
    if not found:
        return None
    tomorrow = found["tomorrow"] is not None
    if found["hour"] is None:
        return PauseUntil(None, tomorrow=True) if tomorrow else None
    named = found["till"] or tomorrow or found["suffix"].strip(" -") or found["half"] or found["part"]
    if not named and not re.search(r"[:.]", said):
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if (found["half"] == "p" or found["part"] in ("вечера", "дня")) and hour < 12:
        hour += 12
    elif (found["half"] == "a" or found["part"] == "ночи") and hour == 12:
        hour = 0
    return PauseUntil(time(hour, minute), tomorrow) if hour < 24 and minute < 60 else None
