"""Every sentence of the directory can be printed in its own letters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from service.directory.phrases import languages, phrases
from service.web.card_letters import joined, set_sentence
from service.web.paper import Font, Paper


@pytest.fixture(scope="module")
def pdf() -> Iterator[Paper]:
    with closing(Paper()) as paper:
        yield paper


@pytest.mark.parametrize("language", languages())
def test_every_sentence_has_all_of_its_letters(pdf: Paper, language: str) -> None:
    """A failure here asks for new parts of fonts: see `service/web/fonts/README.md`."""
    lacking = [one.key for one in phrases(language) if set_sentence(pdf, one.text, Font(size=8), 500) is None]
    assert lacking == []


def test_a_sentence_is_set_smaller_and_never_too_small_to_read(pdf: Paper) -> None:
    font = Font(size=10)
    pdf.use(font)
    wide = pdf.get_string_width("Help me, please.")
    found = set_sentence(pdf, "Help me, please.", font, wide * 0.8)
    assert found is not None
    assert found[1].size == pytest.approx(8)
    assert set_sentence(pdf, "Help me, please.", font, wide * 0.5) is None
    assert set_sentence(pdf, "ᚠᚢᚦ", font, 500) is None


def test_arabic_letters_join_and_run_from_the_right() -> None:
    assert joined("سلام") == "\ufee1\ufefc\ufeb3", "meem alone after lam-alef, which joins to seen"
    assert joined("بيت") == "\ufe96\ufef4\ufe91", "initial, medial, final"
    assert joined("دار") == "\ufead\ufe8d\ufea9", "none of these joins to the left"
    assert joined("Passport") == "Passport"
