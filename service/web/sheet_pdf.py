"""The fact sheet on two pages, in a language of those who look for her and in English: each label in both, each value
once unless it is ours to say. What does not fit is cut and said to be: a third page would be lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from service.core.alarm import AlarmKind
from service.core.sheet import Section, State
from service.core.sheet_fields import SIGNS
from service.core.wording_text import N_
from service.texts import translator
from service.usecases.hand_out import ENGLISH, Paper
from service.usecases.show_alarm import AlarmPage
from service.web.alarm_story import log
from service.web.paper import A4, EDGE, SOFT, Box, Color, Font, columns, stack
from service.web.paper import Paper as Sheets
from service.web.sheet_lines import BELOW, COLUMN, GAP, LABELS, MARGIN, TOLD, UTC, WIDE, Both, Line, Lines, large

FOOT = A4[1] - 13.0
"""Where the last line of a page ends, above the page's number."""
TRIES = ((1.0, 9), (1.0, 6), (1.0, 4), (1.0, 3), (0.94, 3), (0.88, 3), (0.88, 2), (0.82, 2), (0.82, 1), (0.7, 1))
"""How large the letters are, and how many lines a value may have: the first that fits a page."""
ROOM_FOR_LOG = 62.0
TO_WRITE_ON = 3
"""Empty lines under the log, for a pen: so many at least."""
PEN = 6.5
WASHES: dict[AlarmKind, tuple[Color, Color]] = {
    AlarmKind.UNPROVEN: ((122, 81, 0), (253, 239, 207)),
    AlarmKind.MISSED: ((154, 42, 28), (251, 229, 221)),
    AlarmKind.SOS: ((154, 42, 28), (251, 229, 221)),
    AlarmKind.DURESS: ((102, 41, 95), (244, 228, 241)),
}


def write_sheet(paper: Paper, language: str) -> bytes:
    """The document: two A4 pages, whatever is known.

    Args:
        paper: the same copy in `language` and in English.
    """
    return _Writer(paper, language).write()


