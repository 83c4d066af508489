"""What tests take lightly, so that they take little time; each is looked at as it really is by one test."""

from service.usecases.passphrase import Effort

EASY = Effort(passes=1, kibibytes=8, lanes=1)
"""A real passphrase takes a fifth of a second of a processor whenever it is tried: usecases/test_passphrase.py."""
