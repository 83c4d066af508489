"""What a passphrase costs whoever tries many: all other tests hash theirs with as little as Argon2 allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.settings import Settings
from service.usecases.context import Limits, Service
from service.usecases.passphrase import FULL, Effort, hash_passphrase, passphrase_fits
from service.usecases.set_words import WordsForm, prepare_words
from service.wiring import build
from tests.easy import EASY
from tests.web.form_world import FormWorld, forms_once

__all__ = ["forms_once"]

REAL = "$argon2id$v=19$m=65536,t=3,p=4$"
FORM = WordsForm(("green apples",), ("heavy rain",), "a quiet harbour")


def stored_by(service: Service) -> str:
    return prepare_words(service, FORM).passphrase_hash


def test_an_installation_takes_64_mb_and_three_passes_for_each_try(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMANBA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("AMANBA_DATABASE_URL", sqlite_url)
    installed = build(Settings())
    stored = stored_by(installed)
    installed.db.close()
    assert installed.limits.passphrase == Limits().passphrase == FULL
    assert stored.startswith(REAL)
    assert passphrase_fits(" a quiet harbour", stored)
    assert not passphrase_fits("a quiet harbor", stored)


def test_each_is_tried_with_the_effort_that_it_was_hashed_with(forms_once: FormWorld) -> None:
    assert forms_once.service.limits.passphrase == EASY
    stored = stored_by(forms_once.service)
    assert stored.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert passphrase_fits("a quiet harbour", stored)
    other = hash_passphrase("a quiet harbour", Effort(passes=2, kibibytes=16, lanes=2))
    assert other.startswith("$argon2id$v=19$m=16,t=2,p=2$")
    assert passphrase_fits("a quiet harbour", other)
