"""The card on paper: three of the size of a bank card, to cut out and fold once."""

from __future__ import annotations

from collections.abc import Iterator

from service.texts import translator
from service.web.card import Card, Line
from service.web.paper import A4, EDGE, SOFT, TEAL, Box, Font, Paper, stack

WIDTH, HEIGHT = 85.0, 54.0
"""Millimetres of one side, as ISO/IEC 7810 ID-1 rounds to; two sides lie beside one another."""
COPIES = 3
INSIDE = 4.5
LEFT = (A4[0] - 2 * WIDTH) / 2
FIRST, APART = 34.0, 70.0
TRIES = (1.3, 1.2, 1.1, 1.0, 0.92, 0.84, 0.76, 0.68, 0.6, 0.52)
PEN = 7.0
"""Between lines to write on, in mm."""
HINT = Font(size=8.5, color=SOFT)
TITLE = Font("serif", "B", 10, TEAL)
LABEL, TEXT, NUMBER = Font(size=6.8, color=SOFT), Font(size=8), Font(style="B", size=9.4)
SMALL = Font(size=5.6, color=SOFT)


def write_card(card: Card, language: str) -> bytes:
    """One A4 page with three cards."""
    _ = translator(language)
    pdf = Paper()
    pdf.add_page()
    hint = _("Cut along the lines and fold in the middle. Keep one on you, one in your shoe, one in your bag.")
    pdf.put_lines(pdf.lines(hint, HINT, 2 * WIDTH, 2), HINT, LEFT, 16)
    front, back = _fitted(pdf, card, "front"), _fitted(pdf, card, "back")
    for number in range(COPIES):
        y = FIRST + number * APART
        _frame(pdf, y)
        stack(front, LEFT + INSIDE, y + INSIDE)
        stack(back, LEFT + WIDTH + INSIDE, y + INSIDE)
    return pdf.finished()


def _frame(pdf: Paper, y: float) -> None:
    """Where to cut, and the fold as a dashed line."""
    pdf.set_draw_color(*EDGE)
    pdf.set_line_width(0.2)
    pdf.rect(LEFT, y, 2 * WIDTH, HEIGHT, round_corners=True, corner_radius=3)
    pdf.set_dash_pattern(dash=1, gap=1.2)
    pdf.line(LEFT + WIDTH, y, LEFT + WIDTH, y + HEIGHT)
    pdf.set_dash_pattern()


def _fitted(pdf: Paper, card: Card, side: str) -> list[Box]:
    """A side in letters so small that it fits, and no smaller; what still does not fit is left out at the end."""
    room = HEIGHT - 2 * INSIDE
    boxes: list[Box] = []
    for scale in TRIES:
        boxes = list(_front(pdf, card, scale) if side == "front" else _back(pdf, card, scale))
        left = room - sum(box.height for box in boxes)
        if left >= 0:
            return [*boxes, *_to_write_on(pdf, left)] if side == "front" else boxes
    while sum(box.height for box in boxes) > room:
        boxes.pop()
    return boxes


def _front(pdf: Paper, card: Card, scale: float) -> Iterator[Box]:
    font = TITLE.sized(scale)
    yield Box(font.line + 1.2, lambda x, y: pdf.put(pdf.fitted(card.title, font, WIDTH - 2 * INSIDE), font, x, y))
    for line in card.front:
        yield _line(pdf, line, scale)


def _back(pdf: Paper, card: Card, scale: float) -> Iterator[Box]:
    for line in card.back:
        yield _line(pdf, line, scale)
    yield Box(1.2, lambda x, y: pdf.rule(x, y + 0.3, WIDTH - 2 * INSIDE))
    for english, meaning in card.phrases:
        yield _phrase(pdf, english, meaning, scale)


def _line(pdf: Paper, line: Line, scale: float) -> Box:
    """A label above its text; where a number comes from stands small below it."""
    width = WIDTH - 2 * INSIDE
    if line.small:
        said = pdf.lines(line.text, SMALL.sized(scale), width, 2)
        return Box(
            len(said) * SMALL.sized(scale).line + 0.8,
            lambda x, y: _draw(pdf, said, SMALL.sized(scale), x, y - 0.4),
        )
    label, font = LABEL.sized(scale), (NUMBER if line.number else TEXT).sized(scale)
    over, under = pdf.lines(line.label, label, width, 1), pdf.lines(line.text, font, width, 2)

    def draw(x: float, y: float) -> None:
        pdf.put_lines(under, font, x, pdf.put_lines(over, label, x, y))

    return Box(len(over) * label.line + len(under) * font.line + 0.9, draw)


def _phrase(pdf: Paper, english: str, meaning: str, scale: float) -> Box:
    font, soft, width = TEXT.sized(scale), LABEL.sized(scale), WIDTH - 2 * INSIDE
    pdf.use(font)
    taken = pdf.get_string_width(english) + 2
    beside = pdf.lines(meaning, soft, width - taken, 2) if meaning else []

    def draw(x: float, y: float) -> None:
        pdf.put(english, font, x, y)
        pdf.put_lines(beside, soft, x + taken, y + (font.size - soft.size) * 0.3)

    return Box(max(font.line, len(beside) * soft.line) + 0.3, draw)


def _to_write_on(pdf: Paper, room: float) -> list[Box]:
    """Empty lines where there is room for some."""
    width = WIDTH - 2 * INSIDE
    return [Box(PEN, lambda x, y: pdf.rule(x, y + PEN - 0.5, width, EDGE)) for _ in range(int(room / PEN))]


def _draw(pdf: Paper, lines: list[str], font: Font, x: float, y: float) -> None:
    pdf.put_lines(lines, font, x, y)
