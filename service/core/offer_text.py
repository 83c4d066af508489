"""A pasted text as words that can be compared: cases, look-alike letters, spellings and scripts fold into one.

People write Kazakh with Russian letters, Russian with Latin ones, and recruiters space out the words that are looked
for. Folding makes one word of them, and every word remembers where it stood, so that a finding can quote it exactly.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST_FORM = 40
"""Letters; no word that is looked for is longer."""
SENTENCE_GAP = 5
"""How many words further away the next sentence is."""

# Four or more single letters with something between them are a word that was spaced out.
_WORD = re.compile(r"(?<![^\W_])[^\W\d_](?:[ .\-*_·]{1,2}[^\W\d_]){3,}(?![^\W_])|[^\W_]+(?:['’ʼ`*][^\W_]+)*")
_NO_LETTER = re.compile(r"[\W_]+")
_ENDS_SENTENCE = re.compile(r"[.!?;\n\r…•|]")
_PART_OF_WORD = frozenset(("-", "/", "‑", "+", "№"))
_REPEATED = re.compile(r"([^\d])\1+")
_LATIN = re.compile(r"[a-zà-ɏ]")
_CYRILLIC = re.compile(r"[а-яёәғқңөұүһі]")

_FOLD = str.maketrans("ёэыйіәғқңөұүһщ", "ееиииагкноуухш", "ьъ")
_AS_CYRILLIC = str.maketrans("aceopxykmthbi03", "асеорхукмтнвиоз")
_AS_LATIN = str.maketrans("асеорхукмтнві", "aceopxykmthbi")

_SOUNDS = re.compile(r"shch|sch|zh|kh|ts|ch|sh|yu|ju|iu|ya|ja|ia|ye|yo|gh")
_SOUND = {
    **{"shch": "ш", "sch": "ш", "zh": "ж", "kh": "х", "ts": "ц", "ch": "ч", "sh": "ш", "gh": "г"},
    **{"yu": "ю", "ju": "ю", "iu": "ю", "ya": "я", "ja": "я", "ia": "я", "ye": "е", "yo": "е"},
}
_RUSSIAN = str.maketrans("abcdefghijklmnopqrstuvwxyz", "абцдефгхииклмнопкрстуввхиз")
_KAZAKH = str.maketrans("abcdefghijklmnopqrstuvwxyzäğıñöşüūúóáń", "абшдефгхижклмнопкрстуввхизагиношуууоан")
_LISTED = re.compile(r"\S+")
_ENGLISH = frozenset(
    _LISTED.findall("the and for you with our your are will of is we not to be this from have per as work job")
)
_RUSSIAN_COMMON = frozenset(
    _LISTED.findall(
        "na bez dlya ot i v s za po do iz ne my vy nas vas vam nash rabota rabotu raboty trebuyutsya trebuetsya nuzhny"
        " nuzhna nuzhen nujny opyta opyt opit zhilye zhilyo zhile jilye jilie zhilie devushki devushka oplata zarplata"
        " zp mesyac mesyats den chas bilet viza vizu pasport dogovor srochno pishite zvonite vse tolko ili est esli"
    )
)
_KAZAKH_COMMON = frozenset(
    _LISTED.findall(
        "kerek qajet qazhet kajet zhumys jumys zhumis jumis jumysqa qyz kyz qyzdar kyzdar bar joq zhok zhoq ushin ushın"
        " üshin men tegin zhalaky jalaqy jalaky ailyq aylyk jol zhol shetel shetelge jas zhas tez qujat kuzhat pater"
        " jatakhana zhatakhana aiyna emes biz sizge jane zhane"
    )
)
_KAZAKH_WITHOUT_ITS_LETTERS = frozenset(
    _LISTED.findall("жумыс керек кажет жок бар жане шетелге шетелде ушин айына кыздар жалакы")
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the text.

    Attributes:
        forms: how it may be compared, folded: as written, and of a Latin spelling of Russian or Kazakh also that word.
        start: where it begins in the text.
        end: where it ends.
        at: which word it is, with gaps between sentences.
        clause: which clause it stands in.
    """

    forms: tuple[str, ...]
    start: int
    end: int
    at: int
    clause: int


