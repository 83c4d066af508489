"""The lines of the sheet on paper: a title, a field with its value, a field without one, an entry of the log. Each says
itself in two languages, and knows its height before it is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

from service.core.sheet import State
from service.core.wording_text import N_
from service.texts import translator
from service.usecases.hand_out import ENGLISH
from service.web.alarm_story import Entry
from service.web.paper import A4, SOFT, TEAL, Box, Font, Paper

MARGIN, GAP = 11.0, 6.0
WIDE = A4[0] - 2 * MARGIN
COLUMN = (WIDE - GAP) / 2
LABEL, WIDE_LABEL = 33.0, 56.0
"""Of what is known, and of what is not: there the label takes the room of the value."""
UTC, TOLD = 28.0, 44.0
"""Where the columns of the log begin."""
LABELS, BELOW = Font(size=6.5, color=SOFT), Font(size=5.9, color=SOFT)
VALUE, UNKNOWN = Font(size=7.4), Font(size=6.5, color=SOFT)
TITLE, TITLE_BELOW = Font("serif", "B", 8.8, TEAL), Font(size=6.6, color=SOFT)


@dataclass(frozen=True, slots=True)
class Both:
    """A text in both languages."""

    local: str
    english: str

    @property
    def once(self) -> str:
        """Said once where it is the same."""
        return self.local if self.local == self.english else f"{self.local} / {self.english}"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the sheet by the name of its field."""

    name: str
    label: Both
    text: Both
    state: State


def large(text: Both) -> Both:
    """With a large letter first, as a heading."""
    return Both(text.local[:1].upper() + text.local[1:], text.english[:1].upper() + text.english[1:])


class Lines:
    """Makes lines in a language and in English."""

    def __init__(self, pdf: Paper, language: str) -> None:
        self._pdf = pdf
        self._local, self._english = translator(language), translator(ENGLISH)

    def say(self, text: str) -> Both:
        """An English text of ours in both languages."""
        return Both(self._local(text), self._english(text))

    def title(self, number: int, title: Both, scale: float, width: float = COLUMN) -> Box:
        pdf, font, below = self._pdf, TITLE.sized(scale), TITLE_BELOW.sized(scale)

        def draw(x: float, y: float) -> None:
            said = f"{number}  {title.local}"
            pdf.put(said, font, x, y + 1.6)
            pdf.use(font)
            pdf.put(title.english, below, x + pdf.get_string_width(said) + 2, y + 2.4)
            pdf.rule(x, y + 2 + font.line, width)

        return Box(font.line + 2.9, draw)

    def note(self, text: str, scale: float) -> Box:
        font = UNKNOWN.sized(scale)
        said = self._pdf.fitted(self.say(text).once, font, COLUMN)
        return Box(font.line + 0.8, lambda x, y: self._pdf.put(said, font, x, y))

    def row(self, line: Line, scale: float, most: int, *, to_tick: bool) -> Box:
        """Its label in both languages at the left, its value beside it."""
        if line.state is not State.KNOWN:
            return self._blank(line, scale, to_tick=to_tick)
        pdf = self._pdf
        over, under = LABELS.sized(scale), BELOW.sized(scale)
        font = VALUE.sized(scale)
        said = pdf.lines(line.label.local, over, LABEL, 2)
        also = pdf.lines(line.label.english, under, LABEL, 2) if line.label.local != line.label.english else []
        values = pdf.lines(line.text.once, font, COLUMN - LABEL - 2, most)

        def draw(x: float, y: float) -> None:
            pdf.put_lines(also, under, x, pdf.put_lines(said, over, x, y))
            pdf.put_lines(values, font, x + LABEL + 2, y)

        left = len(said) * over.line + len(also) * under.line
        return Box(max(left, len(values) * font.line) + 0.7 * scale, draw)

    def _blank(self, line: Line, scale: float, *, to_tick: bool) -> Box:
        """A line about which nothing is said: as low as it can be, with room for a tick where that is an answer."""
        pdf, font, over = self._pdf, UNKNOWN.sized(scale), UNKNOWN.sized(scale * 0.96)
        text, beside = line.text.once, COLUMN - WIDE_LABEL - 2
        if line.state is State.WITHHELD:
            beside = COLUMN * 0.53
        elif to_tick:
            yes, no = self.say(N_("yes")).once, self.say(N_("no")).once
            text, beside, font = f"□ {yes} □ {no} □ {text}", COLUMN * 0.53, UNKNOWN.sized(scale * 0.88)
        values = pdf.lines(text, font, beside, 3)
        said = pdf.lines(line.label.once, over, COLUMN - beside - 2, 3)

        def draw(x: float, y: float) -> None:
            pdf.put_lines(said, over, x, y)
            pdf.put_lines(values, font, x + COLUMN - beside, y)

        height = max(len(said) * over.line, len(values) * font.line)
        return Box(height + 0.9 * scale, draw)

    def entry(self, entry: Entry, text: Both) -> Box:
        pdf, room = self._pdf, COLUMN - TOLD
        said = pdf.fitted(text.local, VALUE, room)
        also = pdf.fitted(text.english, BELOW, room) if text.english != text.local else ""

        def draw(x: float, y: float) -> None:
            pdf.put(entry.local, LABELS, x, y + 0.2)
            pdf.put(entry.utc, LABELS, x + UTC, y + 0.2)
            pdf.put(said, VALUE, x + TOLD, y)
            pdf.put(also, BELOW, x + TOLD, y + VALUE.line - 0.2)

        return Box(VALUE.line + (BELOW.line if also else 0) + 0.6, draw)
