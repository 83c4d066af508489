"""What an inbound text means: the whole message is on a closed list, or it is ambiguous.

A missed OK costs one more reminder, a false one may cost a life. So nothing is guessed, nothing is searched
for inside a longer text, and a question mark never makes a check-in. Only a cry for help is heard more widely.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from service.core.vocabulary import elsewhere, shape, spans
from service.core.vocabulary.kinds import Kind
from service.core.vocabulary.letters import fold, latin_as_cyrillic, other_layouts
from service.core.vocabulary.spans import PauseUntil

__all__ = ["Meaning", "PauseUntil", "Reading", "normalize_message", "peeled", "read", "understood"]


class Meaning(StrEnum):
    """What a text does."""

    CHECK_IN = "check_in"
    SOS = "sos"
    STOP = "stop"
    START = "start"
    PAUSE = "pause"
    LATE = "late"
    HOME = "home"
    STATUS = "status"
    DIGIT = "digit"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Reading:
    """One text, understood."""

    meaning: Meaning
    digit: int | None = None
    """1 to 4, of a DIGIT."""
    code: str | None = None
    """The code of the alarm that the text names; with DIGIT, or alone in an AMBIGUOUS text."""
    distress: bool = False
    """An AMBIGUOUS text that holds a word of distress."""
    span: timedelta | None = None
    """How long, of PAUSE and LATE."""
    until: PauseUntil | None = None
    """Until when, of PAUSE and LATE."""
    pin: str | None = None
    """The four digits that followed the message."""


_SHAPES = {
    shape.Shape.WELL: Meaning.CHECK_IN,
    shape.Shape.HOME: Meaning.HOME,
    shape.Shape.STOP: Meaning.STOP,
    shape.Shape.START: Meaning.START,
    shape.Shape.STATUS: Meaning.STATUS,
    shape.Shape.SOS: Meaning.SOS,
}
_DESPITE_QUESTION = (Meaning.SOS, Meaning.STATUS)
# When a text could be two things, the one that costs most to overlook.
_FIRST = (Meaning.SOS, Meaning.STOP, Meaning.STATUS, Meaning.START, Meaning.HOME, Meaning.CHECK_IN)

_LONGEST = 1600  # characters of the longest text that a carrier joins
_SCHEME = r"(?:https?://)?(?:www\.)?"
_END = r"[^\s?!.,;:)\]»”\"']"
_MAP = re.compile(
    rf"[\s(]{{1,3}}(?:{_SCHEME}(?:maps\.google\.[a-z.]+|(?:[a-z]+\.)?google\.[a-z.]+/maps|goo\.gl/maps|maps\.app\.goo\.gl|"
    rf"maps\.apple\.com|(?:[a-z]+\.)?2gis\.[a-z]+|(?:maps\.)?yandex\.[a-z]+(?=/maps|/\S*maps)|openstreetmap\.org|"
    rf"osm\.org|(?:ul\.)?waze\.com|share\.here\.com)(?:[/?#]\S*)?{_END}|geo:-?[0-9.]+,-?[0-9.]+|"
    rf"-?\d{{1,3}}\.\d{{3,}}[,;]?\s*-?\d{{1,3}}\.\d{{3,}})\)?[.!]*$"
)
_MAP_LABEL = re.compile(
    r"[\s,.!]+(?:(?:i am|im|i m) here|my location(?: is)?|location|here i am|"
    r"я здесь|я тут|тут|где я|(?:моя )?геопозиция|геолокация|мое местоположение|мое место|(?:моя )?локация|"
    r"мен осындамын|менин орным|мен ушул жерде|манзилим)\s*:?$"
)
_URL = re.compile(r"(?:https?://|www\.)\S*[^\s?؟？]|\b[a-z0-9.-]+\.[a-z]{2,}/\S*[^\s?؟？]", re.IGNORECASE)
_PIN = re.compile(r"(?<![\d.:/+-])(?<!\d,)[\s(#]{0,3}(?<!\d)(\d{4})[)\s.!]*$")
_SIGNATURE = re.compile(rf"\n(?:-+\s*\n)?{elsewhere.SIGNATURE}$|\n-{{2,}}$")
_QUOTES = '"«»“”„‟*_~ '
_DIGIT = re.compile(r"\(?([1-4])[.)!]*")
_CODE = re.compile(
    r"(?:#?(?P<code>[a-z2-9]{4})(?:[\s.,:-]+(?P<after>[1-4]))?|"
    r"(?P<before>[1-4])[\s.,:-]+#?(?P<last>[a-z2-9]{4}))[.)!]*"
)
_CODE_LETTERS = re.compile(r"(?=.*[a-z])(?=.*\d)[a-hjkmnp-z2-9]{4}")
_LOOK_ALIKES = str.maketrans("авекмнорстух", "abekmhopctyx")


def read(text: str) -> Reading:
    """The meaning of a text. Total: any string has one, and nothing is raised."""
    if len(text) > _LONGEST:
        beginning = read(text[:_LONGEST])
        sos = beginning.meaning is Meaning.SOS
        return beginning if sos else Reading(Meaning.AMBIGUOUS, distress=beginning.distress)
    message = normalize_message(text)
    asks = _asks(text)
    if numbered := _numbered(message, asks):
        return numbered
    body, pin = peeled(message)
    for candidate in dict.fromkeys((message, body)):
        if ordered := spans.order(candidate):
            if asks:
                break
            meaning = Meaning.PAUSE if ordered.kind is Kind.PAUSE else Meaning.LATE
            return Reading(meaning, span=ordered.span, until=ordered.until, pin=pin if candidate != message else None)
    # What a link, a signature or a number may hide counts as well.
    everything = shape.tokens(fold(text))
    distress = shape.holds_distress(everything)
    for written in _spellings(body, text):
        found = _meaning(written, asks)
        if found is Meaning.SOS or (found is not None and not distress):
            return Reading(found, pin=pin)
    if shape.calls_for_help(shape.tokens(message)):
        return Reading(Meaning.SOS, pin=pin)
    return Reading(Meaning.AMBIGUOUS, distress=distress, pin=pin)


_TAKEN_FOR = {"STOP": Meaning.STOP, "START": Meaning.START, "HELP": Meaning.SOS}


def understood(text: str, taken_for: str | None = None) -> Reading:
    """The meaning of a text that its provider took for STOP, START or HELP, by words that it knows and we may not.

    What we understand ourselves stands, but for what a STOP would end: the provider carries nothing more to her. A word
    for HELP counts as distress.
    """
    reading = read(text)
    meaning = _TAKEN_FOR.get(taken_for or "")
    if meaning is None or reading.meaning is Meaning.SOS:
        return reading
    if meaning is Meaning.STOP or reading.meaning is Meaning.AMBIGUOUS:
        return Reading(meaning, distress=reading.distress)
    return reading


def normalize_message(text: str) -> str:
    """The text folded, without a phone's own signature and the quotes around it. Doing it twice changes nothing."""
    for _ in range(8):
        before = text
        text = _SIGNATURE.sub("", fold(text)).strip(_QUOTES).strip()
        if text.startswith("(") and text.endswith(")") and text.count("(") == 1:
            text = text[1:].rstrip(")")
        text = re.sub(r"^/(?=[a-z]+$)", "", text)
        if text == before:
            break
    return text


