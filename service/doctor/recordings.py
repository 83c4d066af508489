"""The recordings of calls: whether all that is said in Kazakh, Kyrgyz and Uzbek can be heard, and can be fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from notifiers.base import Notifier
from notifiers.registry import is_loopback, outside
from service.doctor.findings import Finding, look, ok, wrong
from service.settings import Settings
from service.usecases.work import VOICE
from service.voice.engine import program
from service.voice.recordings import NAME, RECORDED, manifest, recorded, words_of

CALLS = "calls"


def look_at_recordings(settings: Settings, active: Mapping[str, Notifier]) -> Iterator[Finding]:
    """Nothing where no calls are made."""
    if VOICE not in active:
        return
    own, said = str(settings.voice_dir or ""), manifest()
    for language in RECORDED:
        yield from _look_at(language, own, said.get(language, {}))
    if own:
        yield from _look_at_own(Path(own))
    if program() is None:
        said_so = "Names are said by the provider's Russian voice: espeak-ng is not installed."
        yield look(CALLS, said_so, "Install espeak-ng where the web runs, or leave it so.")
    if is_loopback(settings.public_url) and outside({VOICE: active[VOICE]}):
        said_so = "Nobody outside can reach us: recordings cannot be fetched, and no pressed key is heard."
        yield look(CALLS, said_so, "Set AMANBA_PUBLIC_URL; until then calls speak Russian there, and end unanswered.")


def _look_at(language: str, own: str, made: Mapping[str, str]) -> Iterator[Finding]:
    words = words_of(language)
    silent = [name for name in words if recorded(name, language, own) is None]
    changed = [name for name, text in words.items() if name not in silent and made.get(name, text) != text]
    if silent:
        do = "Make them with python -m service.voice.make, or put recordings of these names into AMANBA_VOICE_DIR."
        yield wrong(
            CALLS, f"{language}: {len(silent)} of {len(words)} sentences are not recorded ({silent[0]}, …).", do
        )
    elif changed:
        do = "Make them anew: python -m service.voice.make."
        yield look(
            CALLS, f"{language}: {len(changed)} recordings say something else than we write ({changed[0]}, …).", do
        )
    else:
        yield ok(CALLS, f"{language}: all {len(words)} sentences are recorded.")


def _look_at_own(folder: Path) -> Iterator[Finding]:
    if not folder.is_dir():
        yield wrong(CALLS, "AMANBA_VOICE_DIR names no folder that can be read.", "Name the folder of your recordings.")
        return
    for language in RECORDED:
        files = sorted((folder / language).glob("*.wav"))
        unknown = [one.stem for one in files if not NAME.fullmatch(one.stem) or one.stem not in words_of(language)]
        if unknown:
            do = "Name them as those in service/voice; clips.json there says what each says."
            yield look(CALLS, f"{language}: {len(unknown)} own recordings are never played ({unknown[0]}, …).", do)
