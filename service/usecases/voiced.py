"""The ways in which a call says a text that its provider has no voice for."""

from __future__ import annotations

from notifiers.base import Utterance
from service.usecases.context import Service

Ways = tuple[tuple[Utterance, ...], ...]


def voiced(service: Service, text: str, language: str) -> Ways:
    """Ways to say `text` in `language`, to be taken in turn; none where the provider reads it aloud by itself."""
    del service, text, language
    return ()
