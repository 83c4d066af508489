"""The agreement on paper: one A4 page to agree on and to sign, and a second that says what to do, step by step."""

from __future__ import annotations

from collections.abc import Iterator

from service.web.agreement import Agreement, Part
from service.web.agreement import Box as Tick
from service.web.paper import A4, EDGE, SOFT, TEAL, Box, Color, Font, Paper, columns, stack

MARGIN, GAP = 18.0, 9.0
WIDE = A4[0] - 2 * MARGIN
COLUMN = (WIDE - GAP) / 2
FOOT = A4[1] - 14.0
TRIES = (1.25, 1.18, 1.12, 1.06, 1.0, 0.94, 0.88, 0.82, 0.76, 0.7, 0.64, 0.58)
LEFT = 50.0
"""Where what stands beside a label begins, in mm from its column."""
SIGN = 11.0
"""The height of a line to sign on, in mm."""
BELOW = 9
"""So many sign below one another; more do in two columns."""
RED: Color = (154, 42, 28)
TITLE, LEAD = Font("serif", "B", 17, TEAL), Font(size=9.6)
HEAD, TEXT, LABEL = Font("serif", "B", 10.4, TEAL), Font(size=8.6), Font(style="B", size=8.6)
SMALL = Font(size=7, color=SOFT)
SQUARE = 2.9
POINT = 4.6
"""How far a point's text stands from its mark."""


def write_agreement(agreement: Agreement) -> bytes:
    """Two A4 pages; letters are as large as there is room for."""
    pdf = Paper()
    _first(pdf, agreement)
    _second(pdf, agreement)
    return pdf.finished()


def _first(pdf: Paper, agreement: Agreement) -> None:
    pdf.add_page()
    room = FOOT - MARGIN - min(len(agreement.signers), BELOW) * SIGN - 8
    boxes: list[Box] = []
    for scale in TRIES:
        boxes = [*_opening(pdf, agreement, scale)]
        for part in agreement.parts:
            boxes += _part(pdf, part, scale, WIDE)
        if sum(box.height for box in boxes) <= room:
            break
    _signers(pdf, agreement, stack(boxes, MARGIN, MARGIN) + 2)
    pdf.put(agreement.made, SMALL, MARGIN + WIDE, FOOT + 2, right=True)


def _second(pdf: Paper, agreement: Agreement) -> None:
    pdf.add_page()
    top = stack([_title(pdf, agreement.guide, 0.86)], MARGIN, MARGIN) + 3
    for scale in TRIES:
        boxes = [_kept(list(_part(pdf, part, scale, COLUMN))) for part in agreement.stages]
        if two := columns(boxes, FOOT - top):
            stack(two[0], MARGIN, top)
            stack(two[1], MARGIN + COLUMN + GAP, top)
            return


def _kept(boxes: list[Box]) -> Box:
    """What no column divides."""
    return Box(sum(box.height for box in boxes), lambda x, y: _stacked(boxes, x, y))


def _stacked(boxes: list[Box], x: float, y: float) -> None:
    stack(boxes, x, y)


def _title(pdf: Paper, text: str, scale: float) -> Box:
    font = TITLE.sized(scale)
    said = pdf.lines(text, font, WIDE, 2)
    return Box(len(said) * font.line + 1, lambda x, y: _draw(pdf, said, font, x, y))


def _opening(pdf: Paper, agreement: Agreement, scale: float) -> Iterator[Box]:
    yield _title(pdf, agreement.title, scale)
    yield _text(pdf, agreement.lead, LEAD.sized(scale), WIDE)


def _part(pdf: Paper, part: Part, scale: float, width: float) -> Iterator[Box]:
    yield _head(pdf, part.title, HEAD.sized(scale), width)
    font = TEXT.sized(scale)
    for line in part.lines:
        yield _text(pdf, line, font, width)
    for label, text in part.rows:
        yield _row(pdf, label, text, scale, width)
    for text in part.never:
        yield _point(pdf, text, font, width, done=False)
    for text in part.dos:
        yield _point(pdf, text, font, width, done=True)
    for text in part.donts:
        yield _point(pdf, text, font, width, done=False)
    for tick in part.boxes:
        yield _tick(pdf, tick, font, width)


