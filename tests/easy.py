"""What tests take lightly, so that they take little time; each is looked at as it really is by one test."""

import os

import pytest

from service.usecases.passphrase import Effort

EASY = Effort(passes=1, kibibytes=8, lanes=1)
"""A real passphrase takes a fifth of a second of a processor whenever it is tried: usecases/test_passphrase.py."""

_BOTH = os.environ.get("TEST_EVERY_WAY") == "1"
one_database = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"] if _BOTH else ["sqlite"], indirect=True)
"""For a test that looks at answers, and whose statements the stories run on both kinds; `make soak` runs it on both."""
