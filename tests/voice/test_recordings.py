"""Recordings, and what they are put together from."""

from __future__ import annotations

import io
import math
import re
import shutil
import struct
import wave
from itertools import pairwise
from pathlib import Path

import pytest

from service.core.alarm import AlarmKind
from service.core.wording_alert import AlertFacts
from service.core.wording_voice import SENTENCES, alert_aloud
from service.texts import LANGUAGES
from service.usecases.aloud import aloud
from service.voice import engine
from service.voice.recordings import RECORDED, manifest, pieces, recorded, words_of
from service.voice.sentences import ALONE, translator_aloud
from service.voice.sound import RATE, samples_of, telephone, wav


def tone(rate: int, hertz: int, seconds: float = 0.5) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        samples = (int(12000 * math.sin(2 * math.pi * hertz * n / rate)) for n in range(int(rate * seconds)))
        out.writeframes(b"".join(struct.pack("<h", one) for one in samples))
    return file.getvalue()


def loudness(samples: bytes) -> float:
    """Of mu-law samples, by their exponents and mantissas."""
    values = [((((~byte & 0x0F) << 3) + 0x84) << ((~byte >> 4) & 7)) - 0x84 for byte in samples]
    return math.sqrt(sum(value * value for value in values) / len(values))


@pytest.mark.parametrize("language", RECORDED)
def test_every_sentence_is_recorded_as_it_reads_today(language: str) -> None:
    """After a change of words: `python -m service.voice.make`."""
    assert manifest()[language] == dict(words_of(language))
    for name in words_of(language):
        assert recorded(name, language), name


@pytest.mark.parametrize("language", [*ALONE, *(one for one in LANGUAGES if one != "en")])
def test_every_sentence_is_translated_with_its_places(language: str) -> None:
    _ = translator_aloud(language)
    for sentence in SENTENCES.values():
        assert _(sentence) != sentence
        assert re.findall(r"{\w+}", _(sentence)) == re.findall(r"{\w+}", sentence)


@pytest.mark.parametrize("language", RECORDED)
@pytest.mark.parametrize("kind", list(AlarmKind))
def test_of_an_alarm_only_names_are_not_recorded(language: str, kind: AlarmKind) -> None:
    facts = AlertFacts(
        "Айжан", kind, "21.11 22:05", "7F3K", missed=12, employer="Lotus", consulate_phone="+902422481200"
    )
    text = aloud(alert_aloud(facts, full=True, _=translator_aloud(language)), language, "alert", ("1",))
    assert [piece.text for piece in pieces(text, language) if not piece.clips] == ["Айжан", "Lotus"]


def test_numbers_are_said_in_ones_and_tens() -> None:
    def clips(text: str) -> list[str]:
        return [clip for piece in pieces(text, "kk") for clip in piece.clips]

    assert clips("20:31") == ["n20", "n30", "n1"]
    assert clips("7:05") == ["n7", "n0", "n5"]
    assert clips("0:00") == ["n0", "n0", "n0"]
    assert clips("59") == ["n50", "n9"]
    assert clips("9 0 2") == ["n9", "n0", "n2"]
    assert clips("2026") == ["n2", "n0", "n2", "n6"]


def test_an_organizations_own_recording_takes_the_place_of_ours(tmp_path: Path) -> None:
    (tmp_path / "kk").mkdir()
    (tmp_path / "kk" / "how-0.wav").write_bytes(tone(16000, 440))
    (tmp_path / "kk" / "opening-0.wav").write_bytes(b"not sound")
    own = str(tmp_path)
    assert recorded("how-0", "kk", own) == telephone(tone(16000, 440))
    assert recorded("opening-0", "kk", own) == recorded("opening-0", "kk"), "one that cannot be played is passed over"
    for name in ("../kk/how-0", "how-0.wav", "", "nothing"):
        assert recorded(name, "kk", own) is None
    assert recorded("how-0", "../kk", own) is None


def test_a_telephone_hears_speech_and_no_whistle() -> None:
    """What lies above half the rate would come back as another tone."""
    heard, unheard = telephone(tone(22050, 1000)), telephone(tone(22050, 7000))
    assert len(heard) == pytest.approx(RATE / 2, rel=0.02)
    assert loudness(heard) == pytest.approx(12000 / math.sqrt(2), rel=0.1)
    assert loudness(unheard) < loudness(heard) / 20
    crossings = sum(1 for one, two in pairwise(heard) if (one ^ two) & 0x80)
    assert crossings == pytest.approx(1000, rel=0.05)


def test_a_file_is_read_back_as_it_was_written() -> None:
    samples = bytes(range(255))
    assert samples_of(wav([samples])) == samples
    assert len(samples_of(wav([samples, samples], pause=0.25))) == 2 * (255 + RATE // 4)
    for strange in (b"", b"RIFF", b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x03\0"):
        with pytest.raises(ValueError, match=r"WAV|needed"):
            samples_of(strange)


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_a_name_is_synthesized_where_the_program_is() -> None:
    said = engine.synthesized("Айжан --version", "kk")
    assert said
    assert loudness(said) > 500


def test_without_the_program_nothing_is_synthesized(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "program", lambda: None)
    assert engine.synthesized("Айжан", "kk") is None


def test_what_could_not_be_said_is_tried_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    speaker, sound = tmp_path / "speaker", tmp_path / "a.wav"
    sound.write_bytes(tone(22050, 800))
    monkeypatch.setattr(engine, "program", lambda: str(speaker))
    for script, is_said in (("exit 1", False), (f"cat {sound}", True)):
        speaker.write_text(f"#!/bin/sh\ncat > /dev/null\n{script}\n")
        speaker.chmod(0o700)
        assert bool(engine.synthesized("Айжан", "kk")) == is_said
