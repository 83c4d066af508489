"""Builds the service from its settings: storage, keys and channels. Every program starts here."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial

import structlog

from notifiers.base import NotConfigured, Notifier, providers_of
from notifiers.plain_http import is_callable
from notifiers.registry import configured, discover, order_variable, outside
from notifiers.segments import measure, spell_cheaply
from service.clock import monotonic, utc_now
from service.db.engine import make_engine
from service.db.listen import Line
from service.db.sealed import open_keyring
from service.db.secrets import load_or_make_key_file, parse_secret_keys
from service.settings import Settings, environment
from service.texts import LANGUAGES
from service.usecases.context import WEBHOOK, Limits, Service, Setup, channel_of, operator_addresses

SIMULATED = "phones"
SIMULATED_OPERATOR = "+77000000099"
ANSWER_AFTER = timedelta(seconds=1)
"""A word of duress takes some thousandths of a second longer to read than a safe one."""
ANSWER_FIRST = ANSWER_AFTER + timedelta(seconds=2)
"""Until that is due, and as long as a provider takes to be given a text, and some: one that sends a number's texts one
after another would let a traveler wait for her answer until all that her words set off has left."""
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

_OPERATOR = re.compile(r"\+[1-9]\d{6,14}|[^@\s:/]+@[^@\s]+")

log = structlog.get_logger()


def check(settings: Settings) -> None:
    """What each setting alone cannot say of itself.

    Raises:
        NotConfigured: naming the variable.
    """
    for complaint in complaints(settings):
        raise NotConfigured(complaint)
    for name in unknown_settings():
        # Perhaps mistyped; perhaps another version's. To stop for it would stop the alarms.
        log.warning("unknown_setting", variable=name)


def complaints(settings: Settings) -> Iterator[str]:
    """Everything that no start is possible with, each naming its variable."""
    if settings.log_level.upper() not in LEVELS:
        yield f"AMANBA_LOG_LEVEL: must be one of {', '.join(LEVELS)}"
    if settings.language not in LANGUAGES:
        yield f"AMANBA_LANGUAGE: must be one of {', '.join(sorted(LANGUAGES))}"
    yield from _complaints_of_operator(settings)


def unknown_settings() -> list[str]:
    """The AMANBA_* variables that are set and that nobody reads."""
    ours = {f"AMANBA_{field.upper()}" for field in Settings.model_fields}
    channels = {name for spec in discover() for name in (*spec.variables(), order_variable(spec.channel))}
    return sorted(name for name in os.environ if name.startswith("AMANBA_") and name not in ours | channels)


def channels(settings: Settings, env: Mapping[str, str]) -> dict[str, Notifier]:
    """The channels that `env` sets up.

    Raises:
        NotConfigured: one is half set up, or a demonstration would reach real people.
    """
    notifiers = configured(env, utc_now)
    if settings.demo and (names := outside(notifiers)):
        raise NotConfigured(
            f"AMANBA_DEMO=1 with a provider outside this machine ({', '.join(names)}): a demonstration must not reach"
            " real people. Unset AMANBA_DEMO, or the provider's settings."
        )
    return notifiers


def build(settings: Settings) -> Service:
    """The service, its database migrated or not.

    Raises:
        NotConfigured: a channel is half set up, or a demonstration would reach real people.
        SecretKeysError: the secret keys cannot be used.
        StorageUnavailable: the database is away.
    """
    env = environment(settings)
    notifiers = channels(settings, env)
    simulated = any(notifier.name == SIMULATED for notifier in providers_of(notifiers.values()))
    demo = settings.demo or simulated
    db = make_engine(settings.database)
    secrets = settings.secret_keys.get_secret_value()
    keys = open_keyring(
        db, parse_secret_keys(secrets) if secrets else load_or_make_key_file(settings.key_file), utc_now()
    )
    limits = Limits(
        storm_brake=settings.storm_brake,
        lease=timedelta(seconds=settings.lease_seconds),
        sends_at_once=settings.senders,
        sends_a_day=settings.sends_a_day,
        sends_a_day_per_trip=settings.sends_a_day_per_trip,
        codes_a_day=settings.codes_a_day,
        answer_first=ANSWER_FIRST,
        answer_after=ANSWER_AFTER,
    )
    if demo:
        second = timedelta(seconds=1)
        limits = replace(limits, grace_at_least=second, wait_at_least=second, recurring_apart=second)
        limits = replace(limits, rehearsal_wait_at_most=10 * second, rehearsals_apart=30 * second)
        limits = replace(limits, answer_first=timedelta(0), answer_after=timedelta(0))
    service = Service(
        db=db,
        keys=keys,
        notifiers=notifiers,
        segments=lambda text: measure(spell_cheaply(text)).segments,
        fold=spell_cheaply,
        setups=tuple(
            Setup(one.name, one.channel, one.title, tuple(one.missing(env)), one.simulated) for one in discover()
        ),
        public_url=settings.public_url,
        leave_url=settings.leave_url,
        metrics_token=settings.metrics_token.get_secret_value(),
        heartbeat_url=settings.heartbeat_url.get_secret_value(),
        operator=settings.operator or (SIMULATED_OPERATOR if simulated else ""),
        demo=demo,
        voice_dir=str(settings.voice_dir or ""),
        language=settings.language,
        limits=limits,
        monotonic=monotonic,
    )
    if not service.operator:
        log.warning("no_operator", hint="set AMANBA_OPERATOR: no trip can be armed without somebody who is paged")
    elif not service.operator_ways:
        log.warning("operator_unreachable", hint="no channel reaches AMANBA_OPERATOR: pages go to the log")
    elif len(service.operator_ways) < len(operator_addresses(service.operator)):
        log.warning("operator_partly_unreachable", hint="an address of AMANBA_OPERATOR has no channel that reaches it")
    if service.senders and "sms" not in service.senders:
        log.warning("no_texts", hint="no channel carries texts: nobody can sign in, because codes go by SMS")
    return service


def _complaints_of_operator(settings: Settings) -> Iterator[str]:
    addresses = operator_addresses(settings.operator)
    if not all(_OPERATOR.fullmatch(address) or is_callable(address) for address in addresses):
        yield (
            "AMANBA_OPERATOR: must be numbers like +77011234567, e-mail addresses or https:// addresses,"
            " separated by commas"
        )
    if os.environ.get("AMANBA_WEBHOOK_URL") or os.environ.get("AMANBA_WEBHOOK_URL_FILE"):
        yield "AMANBA_WEBHOOK_URL: name the webhook's address in AMANBA_OPERATOR"
    signs = os.environ.get("AMANBA_WEBHOOK_SECRET") or os.environ.get("AMANBA_WEBHOOK_SECRET_FILE")
    if signs and not any(channel_of(address) == WEBHOOK for address in addresses):
        yield "AMANBA_WEBHOOK_SECRET: AMANBA_OPERATOR names no https:// address that it could sign for"


def open_line(service: Service, *, engine: bool) -> Line | None:
    """A line over which this process tells the others that there is something to do; one with an engine hears them too.

    None with SQLite, whose processes are woken by the clock. Whoever opened it stops it.
    """
    if service.db.connect_alone is None:
        return None
    bells = service.wake.bells
    line = Line(service.db.connect_alone, {name: bell.ring_here for name, bell in bells.items()} if engine else {})
    for name, bell in bells.items():
        bell.tell_others = partial(line.tell, name)
    line.start()
    return line
