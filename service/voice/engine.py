"""Names, places and whatever else no recording holds, spoken by the program espeak-ng where it is installed."""

from __future__ import annotations

import shutil
import subprocess  # nosec B404
from functools import lru_cache

from service.core.wording_text import cut
from service.voice.sound import telephone

LONGEST = 120
WORDS_A_MINUTE = "135"
SECONDS = 5.0


@lru_cache(maxsize=1)
def program() -> str | None:
    """Where the program is, if it is installed."""
    return shutil.which("espeak-ng")


def synthesized(text: str, language: str) -> bytes | None:
    """`text` as mu-law samples; None when it cannot be spoken here now."""
    speaker = program()
    if speaker is None:
        return None
    try:
        return _spoken_by(speaker, text, language)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


# What it could not say, under load, is tried again the next time: an error is not kept.
@lru_cache(maxsize=256)
def _spoken_by(speaker: str, text: str, language: str) -> bytes:
    command = [speaker, "-v", language, "-s", WORDS_A_MINUTE, "--stdin", "--stdout"]
    # What a person typed goes to it as input, never as an argument; the language is one of ours.
    done = subprocess.run(  # noqa: S603  # nosec B603
        command, input=cut(text, LONGEST).encode(), capture_output=True, timeout=SECONDS, check=True
    )
    return telephone(_with_size(done.stdout))


def _with_size(stream: bytes) -> bytes:
    """A WAV file that was written as a stream does not know its size."""
    place = stream.find(b"data")
    if place < 0:
        return stream
    head, data = stream[8 : place + 4], stream[place + 8 :]
    sizes = [len(part).to_bytes(4, "little") for part in (stream[8:], data)]
    return b"RIFF" + sizes[0] + head + sizes[1] + data
