"""The little worlds that the contract is proven in: one for each notifier, on loopback.

`world_<name>.py` beside this file serves the notifier of that name and defines `world(folder)`, a
context manager that yields a `World`. A notifier without one is held to the part of the contract that
needs no provider.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol, cast

from notifiers.base import Notifier
from notifiers.registry import NotifierSpec


class World(Protocol):
    """A notifier, a provider for it, and one person who can be reached at `address`."""

    notifier: Notifier
    address: str

    def now(self) -> datetime:
        """The provider's clock."""

    def pass_time(self, minutes: float) -> None:
        """Let time go by, at the provider."""

    def arrived(self) -> list[str]:
        """The bodies that reached the person, oldest first."""

    def lose_next_answer(self) -> bool:
        """The next message is taken and its answer lost. False when this world cannot."""

    def write(self, body: str) -> str | None:
        """The person writes to us, and we do not hear it; the provider's id.

        None when this channel is one-way.
        """

    def go_away(self) -> None:
        """From now on the provider does not answer."""


MakeWorld = Callable[[Path], AbstractContextManager[World]]


def world_of(spec: NotifierSpec) -> MakeWorld | None:
    """How to make the world of this notifier, when it has one."""
    name = f"tests.notifiers.world_{spec.name}"
    if importlib.util.find_spec(name) is None:
        return None
    return cast(MakeWorld, importlib.import_module(name).world)


def address_of(spec: NotifierSpec) -> str:
    """An address as this notifier takes it: `ADDRESS` of its world's module, else a number."""
    name = f"tests.notifiers.world_{spec.name}"
    found = importlib.import_module(name) if importlib.util.find_spec(name) else None
    return str(getattr(found, "ADDRESS", "+77010000001"))


def example_env(spec: NotifierSpec, folder: Path) -> dict[str, str]:
    """Enough settings for `build`: each required field's first example, or a path in `folder`."""
    env = {}
    for name, field in spec.settings.model_fields.items():
        if field.annotation is Path:
            env[spec.variable(name)] = str(folder / f"{spec.name}_{name}")
        elif field.is_required():
            assert field.examples, f"{spec.settings.__name__}.{name} needs an example, for forms and for this test"
            env[spec.variable(name)] = str(field.examples[0])
    return env
