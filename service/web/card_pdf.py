"""The card on paper: a sheet that folds to the size of a passport, and one with small cards and labels for clothes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from service.texts import translator
from service.web.card import Card, Line, Said
from service.web.card_letters import set_sentence
from service.web.paper import A4, EDGE, SOFT, TEAL, Box, Font, Paper, stack

PASSPORT = (88.0, 125.0)
"""Millimetres of a passport's page, as ISO/IEC 7810 ID-3; four of them make the sheet."""
SHEET = ((A4[0] - 2 * PASSPORT[0]) / 2, 36.0)
BORDER = 6.0
SMALL_CARD = (85.0, 54.0)
"""Of one side, as ISO/IEC 7810 ID-1 rounds to; two sides lie beside one another."""
COPIES = 3
INSIDE = 4.5
LEFT = (A4[0] - 2 * SMALL_CARD[0]) / 2
FIRST, APART = 30.0, 64.0
LABEL_SIZE = (85.0, 16.0)
LABELS = 4
LABELS_TOP = 240.0
TRIES = (1.3, 1.2, 1.1, 1.0, 0.92, 0.84, 0.76, 0.68, 0.6, 0.52)
PEN = 7.0
"""Between lines to write on, in mm."""
HINT = Font(size=8.5, color=SOFT)
TITLE = Font("serif", "B", 10, TEAL)
LABEL, TEXT, NUMBER = Font(size=6.8, color=SOFT), Font(size=8), Font(style="B", size=9.4)
SMALL = Font(size=5.6, color=SOFT)
SHOWN = Font(style="B", size=11)
STRIP = Font(style="B", size=8.4)

Side = Callable[[float], Iterator[Box]]
"""The boxes of a side in letters of a scale."""


def write_card(card: Card, language: str) -> bytes:
    """Two A4 pages."""
    _ = translator(language)
    pdf = Paper()
    pdf.add_page()
    hint = _("Cut it out. Fold it back along line 1, then close it along line 2 like a book: it is a passport’s size.")
    _hint(pdf, hint)
    _passport(pdf, card)
    pdf.add_page()
    _hint(pdf, _("Cut along the lines and fold in the middle. Keep one on you, one in your shoe, one in your bag."))
    _small_cards(pdf, card)
    if card.strip:
        hint = _("To sew or to write into clothes:")
        pdf.put_lines(pdf.lines(hint, HINT, 2 * SMALL_CARD[0], 1), HINT, LEFT, LABELS_TOP - 8)
        _labels(pdf, card.strip)
    return pdf.finished()


def _hint(pdf: Paper, text: str) -> None:
    pdf.put_lines(pdf.lines(text, HINT, 2 * SMALL_CARD[0], 3), HINT, LEFT, 14)


def _passport(pdf: Paper, card: Card) -> None:
    """Inside, beside one another: emergency numbers and helpers. Outside, and so head down until it is folded: the
    cover with when and whom she calls, and what she can show."""
    (wide, high), (x, y) = PASSPORT, SHEET
    width, room = wide - 2 * BORDER, high - 2 * BORDER
    sides: tuple[tuple[Side, float, float, bool], ...] = (
        (lambda scale: _lines(pdf, card.numbers, scale, width), x, y, False),
        (lambda scale: _lines(pdf, card.helpers, scale, width), x + wide, y, False),
        (lambda scale: _front(pdf, card, scale, width), x, y + high, True),
        (lambda scale: _sentences(pdf, card.said, scale, width), x + wide, y + high, True),
    )
    for side, left, top, turned in sides:
        boxes = _fitted(side, room)
        if not turned:
            stack(boxes, left + BORDER, top + BORDER)
            continue
        with pdf.rotation(180, left + wide / 2, top + high / 2):
            stack(boxes, left + BORDER, top + BORDER)
    _folds(pdf, x, y, wide, high)


