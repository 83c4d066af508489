"""The ways in which a call says a text that its provider has no voice for."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from notifiers.base import Utterance
from service.core.wording_voice import in_short
from service.db.errors import KeyErased, SealBroken
from service.db.stored import table_of
from service.db.tables import Outbox
from service.usecases.aloud import SPARE
from service.usecases.context import Service
from service.voice.engine import program, synthesized
from service.voice.recordings import RECORDED, Piece, pieces, recorded
from service.voice.sentences import primary, translator_aloud
from service.voice.sound import wav

OUTBOX = table_of(Outbox)
BETWEEN_SECONDS = 0.25
"""Of silence after each recording."""

_MAC_BYTES = 12
_TO_RUSSIAN = str.maketrans("әғқңөұүһіӘҒҚҢӨҰҮҺІ", "агкноуухиАГКНОУУХИ")

Way = tuple[Utterance, ...]


def voiced(
    service: Service, text: str, language: str, *, outbox_id: UUID | None = None, again: str = ""
) -> tuple[Way, ...]:
    """Ways to say `text` in `language`, taken in turn; none where the provider reads it aloud as it is.

    One is made of recordings, which lie at our address; what is not recorded is synthesized, when it belongs to the
    message `outbox_id` and we have the means, else read by the provider's Russian voice. Around it stands `again`, the
    same in Russian, which the provider says itself: first in short, then whole. A recording that cannot be fetched ends
    a call at Twilio's, so what matters must have been heard before the first.
    """
    language = primary(language)
    taken_apart = pieces(text, language) if language in RECORDED else ()
    if not any(piece.clips for piece in taken_apart):
        return ((Utterance(text, language),), (Utterance(again, SPARE),)) if again else ()
    recordings = tuple(
        one
        for index, piece in enumerate(taken_apart)
        for one in _utterances(service, piece, language, _token(service, outbox_id, index) if outbox_id else None)
    )
    if not again:
        return (recordings,)
    short = in_short(again, translator_aloud(SPARE))
    return (Utterance(short, SPARE),), recordings, (Utterance(again, SPARE),)


def recording(service: Service, language: str, name: str) -> bytes | None:
    """A recording as a WAV file; None when there is none of this name."""
    samples = recorded(name, language, service.voice_dir)
    return None if samples is None else wav([samples], BETWEEN_SECONDS)


def piece_said(service: Service, token: str) -> bytes | None:
    """The piece of a call that this token names, as a WAV file; None for any other, and when the message is forgotten.

    Raises:
        StorageUnavailable: the database is away.
    """
    try:
        named = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        outbox_id, index = UUID(bytes=named[:16]), named[16]
    except (ValueError, binascii.Error, IndexError):
        return None
    if not hmac.compare_digest(_token(service, outbox_id, index).encode(), token.encode("ascii", "replace")):
        return None
    found = service.read(lambda conn: _text_of(service, conn, outbox_id))
    taken_apart = pieces(*found) if found else ()
    return _as_wav(service, taken_apart[index], found[1]) if found and index < len(taken_apart) else None


def _utterances(service: Service, piece: Piece, language: str, token: str | None) -> Iterator[Utterance]:
    if len(piece.clips) == 1 or (piece.clips and token is None):
        for name in piece.clips:
            yield Utterance(piece.text, language, f"{service.public_url}/voice/{language}/{name}.wav")
    elif token is not None and (piece.clips or program()):
        yield Utterance(piece.text, language, f"{service.public_url}/voice/{token}.wav")
    else:
        yield Utterance(piece.text.translate(_TO_RUSSIAN), SPARE)


def _token(service: Service, outbox_id: UUID, index: int) -> str:
    mac = service.keys.token_hash(f"voice:{outbox_id}:{index}")[:_MAC_BYTES]
    return base64.urlsafe_b64encode(outbox_id.bytes + bytes([index]) + mac).decode().rstrip("=")


def _text_of(service: Service, conn: Connection, outbox_id: UUID) -> tuple[str, str] | None:
    row: Any = conn.execute(select(OUTBOX.c.sealed).where(OUTBOX.c.outbox_id == outbox_id)).first()
    try:
        secret = json.loads(service.keys.open(conn, b"outbox", row.sealed)) if row is not None else None
    except (KeyErased, SealBroken):
        return None
    language = primary(secret.get("language", "")) if secret else ""
    return (secret["body"], language) if secret and language in RECORDED else None


def _as_wav(service: Service, piece: Piece, language: str) -> bytes | None:
    if not piece.clips:
        samples = synthesized(piece.text, language)
        return None if samples is None else wav([samples], BETWEEN_SECONDS)
    found = [recorded(name, language, service.voice_dir) for name in piece.clips]
    return wav([one for one in found if one is not None], BETWEEN_SECONDS) if any(found) else None
