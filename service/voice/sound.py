"""Sound as a telephone carries it: one channel, 8,000 samples a second, mu-law (ITU-T G.711), in a WAV file."""

from __future__ import annotations

import io
import math
import struct
import wave
from array import array
from collections.abc import Iterable

RATE = 8000
_MU_LAW = 7
"""The format's number in a WAV file."""
_SILENCE = 0xFF
_BIAS, _CLIP = 0x84, 32635
_TAPS = 12
"""Input samples at each side of an output one that it is made of."""
_QUIET = 200
"""Below this a sample counts as silence where a recording begins or ends."""


def telephone(recording: bytes) -> bytes:
    """A WAV file of 16 bits and one channel at any rate, as mu-law samples, without the silence around it.

    Raises:
        ValueError: it is something else.
    """
    try:
        with wave.open(io.BytesIO(recording)) as source:
            if source.getsampwidth() != 2 or source.getnchannels() != 1:
                raise ValueError("16 bits and one channel are needed")
            samples = array("h", source.readframes(source.getnframes()))
            rate = source.getframerate()
    except (wave.Error, EOFError) as error:
        raise ValueError("not a WAV file") from error
    return bytes(map(_mu_law, _resampled(_trimmed(samples), rate)))


def wav(samples: Iterable[bytes], pause: float = 0.0) -> bytes:
    """Mu-law samples as a WAV file, with `pause` seconds of silence after each."""
    gap = bytes([_SILENCE]) * int(pause * RATE)
    data = b"".join(part + gap for part in samples)
    size = len(data) + len(data) % 2
    form = struct.pack("<HHIIHHH", _MU_LAW, 1, RATE, RATE, 1, 8, 0)
    fact = struct.pack("<I", len(data))
    head = b"fmt " + struct.pack("<I", len(form)) + form + b"fact" + struct.pack("<I", len(fact)) + fact
    body = b"WAVE" + head + b"data" + struct.pack("<I", len(data)) + data.ljust(size, b"\0")
    return b"RIFF" + struct.pack("<I", len(body)) + body


def samples_of(file: bytes) -> bytes:
    """The mu-law samples of a WAV file: one of ours as it is, another one made so.

    Raises:
        ValueError: it is no WAV file of one channel.
    """
    is_ours = file[:4] == b"RIFF" and file[8:16] == b"WAVEfmt " and file[20:22] == _MU_LAW.to_bytes(2, "little")
    if not is_ours:
        return telephone(file)
    if file[22:28] != struct.pack("<HI", 1, RATE):
        raise ValueError("8,000 samples a second and one channel are needed")
    place = file.find(b"data") + 8
    if place < 8:
        raise ValueError("a WAV file without sound")
    return file[place : place + int.from_bytes(file[place - 4 : place], "little")]


def _trimmed(samples: array[int]) -> array[int]:
    loud = [place for place, sample in enumerate(samples) if abs(sample) > _QUIET]
    return samples[loud[0] : loud[-1] + 1] if loud else samples[:0]


def _resampled(samples: array[int], rate: int) -> Iterable[int]:
    """Each output sample is a sum of those around its moment, weighed so that nothing above 4 kHz stays (Lanczos)."""
    step = rate / RATE
    wide = max(step, 1.0)
    reach = int(_TAPS * wide / 4) + 1
    kernels: dict[int, list[float]] = {}
    for number in range(int(len(samples) / step)):
        at = number * step
        first = int(at) - reach + 1
        phase = round((at - int(at)) * 64)
        weights = kernels.get(phase)
        if weights is None:
            weights = kernels[phase] = _kernel(phase / 64, reach, wide)
        around = samples[max(first, 0) : first + 2 * reach]
        skipped = max(-first, 0)
        yield int(sum(map(float.__mul__, weights[skipped:], map(float, around))))


def _kernel(phase: float, reach: int, wide: float) -> list[float]:
    weights = [_lanczos((place - phase) / wide) for place in range(1 - reach, reach + 1)]
    total = sum(weights)
    return [weight / total for weight in weights]


def _lanczos(x: float) -> float:
    if x == 0:
        return 1.0
    if abs(x) >= 3:
        return 0.0
    return 3 * math.sin(math.pi * x) * math.sin(math.pi * x / 3) / (math.pi * x) ** 2


def _mu_law(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), _CLIP) + _BIAS
    exponent = magnitude.bit_length() - 8
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~(sign | (exponent << 4) | mantissa) & 0xFF