def fold(word: str) -> str:
    """A word as it is compared: small letters, one letter for each that is written several ways, none twice in a row.

    A fold is no spelling: it only makes alike what people write alike.
    """
    return _REPEATED.sub(r"\1", unicodedata.normalize("NFKC", word).lower().translate(_FOLD))


def words_of(text: str) -> list[Word]:
    """The words of a text in their order."""
    spans = [match.span() for match in _WORD.finditer(text)]
    plain = [_letters(text[start:end]) for start, end in spans]
    latin = _latin_spelling(plain)
    words: list[Word] = []
    at = clause = before = 0
    for (start, end), letters in zip(spans, plain, strict=True):
        ends, breaks = _breaks(text[before:start]) if words else (False, False)
        at += 1 + SENTENCE_GAP * ends
        clause += breaks
        forms = dict.fromkeys(form[:LONGEST_FORM] for form in _forms(letters, latin))
        words.append(Word(tuple(forms), start, end, at, clause))
        before = end
    return words


def language_of(text: str) -> str:
    """The language that a text is most likely in: "en", "ru" or "kk"."""
    letters = text.lower()
    cyrillic, latin = len(_CYRILLIC.findall(letters)), len(_LATIN.findall(letters))
    if cyrillic < latin:
        return _latin_spelling([word.lower() for word in re.findall(r"[^\W\d_]+", text)]) or "en"
    own = sum(letters.count(letter) for letter in "әғқңөұүһі")
    if 20 * own > cyrillic:
        return "kk"
    return "kk" if len(_KAZAKH_WITHOUT_ITS_LETTERS & set(_LISTED.findall(letters))) > 1 else "ru"


def _letters(word: str) -> str:
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", word).lower())


def _breaks(between: str) -> tuple[bool, bool]:
    """Whether a sentence ends here, whether a clause does. A hyphen or a stroke within a word breaks nothing."""
    sign = between.strip()
    if not sign or between in _PART_OF_WORD:
        return "\n" in between, "\n" in between
    return _ENDS_SENTENCE.search(between) is not None, True


def _latin_spelling(words: list[str]) -> str | None:
    """Whether words in Latin letters are Russian ("ru") or Kazakh ("kk")."""
    seen = set(words)
    english = len(seen & _ENGLISH)
    russian, kazakh = len(seen & _RUSSIAN_COMMON), len(seen & _KAZAKH_COMMON)
    most = max(russian, kazakh)
    # One such word may be a name.
    if most < 2 or most < english:
        return None
    return "kk" if kazakh >= russian else "ru"


def _forms(letters: str, latin: str | None) -> Iterator[str]:
    if not letters:
        yield ""
    elif not _LATIN.search(letters):
        # A digit in place of a letter.
        mixed = _CYRILLIC.search(letters) and not letters[0].isdigit() and any(sign in "03" for sign in letters)
        yield fold(letters.translate(_AS_CYRILLIC) if mixed else letters)
    elif _CYRILLIC.search(letters):
        cyrillic = 2 * len(_CYRILLIC.findall(letters)) >= len(letters)
        yield fold(letters.translate(_AS_CYRILLIC if cyrillic else _AS_LATIN))
    else:
        yield fold(letters)
        if latin:
            # Either may be meant: zh and j are both used for the same Kazakh letter.
            heard = _SOUNDS.sub(lambda sound: _SOUND[sound.group()], letters)
            yield fold(heard.translate(_RUSSIAN))
            if latin == "kk":
                yield fold(letters.replace("zh", "ж").replace("sh", "ш").replace("gh", "г").translate(_KAZAKH))