def _folds(pdf: Paper, x: float, y: float, wide: float, high: float) -> None:
    """Where to cut, and the two folds, dashed and numbered outside."""
    _frame(pdf, x, y, 2 * wide, 2 * high, 4)
    pdf.set_dash_pattern(dash=1, gap=1.2)
    pdf.line(x, y + high, x + 2 * wide, y + high)
    pdf.line(x + wide, y, x + wide, y + 2 * high)
    pdf.set_dash_pattern()
    pdf.put("1", LABEL, x - 4, y + high - 1.4)
    pdf.put("1", LABEL, x + 2 * wide + 2.4, y + high - 1.4)
    pdf.put("2", LABEL, x + wide - 0.7, y - 4)
    pdf.put("2", LABEL, x + wide - 0.7, y + 2 * high + 1)


def _small_cards(pdf: Paper, card: Card) -> None:
    (wide, high), width = SMALL_CARD, SMALL_CARD[0] - 2 * INSIDE
    front = _fitted(lambda scale: _front(pdf, card, scale, width), high - 2 * INSIDE)
    left = high - 2 * INSIDE - sum(box.height for box in front)
    front = [*front, *(_to_write_on(pdf, width) for _ in range(int(left / PEN)))]
    back = _fitted(lambda scale: _back(pdf, card, scale, width), high - 2 * INSIDE)
    for number in range(COPIES):
        y = FIRST + number * APART
        _frame(pdf, LEFT, y, 2 * wide, high, 3)
        pdf.set_dash_pattern(dash=1, gap=1.2)
        pdf.line(LEFT + wide, y, LEFT + wide, y + high)
        pdf.set_dash_pattern()
        stack(front, LEFT + INSIDE, y + INSIDE)
        stack(back, LEFT + wide + INSIDE, y + INSIDE)


def _labels(pdf: Paper, strip: Sequence[str]) -> None:
    (wide, high) = LABEL_SIZE
    for number in range(LABELS):
        x, y = LEFT + number % 2 * wide, LABELS_TOP + number // 2 * high
        _frame(pdf, x, y, wide, high, 0)
        said = pdf.lines("  ·  ".join(strip), STRIP, wide - 6, 2)
        pdf.put_lines(said, STRIP, x + 3, y + (high - len(said) * STRIP.line) / 2)


def _frame(pdf: Paper, x: float, y: float, wide: float, high: float, corner: float) -> None:
    pdf.set_draw_color(*EDGE)
    pdf.set_line_width(0.2)
    pdf.rect(x, y, wide, high, round_corners=corner > 0, corner_radius=corner)


def _fitted(side: Side, room: float) -> list[Box]:
    """A side in letters so small that it fits, and no smaller; what still does not fit is left out at the end."""
    boxes: list[Box] = []
    for scale in TRIES:
        boxes = list(side(scale))
        if sum(box.height for box in boxes) <= room:
            return boxes
    while sum(box.height for box in boxes) > room:
        boxes.pop()
    return boxes


def _front(pdf: Paper, card: Card, scale: float, width: float) -> Iterator[Box]:
    font = TITLE.sized(scale)
    yield Box(font.line + 1.2, lambda x, y: pdf.put(pdf.fitted(card.title, font, width), font, x, y))
    yield from _lines(pdf, card.front, scale, width)


def _back(pdf: Paper, card: Card, scale: float, width: float) -> Iterator[Box]:
    """Of the small card: the numbers alone, without where they come from, and the sentences in English."""
    for line in (*card.numbers, *card.helpers):
        if line.number:
            yield _beside(pdf, line, scale, width)
    yield Box(1.2, lambda x, y: pdf.rule(x, y + 0.3, width))
    for said in card.said:
        yield _phrase(pdf, said, scale, width)


def _lines(pdf: Paper, lines: Sequence[Line], scale: float, width: float) -> Iterator[Box]:
    for line in lines:
        yield _line(pdf, line, scale, width)


