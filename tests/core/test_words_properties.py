"""Words, whatever they are: how they are spelled makes no difference, and a slip never makes one of the other kind."""

from hypothesis import assume, given
from hypothesis import strategies as st

from service.core.words import PROPOSALS, Reason, check_words, fingerprint, match, normalize
from tests.core.model import PROVEN

KEY = b"k" * 32
PHRASES = [phrase for phrases in PROPOSALS.values() for phrase in phrases]
ALIKE = str.maketrans("авекмнорстухі", "abekmhopctyxi")
RUSSIAN = str.maketrans("әғқңөұүһіё", "агкноуухие")
BETWEEN = ("", " ", "  ", ", ", "\u00a0", "\u200b", "-", "! ")
LETTERS = "абвгд"

phrases = st.sampled_from(PHRASES)
# Short words of few letters are often near each other; the beginning makes them words that mean nothing.
near = st.text(LETTERS, min_size=2, max_size=4).map(lambda letters: f"яблоко{letters}")


@st.composite
def disguised(draw: st.DrawFn) -> tuple[str, str]:
    """A phrase, and the same as another keyboard, a hurried thumb or a foreign phone writes it."""
    phrase = draw(phrases)
    kazakh_on_a_russian_keyboard, capitals = draw(st.booleans()), draw(st.booleans())
    written = phrase.translate(RUSSIAN) if kazakh_on_a_russian_keyboard else phrase
    alike = draw(st.lists(st.booleans(), min_size=len(written), max_size=len(written)))
    letters = [char.translate(ALIKE) if swap else char for char, swap in zip(written, alike, strict=True)]
    between = draw(st.sampled_from(BETWEEN))
    text = between.join("".join(letters).split(" "))
    return phrase, text.upper() if capitals else text


@PROVEN
@given(disguised())
def test_a_word_is_known_however_it_is_spelled(pair: tuple[str, str]) -> None:
    """T5: case, blanks, signs, look-alikes and missing Kazakh letters make no other word."""
    phrase, written = pair
    assert normalize(written) == normalize(phrase)
    assert match(KEY, written, [fingerprint(KEY, phrase)]) == 0
    assert check_words([phrase], [written])[0].reason is Reason.EQUAL


@PROVEN
@given(near, near)
def test_one_edit_is_refused_and_two_are_not(safe: str, duress: str) -> None:
    """T5: one letter put in, left out, changed or swapped with its neighbor, and nothing else, is too near."""
    apart = _edits(safe, duress)
    expected = {0: [Reason.EQUAL], 1: [Reason.ONE_EDIT_APART]}.get(apart, [])
    assert [problem.reason for problem in check_words([safe], [duress])] == expected
    assert [problem.reason for problem in check_words([duress], [safe])] == expected


@PROVEN
@given(phrases, st.data())
def test_no_slip_of_a_safe_word_is_a_duress_word(safe: str, data: st.DataObject) -> None:
    """T5: whatever key was hit instead."""
    place = data.draw(st.integers(0, len(safe) - 1))
    key = data.draw(st.characters(codec="utf-8"))
    slips = (
        safe[:place] + key + safe[place:],
        safe[:place] + key + safe[place + 1 :],
        safe[:place] + safe[place + 1 :],
    )
    slip = data.draw(st.sampled_from(slips))
    # A letter that is written as two, such as the German sharp s, is no slip of one key.
    assume(len(normalize(slip)) - len(normalize(safe)) in (-1, 0, 1))
    assert check_words([safe], [slip]) != []


@PROVEN
@given(st.lists(st.one_of(st.text(), phrases), max_size=4), st.lists(st.one_of(st.text(), phrases), max_size=4))
def test_words_that_pass_are_told_apart(safe: list[str], duress: list[str]) -> None:
    """T5: whatever was typed, what was not refused never stands on both lists."""
    if check_words(safe, duress):
        return
    kinds = [fingerprint(KEY, word) for word in (*safe, *duress)]
    for place, word in enumerate((*safe, *duress)):
        assert match(KEY, word, kinds) == place


def _edits(one: str, other: str) -> int:
    """The distance of Damerau and Levenshtein, letters swapped once at most (optimal string alignment)."""
    rows = [list(range(len(other) + 1))]
    for i, char in enumerate(one, 1):
        row = [i]
        for j, facing in enumerate(other, 1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (char != facing))
            if i > 1 and j > 1 and char == other[j - 2] and one[i - 2] == facing:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]