def _head(pdf: Paper, text: str, font: Font, width: float) -> Box:
    said = pdf.lines(text, font, width, 2)

    def draw(x: float, y: float) -> None:
        end = _put(pdf, said, font, x, y + 2.4)
        pdf.rule(x, end + 0.4, width)

    return Box(len(said) * font.line + 4, draw)


def _text(pdf: Paper, text: str, font: Font, width: float) -> Box:
    said = pdf.lines(text, font, width)
    return Box(len(said) * font.line + 0.7, lambda x, y: _draw(pdf, said, font, x, y))


def _row(pdf: Paper, label: str, text: str, scale: float, width: float) -> Box:
    bold, font = LABEL.sized(scale), TEXT.sized(scale)
    # A digit needs no column.
    left = 6.0 if len(label) == 1 else LEFT
    before, said = pdf.lines(label, bold, left - 2), pdf.lines(text, font, width - left)

    def draw(x: float, y: float) -> None:
        _put(pdf, before, bold, x, y)
        _put(pdf, said, font, x + left, y)

    return Box(max(len(before), len(said)) * font.line + 0.7, draw)


def _point(pdf: Paper, text: str, font: Font, width: float, *, done: bool) -> Box:
    said = pdf.lines(text, font, width - POINT)

    def draw(x: float, y: float) -> None:
        middle = y + font.line / 2
        if done:
            pdf.set_fill_color(*TEAL)
            pdf.circle(x + 1.2, middle, 0.75, style="F")
        else:
            pdf.set_draw_color(*RED)
            pdf.set_line_width(0.45)
            pdf.line(x + 0.4, middle - 0.9, x + 2.2, middle + 0.9)
            pdf.line(x + 0.4, middle + 0.9, x + 2.2, middle - 0.9)
        _put(pdf, said, font, x + POINT, y)

    return Box(len(said) * font.line + 0.5, draw)


def _tick(pdf: Paper, tick: Tick, font: Font, width: float) -> Box:
    said = pdf.lines(tick.text, font, width - POINT - (width * 0.4 if tick.line else 0))

    def draw(x: float, y: float) -> None:
        top = y + (font.line - SQUARE) / 2 + 0.4
        pdf.set_draw_color(*EDGE)
        pdf.set_line_width(0.25)
        pdf.rect(x, top, SQUARE, SQUARE)
        if tick.ticked:
            pdf.set_draw_color(*TEAL)
            pdf.set_line_width(0.5)
            pdf.polyline([(x + 0.5, top + 1.5), (x + 1.2, top + 2.3), (x + 2.5, top + 0.6)])
        end = _put(pdf, said, font, x + POINT + 0.6, y + 0.4)
        if tick.line:
            pdf.use(font)
            begin = x + POINT + 0.6 + max(pdf.get_string_width(one) for one in said) + 2
            pdf.rule(begin, end - 0.6, x + width - begin, EDGE)

    return Box(len(said) * font.line + (2.4 if tick.line else 1.2), draw)


def _signers(pdf: Paper, agreement: Agreement, top: float) -> None:
    """A line for each to sign on: as high as `BELOW` of them have room, in as many columns as that takes."""
    signers = agreement.signers
    beside = 1 if len(signers) <= BELOW else 2
    rows = -(-len(signers) // beside)
    height = min(SIGN, SIGN * BELOW / rows)
    width = (WIDE - GAP * (beside - 1)) / beside
    for place, name in enumerate(signers):
        x, y = MARGIN + place // rows * (width + GAP), top + place % rows * height
        _sign(pdf, name, agreement.sign_here, x, y + height, width)


def _sign(pdf: Paper, name: str, signature: str, x: float, y: float, width: float) -> None:
    """A name, and beside it a line at `y` for the day and the signature."""
    half = width * 0.42
    pdf.put(pdf.fitted(name, LABEL, half - 3), LABEL, x, y - LABEL.line - 1)
    pdf.rule(x + half, y - 1, width - half, EDGE)
    pdf.put(signature, SMALL, x + width, y - 0.6, right=True)


def _put(pdf: Paper, lines: list[str], font: Font, x: float, y: float) -> float:
    return pdf.put_lines(lines, font, x, y)


def _draw(pdf: Paper, lines: list[str], font: Font, x: float, y: float) -> None:
    _put(pdf, lines, font, x, y)