class _Writer:
    def __init__(self, paper: Paper, language: str) -> None:
        self._pdf = Sheets()
        self._paper = paper
        self._set = Lines(self._pdf, language)
        self._tongues = (translator(language), translator(ENGLISH))
        self._lines = {
            here.number: (Both(here.title, there.title), _pairs(here, there))
            for here, there in zip(_sections(paper.local), _sections(paper.english), strict=True)
        }
        entries = zip(log(paper.local, self._tongues[0]), log(paper.english, self._tongues[1]), strict=True)
        self._log = [(here, Both(here.text, there.text)) for here, there in entries]

    def write(self) -> bytes:
        self._first_page()
        self._second_page()
        return self._pdf.finished()

    # --- pages

    def _first_page(self) -> None:
        self._pdf.add_page()
        top = self._head()
        self._two_columns(range(2, 10), top, FOOT)
        self._foot(1)

    def _second_page(self) -> None:
        pdf = self._pdf
        pdf.add_page()
        name = pdf.fitted(self._value("name"), Font("serif", "B", 11), 120)
        pdf.put(name, Font("serif", "B", 11), MARGIN, 10)
        pdf.put(self._number(), LABELS, A4[0] - MARGIN, 11, right=True)
        pdf.rule(MARGIN, 16.5, WIDE, EDGE)
        last = self._last_boxes()
        below = sum(box.height for box in last)
        y = self._two_columns(range(10, 14), 18.5, FOOT - below - ROOM_FOR_LOG)
        y = self._table(y + 2, FOOT - below)
        stack(last, MARGIN, max(y, FOOT - below))
        self._foot(2)

    def _head(self) -> float:
        """Whom it is about, and what has happened; where the rest begins."""
        pdf, english = self._pdf, self._paper.english
        pdf.put(pdf.fitted(self._value("name"), Font("serif", "B", 17), 118), Font("serif", "B", 17), MARGIN, 10)
        top = 19.5
        if latin := self._value("latin_name"):
            font = Font("serif", "B", 10, SOFT)
            pdf.put(pdf.fitted(latin, font, 118), font, MARGIN, 18.2)
            top = 24.0
        pdf.put(self._number(), LABELS, A4[0] - MARGIN, 12, right=True)
        dark, wash = WASHES[english.kind]
        boxes = self._rows(1, 1.0, 3, skip=("signal", "calls"))
        left, right = columns(boxes, 99) or (boxes, [])
        signal, calls = Font(style="B", size=10.5, color=dark), Font(style="B", size=7.8)
        said = pdf.lines(large(self._text(1, "signal")).once, signal, WIDE - 10, 2)
        told = pdf.lines(self._text(1, "calls").once, calls, WIDE - 10, 3)
        heights = max(sum(box.height for box in left), sum(box.height for box in right))
        height = 3 + len(said) * signal.line + len(told) * calls.line + 1.5 + heights + 1
        pdf.set_fill_color(*wash)
        pdf.rect(MARGIN, top, WIDE, height, style="F")
        pdf.set_fill_color(*dark)
        pdf.rect(MARGIN, top, 1.4, height, style="F")
        y = pdf.put_lines(said, signal, MARGIN + 4, top + 2)
        y = pdf.put_lines(told, calls, MARGIN + 4, y + 0.4)
        stack(left, MARGIN + 4, y + 1)
        stack(right, MARGIN + 4 + COLUMN, y + 1)
        return top + height + 2.5

    def _foot(self, number: int) -> None:
        pdf = self._pdf
        texts = [self._set.say(N_("“Not known” means that nobody wrote it.")).once]
        if pdf.was_cut:
            texts.append(self._set.say(N_("… Shortened to fit: the page has all of it.")).once)
        pdf.rule(MARGIN, FOOT + 1.6, WIDE)
        pdf.put_lines([pdf.fitted(text, BELOW, WIDE - 12) for text in texts], BELOW, MARGIN, FOOT + 2.6)
        pdf.put(f"{number}/2", LABELS, A4[0] - MARGIN, FOOT + 2.5, right=True)

    def _number(self) -> str:
        return f"{self._set.say('Sheet').once} {self._value('number')}"

    # --- sections

    def _two_columns(self, numbers: Iterable[int], top: float, bottom: float) -> float:
        """Sections in two columns between two heights; where they end."""
        numbers = tuple(numbers)
        for scale, most in TRIES:
            with self._pdf.measuring():
                boxes = [box for number in numbers for box in self._section(number, scale, most)]
                found = columns(boxes, bottom - top)
            if found is not None:
                break
        boxes = [box for number in numbers for box in self._section(number, scale, most)]
        left, right = columns(boxes, 999) or (boxes, [])
        return max(stack(left, MARGIN, top), stack(right, MARGIN + COLUMN + GAP, top))

    def _section(self, number: int, scale: float, most: int) -> list[Box]:
        """A section's boxes; its title stays with its first line."""
        title, lines = self._lines[number]
        if all(line.state is State.WITHHELD for line in lines):
            rows = [self._set.note(N_("Not in this copy."), scale)]
        else:
            rows = self._rows(number, scale, most)
        head = self._set.title(number, title, scale)
        first = Box(head.height + rows[0].height, lambda x, y: _one_below(head, rows[0], x, y))
        return [first, *rows[1:]]

    def _rows(self, number: int, scale: float, most: int, skip: Sequence[str] = ()) -> list[Box]:
        return [
            self._set.row(line, scale, most, to_tick=line.name in SIGNS)
            for line in self._lines[number][1]
            if line.name not in skip
        ]

    def _table(self, top: float, bottom: float) -> float:
        """Section 14: the log, the newest part of it that fits, and lines for a pen; where it ends."""
        pdf = self._pdf
        title, lines = self._lines[14]
        head = self._set.title(14, title, 1.0, WIDE)
        y = stack([head], MARGIN, top)
        heads = BELOW.sized(0.92)
        for x in (MARGIN, MARGIN + COLUMN + GAP):
            pdf.put(pdf.fitted(self._set.say(N_("Local time")).once, heads, UTC - 1), heads, x, y)
            pdf.put("UTC", heads, x + UTC, y)
            pdf.put(self._set.say(N_("What")).once, heads, x + TOLD, y)
        y += BELOW.line + 0.8
        officer = self._set.row(lines[0], 1.0, 1, to_tick=False)
        room = bottom - y - TO_WRITE_ON * PEN - officer.height - BELOW.line - 2
        shown = self._newest(room)
        if len(shown) < len(self._log):
            pdf.was_cut = True
            pdf.put(self._set.say(N_("… earlier: see the page")).once, BELOW, MARGIN, y)
            y += BELOW.line
        left, right = columns(shown, room) or (shown, [])
        y = max(stack(left, MARGIN, y), stack(right, MARGIN + COLUMN + GAP, y)) + 1
        y = stack([officer], MARGIN, y)
        while y + PEN <= bottom:
            y += PEN
            pdf.rule(MARGIN, y - 0.5, WIDE, EDGE)
        return y

    def _newest(self, room: float) -> list[Box]:
        """The newest entries that two columns of this height take, oldest first."""
        shown: list[Box] = []
        for entry, text in reversed(self._log):
            more = [self._set.entry(entry, text), *shown]
            if columns(more, room) is None:
                break
            shown = more
        return shown

    def _last_boxes(self) -> list[Box]:
        """Section 15, and what whoever reads this must know."""
        pdf = self._pdf
        title, _lines = self._lines[15]
        rows = self._rows(15, 1.0, 6)
        left, right = columns(rows, 99) or (rows, [])
        height = max(sum(box.height for box in left), sum(box.height for box in right))

        def consent(x: float, y: float) -> None:
            stack(left, x, y)
            stack(right, x + COLUMN + GAP, y)

        dark, wash = WASHES[self._paper.english.kind]
        font = Font(style="B", size=7.2, color=dark)
        told = [line for text in self._warnings() for line in pdf.lines(text, font, WIDE - 6, 3)]

        def warning(x: float, y: float) -> None:
            pdf.set_fill_color(*wash)
            pdf.rect(x, y + 1, WIDE, len(told) * font.line + 2.4, style="F")
            pdf.put_lines(told, font, x + 3, y + 2.2)

        return [
            self._set.title(15, title, 1.0, WIDE),
            Box(height + 1, consent),
            Box(len(told) * font.line + 4, warning),
        ]

    def _warnings(self) -> list[str]:
        name = self._value("name")
        texts = [
            N_("For whoever reads this: do not warn the employer, the agency or the recruiter."),
            N_("When {name} is found, ask {name} first what may be told to whom."),
        ]
        return [" ".join(say(text) for text in texts).format(name=name) for say in self._tongues]

    # --- values

    def _text(self, number: int, name: str) -> Both:
        return next(line.text for line in self._lines[number][1] if line.name == name)

    def _value(self, name: str) -> str:
        """A text that is the same in both languages; "" when it is not known."""
        lines = (line for _title, lines in self._lines.values() for line in lines)
        return next((line.text.local for line in lines if line.name == name and line.state is State.KNOWN), "")


def _sections(page: AlarmPage) -> tuple[Section, ...]:
    return page.sheet.facts.sections if page.sheet is not None else ()


def _pairs(here: Section, there: Section) -> tuple[Line, ...]:
    return tuple(
        Line(one.name, Both(one.label, other.label), Both(one.text, other.text), one.state)
        for one, other in zip(here.rows, there.rows, strict=True)
    )


def _one_below(first: Box, second: Box, x: float, y: float) -> None:
    stack((first, second), x, y)