def _line(pdf: Paper, line: Line, scale: float, width: float) -> Box:
    """A label above its text; where a number comes from stands small below it."""
    if line.small:
        small = SMALL.sized(scale)
        said = pdf.lines(line.text, small, width, 3)
        return Box(len(said) * small.line + 0.8, lambda x, y: _draw(pdf, said, small, x, y - 0.4))
    label, font = LABEL.sized(scale), (NUMBER if line.number else TEXT).sized(scale)
    over, under = pdf.lines(line.label, label, width, 2), pdf.lines(line.text, font, width, 2)

    def draw(x: float, y: float) -> None:
        pdf.put_lines(under, font, x, pdf.put_lines(over, label, x, y))

    return Box(len(over) * label.line + len(under) * font.line + 0.9, draw)


def _beside(pdf: Paper, line: Line, scale: float, width: float) -> Box:
    """A number at the end of its label's line, where both have room; below it otherwise."""
    label, font = LABEL.sized(scale), NUMBER.sized(scale)
    pdf.use(font)
    room = width - pdf.get_string_width(line.text) - 2
    pdf.use(label)
    if pdf.get_string_width(line.label) > room:
        return _line(pdf, line, scale, width)

    def draw(x: float, y: float) -> None:
        pdf.put(line.label, label, x, y + (font.size - label.size) * 0.3)
        pdf.put(line.text, font, x + width, y, right=True)

    return Box(font.line + 0.5, draw)


def _sentences(pdf: Paper, said: Sequence[Said], scale: float, width: float) -> Iterator[Box]:
    """What she can show, large, in each language; how it sounds and what it means small below it."""
    shown, small = SHOWN.sized(scale), LABEL.sized(scale)
    for one in said:
        for sentence in one.sentences:
            yield _sentence(pdf, sentence.text, sentence.latin, shown, small, width)
        if one.meaning:
            yield _meaning(pdf, one.meaning, small, width)
        yield Box(3.0, lambda x, y: pdf.rule(x, y + 1.6, width))


def _sentence(pdf: Paper, text: str, latin: str, font: Font, small: Font, width: float) -> Box:
    found = set_sentence(pdf, text, font, width)
    if found is None:
        said = pdf.lines(latin or text, font, width, 3)
        return Box(len(said) * font.line, lambda x, y: _draw(pdf, said, font, x, y))
    drawn, chosen = found
    below = pdf.lines(latin, small, width, 2) if latin else []

    def draw(x: float, y: float) -> None:
        pdf.put(drawn, chosen, x, y + (font.line - chosen.line) / 2)
        pdf.put_lines(below, small, x, y + font.line)

    return Box(font.line + len(below) * small.line + 0.5, draw)


def _meaning(pdf: Paper, text: str, font: Font, width: float) -> Box:
    said = pdf.lines(text, font, width, 2)
    return Box(len(said) * font.line, lambda x, y: _draw(pdf, said, font, x, y))


def _phrase(pdf: Paper, said: Said, scale: float, width: float) -> Box:
    font, soft = TEXT.sized(scale), LABEL.sized(scale)
    pdf.use(font)
    taken = pdf.get_string_width(said.english) + 2
    beside = pdf.lines(said.meaning, soft, width - taken, 2) if said.meaning else []

    def draw(x: float, y: float) -> None:
        pdf.put(said.english, font, x, y)
        pdf.put_lines(beside, soft, x + taken, y + (font.size - soft.size) * 0.3)

    return Box(max(font.line, len(beside) * soft.line) + 0.3, draw)


def _to_write_on(pdf: Paper, width: float) -> Box:
    """An empty line."""
    return Box(PEN, lambda x, y: pdf.rule(x, y + PEN - 0.5, width, EDGE))


def _draw(pdf: Paper, lines: list[str], font: Font, x: float, y: float) -> None:
    pdf.put_lines(lines, font, x, y)