def peeled(message: str) -> tuple[str, str | None]:
    """A normalized message without one trailing map link or one trailing 4-digit number, and that number.

    What would leave nothing is not taken off.
    """
    if (link := _MAP.search(message)) and (body := message[: link.start()].strip()):
        return _MAP_LABEL.sub("", body).strip() or body, None
    if (pin := _PIN.search(message)) and (body := message[: pin.start()].strip(" \n,.;:")):
        return body, pin[1]
    return message, None


def _asks(text: str) -> bool:
    """Whether a question mark of any script stands outside a link."""
    outside = _URL.sub(" ", unicodedata.normalize("NFKC", text.replace("\u037e", "?")))
    return any(char in elsewhere.ASKING for char in outside)


def _numbered(message: str, asks: bool) -> Reading | None:
    """A lone digit, or an alarm's code with or without one."""
    if asks:
        return None
    body, pin = peeled(message)
    for candidate in (message, body):
        if lone := _DIGIT.fullmatch(candidate):
            return Reading(Meaning.DIGIT, digit=int(lone[1]), pin=pin)
    found = _CODE.fullmatch(message.translate(_LOOK_ALIKES))
    if not found:
        return None
    code, digit = found["code"] or found["last"], found["after"] or found["before"]
    if not _CODE_LETTERS.fullmatch(code):
        return None
    if digit:
        return Reading(Meaning.DIGIT, digit=int(digit), code=code.upper())
    return Reading(Meaning.AMBIGUOUS, code=code.upper())


def _spellings(body: str, text: str) -> list[str]:
    """The message as written, as its Latin capitals look in Cyrillic, and as the other layout's keys write it."""
    found = [body]
    if (cyrillic := latin_as_cyrillic(body)) != body:
        found.append(cyrillic)
    raw = unicodedata.normalize("NFKC", text).casefold().strip()
    for typed in (raw, raw.rstrip(".!) "), body):
        found += [fold(other) for other in other_layouts(typed) if not _asks(other)]
    return list(dict.fromkeys(found))


def _meaning(written: str, asks: bool) -> Meaning | None:
    said = re.sub(r"[?!.\s]+$", "", written) if asks else written
    found = {_SHAPES[each] for each in shape.shapes(shape.tokens(said))}
    return next((each for each in _FIRST if each in found and (not asks or each in _DESPITE_QUESTION)), None)
