"""What is said in a call, in Twilio's own language (TwiML). Source: twilio.com/docs/voice/twiml."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from notifiers.base import Utterance

MOST = 4000
"""Characters of TwiML that may come with a call."""
KEY = "7"
"""Pressed before every answer: a voicemail and whoever screens calls press 1, or nothing."""
KEYS = 2
"""How many keys an answer has."""
PRESS_SECONDS = 8
PRESS_SECONDS_AT_LAST = 15

_VOICES = {
    "ar": 'language="ar-AE"',
    "de": 'language="de-DE"',
    "en": 'language="en-GB" voice="Polly.Amy"',
    "ko": 'language="ko-KR"',
    "pl": 'language="pl-PL"',
    "ru": 'language="ru-RU" voice="Polly.Tatyana"',
    "tr": 'language="tr-TR"',
    "uk": 'language="uk-UA"',
}
"""Of the 69 languages that Twilio speaks those that we may need; where no voice is named it takes its usual one."""
_IN_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
# XML cannot hold these, however they are written.
_UNSPEAKABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Way = Sequence[Utterance]


def call(ways: Sequence[Way], rounds: int, action: str | None) -> str:
    """What is said in a call: `rounds` times, each time the next of the `ways`, then it hangs up.

    With an `action` keys may be pressed at any moment; each round waits for them a while. What is longer than Twilio
    takes is said fewer times, then by the last way alone, and at last cut, never its end: there the keys are explained.
    """
    for count in range(rounds, 1, -1):
        written = _rounds(ways, count, action)
        if len(written) <= MOST:
            return written
    # It is whole, and needs the provider's voice alone: what is fetched gets no shorter by words.
    words = list(ways[-1])
    written = _rounds([words], 1, action)
    while len(written) > MOST and any(one.text for one in words):
        longest = max(words, key=lambda one: len(one.text))
        cut = longest.text[max(1, (len(written) - MOST) // 4) :]
        words[words.index(longest)] = Utterance(cut, longest.language, longest.audio)
        written = _rounds([words], 1, action)
    return written


def answer(said: Way, *, action: str | None = None) -> str:
    """The answer to a key: said once; with an `action` the next key is waited for, else it hangs up."""
    words = _said(said)
    return _response(_gather(words, action, PRESS_SECONDS_AT_LAST) if action else words, "<Hangup/>")


def wait(said: Way, then: str) -> str:
    """Say it, and ask again at the address `then`."""
    return _response(_said(said), '<Pause length="2"/>', f'<Redirect method="POST">{_text(then)}</Redirect>')


def reject() -> str:
    """Do not pick up: nobody pays for the call."""
    return _response('<Reject reason="busy"/>')


def _rounds(ways: Sequence[Way], count: int, action: str | None) -> str:
    parts = []
    for number in range(count):
        words = _said(ways[number % len(ways)])
        seconds = PRESS_SECONDS_AT_LAST if number == count - 1 else PRESS_SECONDS
        parts.append(_gather(words, action, seconds) if action else words + '<Pause length="2"/>')
    return _response('<Pause length="1"/>', *parts, "<Hangup/>")


def _gather(words: str, action: str, seconds: int) -> str:
    """Nothing is posted when no key was pressed: then what follows is said, with or without us."""
    attributes = f'input="dtmf" numDigits="{KEYS}" timeout="{seconds}" action="{_text(action)}" method="POST"'
    return f"<Gather {attributes}>{words}</Gather>"


def _said(way: Way) -> str:
    return "".join(_utterance(one) for one in way)


def _utterance(one: Utterance) -> str:
    if one.audio:
        return f"<Play>{_text(one.audio)}</Play>"
    return f"<Say {_voice(one)}>{_text(one.text)}</Say>"


def _voice(one: Utterance) -> str:
    """The voice for a language; for one that has none, that of Russian if it is written like it, else English."""
    primary = one.language.replace("_", "-").split("-")[0].lower()
    return _VOICES.get(primary) or _VOICES["ru" if _IN_CYRILLIC.search(one.text) else "en"]


def _response(*parts: str) -> str:
    return f"<Response>{''.join(parts)}</Response>"


def _text(text: str) -> str:
    return escape(_UNSPEAKABLE.sub("", text))
