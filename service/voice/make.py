"""`python -m service.voice.make`: make anew the recordings whose words have changed. It needs the program espeak-ng."""

from __future__ import annotations

import json
import sys

from service.voice.engine import program, synthesized
from service.voice.recordings import RECORDED, manifest, words_of
from service.voice.sentences import FOLDER
from service.voice.sound import wav


def main() -> int:
    if program() is None:
        print("This needs the program espeak-ng: apt-get install espeak-ng", file=sys.stderr)
        return 1
    before = manifest()
    for language in RECORDED:
        folder = FOLDER / language
        folder.mkdir(exist_ok=True)
        words = words_of(language)
        for old in folder.glob("*.wav"):
            if old.stem not in words:
                old.unlink()
        for name, text in words.items():
            path = folder / f"{name}.wav"
            if before.get(language, {}).get(name) == text and path.is_file():
                continue
            samples = synthesized(text, language)
            if not samples:
                print(f"espeak-ng could not say {text!r} in {language}", file=sys.stderr)
                return 1
            path.write_bytes(wav([samples]))
    said = {language: dict(words_of(language)) for language in RECORDED}
    (FOLDER / "clips.json").write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
