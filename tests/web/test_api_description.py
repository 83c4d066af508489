"""What the description of the API says, holds: whatever is sent, the answer is one that it names, in the form that it
names, and never that we failed.
"""

from __future__ import annotations

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from service.usecases import passphrase
from tests.web.form_world import FormWorld, forms_once

__all__ = ["forms_once"]


@pytest.fixture
def world(forms_once: FormWorld, monkeypatch: pytest.MonkeyPatch) -> FormWorld:
    quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    monkeypatch.setattr(passphrase, "_HASHER", quick)
    return forms_once


def test_every_answer_is_one_that_the_description_names(world: FormWorld) -> None:
    """T48: and the description is all that a stranger knows."""
    from tests.web.described import faults_of_the_api

    faults = faults_of_the_api(world)
    assert faults == [], "\n\n".join(faults)
