"""Paper: a PDF without anything hidden in it, and text that is measured before it is set.

Only who prints imports this module: the library behind it is large, and most processes never print.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fpdf import FPDF
from fpdf.output import OutputProducer

from service.core.wording_text import graphemes, tidy

FONTS = Path(__file__).parent / "fonts"
A4 = (210.0, 297.0)
MM_A_POINT = 25.4 / 72
LEADING = 1.24
"""Height of a line over the size of its letters."""
STANDS_FOR = "□"
"""In place of a letter that our fonts do not have."""
CUT = "…"

Color = tuple[int, int, int]
INK: Color = (30, 42, 41)
SOFT: Color = (86, 96, 92)
TEAL: Color = (14, 90, 86)
EDGE: Color = (190, 180, 160)
LINE: Color = (221, 211, 193)


@dataclass(frozen=True, slots=True)
class Font:
    """`family` is sans or serif, `style` "" or "B", `size` in points."""

    family: str = "sans"
    style: str = ""
    size: float = 7.4
    color: Color = INK

    @property
    def line(self) -> float:
        """Height of one line in mm."""
        return self.size * MM_A_POINT * LEADING

    def sized(self, by: float) -> Font:
        """The same letters, larger or smaller."""
        return Font(self.family, self.style, self.size * by, self.color)


@dataclass(frozen=True, slots=True)
class Box:
    """Something of a known height in mm that draws itself at a place (x, y in mm from the top left)."""

    height: float
    draw: Callable[[float, float], None]


class _Bare(OutputProducer):
    """Writes no information about the document: no dates, no program, no title."""

    def _add_info(self) -> Any:
        return None


class Paper(FPDF):
    """A4 sheets with our letters. Nothing flows by itself: who draws says where."""

    def __init__(self) -> None:
        super().__init__(format="A4")
        self.set_auto_page_break(False)
        self.set_margin(0)
        self.c_margin = 0
        for family, style, name in (
            ("sans", "", "DejaVuSansCondensed"),
            ("sans", "B", "DejaVuSansCondensed-Bold"),
            ("serif", "B", "DejaVuSerifCondensed-Bold"),
        ):
            self.add_font(family, style, FONTS / f"{name}.ttf")
        self._letters: frozenset[int] = frozenset.intersection(
            *(frozenset(font.cmap) for font in self.fonts.values())  # type: ignore[union-attr]
        )
        self.was_cut = False

    def file_id(self) -> None:
        """None: an id would tell two copies apart, and a date with it."""
        return

    def finished(self) -> bytes:
        """The document. The files of all letters are closed, also of those that were only looked at."""
        try:
            return bytes(self.output(output_producer_class=_Bare))
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the files of all letters."""
        for font in self.fonts.values():
            font.ttfont.close()  # type: ignore[union-attr]

    def use(self, font: Font) -> None:
        """Set the letters that are drawn and measured next."""
        self.set_font(font.family, font.style, font.size)
        self.set_text_color(*font.color)

    def printable(self, text: str) -> str:
        """What a person typed as this paper can show it: one line, composed, a box for every letter that it lacks."""
        return "".join(
            one if all(ord(char) in self._letters for char in one) else STANDS_FOR for one in graphemes(tidy(text))
        )

    def lines(self, text: str, font: Font, width: float, most: int = 99) -> list[str]:
        """A text in lines of at most `width` mm; when there are more than `most`, the last says that it was cut."""
        self.use(font)
        found: list[str] = []
        rest = self.printable(text).split(" ")
        while rest and rest[0]:
            line, rest = self._one_line(rest, width)
            if len(found) == most - 1 and rest:
                self.was_cut = True
                found.append(self._cut(line, width))
                break
            found.append(line)
        return found

    def fitted(self, text: str, font: Font, width: float) -> str:
        """A text in one line of at most `width` mm."""
        return (self.lines(text, font, width, 1) or [""])[0]

    def put(self, text: str, font: Font, x: float, y: float, *, right: bool = False) -> None:
        """Draw one line with its top at `y`, from `x` on or, `right`, up to it."""
        self.use(font)
        left = x - self.get_string_width(text) if right else x
        self.text(left, y + font.size * MM_A_POINT * 0.98, text)

    def put_lines(self, lines: Sequence[str], font: Font, x: float, y: float) -> float:
        """Draw lines below one another; where the next would begin."""
        for line in lines:
            self.put(line, font, x, y)
            y += font.line
        return y

    def rule(self, x: float, y: float, width: float, color: Color = LINE, weight: float = 0.2) -> None:
        """A thin line to the right."""
        self.set_draw_color(*color)
        self.set_line_width(weight)
        self.line(x, y, x + width, y)

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Within it a cut is not remembered: only a try."""
        before = self.was_cut
        yield
        self.was_cut = before

    def _one_line(self, words: list[str], width: float) -> tuple[str, list[str]]:
        """As many words as fit; a word that is longer than a line is broken."""
        line = words[0]
        if self.get_string_width(line) > width:
            head = self._head(line, width)
            return head, [line[len(head) :], *words[1:]]
        taken = 1
        while taken < len(words) and self.get_string_width(f"{line} {words[taken]}") <= width:
            line = f"{line} {words[taken]}"
            taken += 1
        return line, words[taken:]

    def _head(self, text: str, width: float) -> str:
        """The longest beginning that fits, one letter at least."""
        low, high = 1, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if self.get_string_width(text[:middle]) <= width:
                low = middle
            else:
                high = middle - 1
        return text[:low]

    def _cut(self, line: str, width: float) -> str:
        while line and self.get_string_width(line + CUT) > width:
            line = line[:-1]
        return line.rstrip() + CUT


def columns(boxes: Sequence[Box], most: float) -> tuple[list[Box], list[Box]] | None:
    """The boxes in two columns of nearly the same height, in their order; None when `most` mm are too few."""
    whole = sum(box.height for box in boxes)
    left: list[Box] = []
    filled = 0.0
    for box in boxes:
        if filled + box.height / 2 > whole / 2:
            break
        left.append(box)
        filled += box.height
    if max(filled, whole - filled) > most:
        return None
    return left, list(boxes[len(left) :])


def stack(boxes: Sequence[Box], x: float, y: float) -> float:
    """Draw boxes below one another; where the next would begin."""
    for box in boxes:
        box.draw(x, y)
        y += box.height
    return y
