"""One spelling for what looks alike: the folding that goes before every comparison of texts.

Phones abroad write "OK" in full-width, Cyrillic, mixed and decorated letters, with invisible marks around it.
`fold` takes all of that away and changes nothing that a reader would see as another word.
"""

import re
import unicodedata

_APOSTROPHES = dict.fromkeys(map(ord, "'’‘ʻʼʽˈ`´′‛ʹ＇"), "'")
_HYPHENS = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－"), "-")
_LINES = {0x0D: "\n", 0x0B: "\n", 0x0C: "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n"}
# U+037E, the Greek question mark, becomes a semicolon under NFKC: it has to be caught before.
_BEFORE = {
    **_APOSTROPHES,
    **_HYPHENS,
    **_LINES,
    0x037E: "?",
    0x2800: " ",  # braille blank
    **dict.fromkeys((0x115F, 0x1160, 0x3164, 0xFFA0)),  # Hangul fillers: letters that show nothing
    **dict.fromkeys(range(0x1F3FB, 0x1F400)),  # skin tones
}
# Letters that a Russian or an English keyboard has not; the last ones are Greek.
_LOCAL = str.maketrans("әғқңөұүһіҳҷґєэıłđοκαε", "агкноуухихчгееildokae")
_BREVE = "\u0306"

_TO_CYRILLIC = str.maketrans("aceopxykmthbi", "асеорхукмтнви")
_TO_LATIN = str.maketrans("асеорхукмтнви", "aceopxykmthbi")
_LATIN = re.compile(r"[a-z]")
_CYRILLIC = re.compile(r"[а-я]")
_MIXED = re.compile(r"[a-zа-я]*(?:[a-z][а-я]|[а-я][a-z])[a-zа-я]*")

_RUSSIAN_KEYS = "йцукенгшщзхъфывапролджэячсмитьбюё"
_LATIN_KEYS = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
_AS_RUSSIAN = str.maketrans({**dict(zip(_LATIN_KEYS, _RUSSIAN_KEYS, strict=True)), "&": "?", "/": ".", "?": "?"})
# A comma is Shift and the key of "/": on a Latin keyboard that is the question mark.
_AS_LATIN = str.maketrans({**dict(zip(_RUSSIAN_KEYS, _LATIN_KEYS, strict=True)), ",": "?", ".": "/"})


def fold(text: str) -> str:
    """Small letters of one kind, without marks, apostrophes, invisible characters; blanks in one, lines kept.

    Folding twice changes nothing more. Never raises, also for lone surrogates.
    """
    for _ in range(8):
        folded = _fold_once(text)
        if folded == text:
            break
        text = folded
    return text


def one_script(text: str) -> str:
    """Words that mix Latin and Cyrillic letters, made Cyrillic, else Latin, where look-alikes allow it."""
    return _MIXED.sub(_unmix, text)


def latin_as_cyrillic(text: str) -> str:
    """The text with its Latin words read as the Cyrillic ones that they look like in capitals ("BCE OK")."""
    return re.sub(r"[aceopxykmthbi]+", lambda word: word[0].translate(_TO_CYRILLIC), text)


def other_layouts(text: str) -> tuple[str, ...]:
    """What the same keys write in the other keyboard layout ("jr" is "ок"), in letters not yet folded."""
    latin, cyrillic = bool(_LATIN.search(text)), bool(_CYRILLIC.search(text))
    if latin == cyrillic:
        return ()
    return (text.translate(_AS_RUSSIAN if latin else _AS_LATIN),)


def skeleton(text: str) -> str:
    """The letters and digits of a text, every Latin one that looks Cyrillic made Cyrillic: for telling words apart."""
    return "".join(char for char in fold(text).translate(_TO_CYRILLIC) if char.isalnum())


def squeeze(word: str) -> str:
    """The word without repeated letters: the name of everything that a bouncing key makes of it."""
    return re.sub(r"(.)\1+", r"\1", word)


def only_bounced(word: str, meant: str) -> bool:
    """Whether a bouncing key can make `word` of `meant`: the same letters, none repeated less often."""
    typed, wanted = _runs(word), _runs(meant)
    return len(typed) == len(wanted) and all(
        letter == other and count >= other_count
        for (letter, count), (other, other_count) in zip(typed, wanted, strict=True)
    )


def _fold_once(text: str) -> str:
    text = unicodedata.normalize("NFKC", text.translate(_BEFORE))
    text = text.translate(_APOSTROPHES).translate(_HYPHENS).casefold()
    text = re.sub(r"\bwe're\b", "we are", text).replace("'", "")
    text = unicodedata.normalize("NFC", "".join(_visible(unicodedata.normalize("NFD", text))))
    text = one_script(text.translate(_LOCAL))
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"[^\S\n]+", " ", text)).strip()


def _visible(text: str) -> list[str]:
    kept: list[str] = []
    for char in text:
        category = unicodedata.category(char)
        if category == "Nd":
            kept.append(str(unicodedata.decimal(char)))
        elif char in "\n\t" or category not in ("Mn", "Me", "Cf", "Cc") or (char == _BREVE and kept[-1:] == ["и"]):
            kept.append(char)
    return kept


def _unmix(found: re.Match[str]) -> str:
    word = found[0]
    if not _LATIN.search(cyrillic := word.translate(_TO_CYRILLIC)):
        return cyrillic
    return word if _CYRILLIC.search(latin := word.translate(_TO_LATIN)) else latin


def _runs(word: str) -> list[tuple[str, int]]:
    return [(run[0][0], len(run[0])) for run in re.finditer(r"(.)\1*", word)]
