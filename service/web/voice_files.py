"""`/voice/…`: the sound of calls in languages that the provider has no voice for. Fetched by it while it calls."""

from __future__ import annotations

from fastapi import APIRouter, Response

from service.usecases.context import Service
from service.usecases.problems import StorageUnavailable
from service.usecases.voiced import piece_said, recording

WAV = "audio/wav"


def router(service: Service) -> APIRouter:
    """What is recorded is anybody's to hear; what is said of a person lies behind a token that names one message."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/voice/{language}/{name}.wav")
    def clip(language: str, name: str) -> Response:
        return _sound(recording(service, language, name), "public, max-age=3600")

    @routes.get("/voice/{token}.wav")
    def piece(token: str) -> Response:
        try:
            return _sound(piece_said(service, token), "no-store")
        except StorageUnavailable:
            return Response(status_code=503)

    return routes


def _sound(file: bytes | None, cache: str) -> Response:
    if file is None:
        return Response(status_code=404)
    return Response(file, media_type=WAV, headers={"Cache-Control": cache})
