"""Finds the channels. A module of this package that defines `SPEC` is a channel; nothing lists it
anywhere else.

Settings come from a mapping of environment variables: field `api_url` of a spec with prefix `TWILIO` is
`AMANBA_TWILIO_API_URL`, and a secret field may be given as a file by `…_FILE`.
"""

from __future__ import annotations

import importlib
import ipaddress
import pkgutil
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

import notifiers
from notifiers.base import CallsOut, NotConfigured, Notifier, providers_of
from notifiers.several import Several

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class NotifierSpec:
    """What a channel's module says of itself.

    `settings` is a pydantic model; its fields, under `AMANBA_` + `prefix` + `_`, are the channel's
    variables, and their titles and descriptions are what a form shows. `build` makes the notifier from
    an instance of that model and a callable that tells the time (aware, UTC). `simulated` ones reach
    nobody. One that does not reach people carries pages to whoever runs this, and no other message.
    """

    name: str
    channel: str
    title: str
    settings: type[BaseModel]
    build: Callable[[Any, Clock], Notifier]
    prefix: str
    simulated: bool = False
    reaches_people: bool = True

    def variable(self, field: str) -> str:
        """The environment variable of one settings field."""
        return f"AMANBA_{self.prefix}_{field.rstrip('_').upper()}"

    def is_secret(self, field: str) -> bool:
        """Whether the field may also be given as a file, and must never be shown."""
        return "SecretStr" in str(self.settings.model_fields[field].annotation)

    def variables(self) -> frozenset[str]:
        """Every environment variable that this channel reads."""
        names = (self.variable(field) for field in self.settings.model_fields)
        files = (f"{self.variable(field)}_FILE" for field in self.settings.model_fields if self.is_secret(field))
        return frozenset((*names, *files))

    def missing(self, env: Mapping[str, str]) -> list[str]:
        """The variables of required fields that are given neither directly nor as a file."""
        required = [name for name, field in self.settings.model_fields.items() if field.is_required()]
        return [self.variable(field) for field in required if not self._given(field, env)]

    def load(self, env: Mapping[str, str]) -> BaseModel:
        """Read and check the settings.

        Raises `NotConfigured` that names each variable at fault, never a secret.
        """
        given = {field: value for field in self.settings.model_fields if (value := self._read(field, env))}
        try:
            return self.settings.model_validate(given)
        except ValidationError as error:
            raise NotConfigured("; ".join(self._faults(error))) from None

    def _given(self, field: str, env: Mapping[str, str]) -> bool:
        variable = self.variable(field)
        return bool(env.get(variable) or (self.is_secret(field) and env.get(f"{variable}_FILE")))

    def _read(self, field: str, env: Mapping[str, str]) -> str:
        variable = self.variable(field)
        value, path = env.get(variable, ""), env.get(f"{variable}_FILE", "") if self.is_secret(field) else ""
        if not path:
            return value
        if value:
            raise NotConfigured(f"{variable} and {variable}_FILE are both set; keep one")
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeError) as error:
            raise NotConfigured(f"{variable}_FILE cannot be read: {type(error).__name__}") from error

    def _faults(self, error: ValidationError) -> Iterator[str]:
        for fault in error.errors(include_input=False, include_url=False):
            variable = self.variable(str(fault["loc"][0])) if fault["loc"] else f"AMANBA_{self.prefix}_*"
            yield f"{variable}: {'is missing' if fault['type'] == 'missing' else fault['msg']}"


def discover(package: types.ModuleType = notifiers) -> list[NotifierSpec]:
    """The specs of every module in `package`, sorted by name. Raises `ValueError` when two share a name."""
    found: dict[str, NotifierSpec] = {}
    for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        spec = getattr(importlib.import_module(info.name), "SPEC", None)
        if not isinstance(spec, NotifierSpec):
            continue
        if spec.name in found:
            raise ValueError(f"Two notifiers are called {spec.name}")
        found[spec.name] = spec
    return [found[name] for name in sorted(found)]


def configured(env: Mapping[str, str], now: Clock, specs: list[NotifierSpec] | None = None) -> dict[str, Notifier]:
    """The notifiers that `env` sets up, by channel.

    1. A real one is set up when all its required variables are given.
    2. One that is begun and not finished raises `NotConfigured` naming what is missing. Variables that
       a finished one reads too begin nothing, so that two channels of one provider may share its
       credentials.
    3. Only when no real one reaches people, the simulated ones whose variables are given.
    4. Several of one channel become one (`notifiers.several`), tried in the order that `AMANBA_<CHANNEL>_ORDER` names,
    the others after them; without it, and among the others, in the order of their names.
    """
    specs = discover() if specs is None else specs
    real = [spec for spec in specs if not spec.simulated]
    finished = [spec for spec in real if not spec.missing(env)]
    taken = frozenset[str]().union(*(spec.variables() for spec in finished))
    begun = [spec for spec in real if spec not in finished and any(env.get(name) for name in spec.variables() - taken)]
    if begun:
        # All of them: which of two channels of one provider is meant nobody can tell from its credentials alone.
        half = (f"{spec.title} is half set up: {', '.join(spec.missing(env))} is missing" for spec in begun)
        raise NotConfigured("; ".join(half))
    chosen = [spec for spec in finished if spec.reaches_people]
    chosen = chosen or [spec for spec in specs if spec.simulated and not spec.missing(env)]
    return _by_channel([*chosen, *(spec for spec in finished if not spec.reaches_people)], env, now)


def outside(active: Mapping[str, Notifier]) -> list[str]:
    """Names of the notifiers that would reach beyond this machine: a demonstration must refuse them."""
    return [
        one.name for one in providers_of(active.values()) if isinstance(one, CallsOut) and not is_loopback(one.api_url)
    ]


def order_variable(channel: str) -> str:
    """The environment variable that says in which order the providers of a channel are tried."""
    return f"AMANBA_{channel.upper()}_ORDER"


def is_loopback(url: str) -> bool:
    """Whether the host of `url` is this machine by name or address. Anything unclear is not."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _by_channel(chosen: list[NotifierSpec], env: Mapping[str, str], now: Clock) -> dict[str, Notifier]:
    providers: dict[str, list[Notifier]] = {}
    for spec in chosen:
        providers.setdefault(spec.channel, []).append(spec.build(spec.load(env), now))
    return {channel: _in_order(channel, found, env, now) for channel, found in providers.items()}


def _in_order(channel: str, found: list[Notifier], env: Mapping[str, str], now: Clock) -> Notifier:
    variable = order_variable(channel)
    order = [name for part in env.get(variable, "").split(",") if (name := part.strip())]
    names = sorted(one.name for one in found)
    if strange := [name for name in order if name not in names]:
        raise NotConfigured(f"{variable} names {', '.join(strange)}; set up for {channel}: {', '.join(names)}")
    places = {name: place for place, name in enumerate(dict.fromkeys([*order, *names]))}
    ordered = sorted(found, key=lambda one: places[one.name])
    return ordered[0] if len(ordered) == 1 else Several(ordered, now)
