"""Builds the service from its settings: storage, keys and channels. Every program starts here."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

import structlog

from notifiers.base import NotConfigured
from notifiers.registry import configured, outside
from notifiers.segments import measure, spell_cheaply
from service.clock import utc_now
from service.db.engine import make_engine
from service.db.sealed import open_keyring
from service.db.secrets import load_or_make_key_file, parse_secret_keys
from service.settings import Settings, environment
from service.usecases.context import Limits, Service

SIMULATED = "phones"
SIMULATED_OPERATOR = "+77000000099"


def build(settings: Settings) -> Service:
    """The service, its database migrated or not.

    Raises:
        NotConfigured: a channel is half set up, or a demonstration would reach real people.
        SecretKeysError: the secret keys cannot be used.
        StorageUnavailable: the database is away.
    """
    notifiers = configured(environment(settings), utc_now)
    simulated = any(notifier.name == SIMULATED for notifier in notifiers.values())
    if settings.demo and (names := outside(notifiers)):
        raise NotConfigured(
            f"AMANBA_DEMO=1 with a provider outside this machine ({', '.join(names)}): a demonstration must not reach"
            " real people. Unset AMANBA_DEMO, or the provider's settings."
        )
    demo = settings.demo or simulated
    db = make_engine(settings.database)
    secrets = settings.secret_keys.get_secret_value()
    keys = open_keyring(
        db, parse_secret_keys(secrets) if secrets else load_or_make_key_file(settings.key_file), utc_now()
    )
    limits = Limits(storm_brake=settings.storm_brake, lease=timedelta(seconds=settings.lease_seconds))
    if demo:
        second = timedelta(seconds=1)
        limits = replace(limits, grace_at_least=second, wait_at_least=second, recurring_apart=second)
    return Service(
        db=db,
        keys=keys,
        notifiers=notifiers,
        segments=lambda text: measure(spell_cheaply(text)).segments,
        fold=spell_cheaply,
        public_url=settings.public_url,
        operator=settings.operator or (SIMULATED_OPERATOR if simulated else ""),
        demo=demo,
        limits=limits,
    )


def set_up_logging(level: str) -> None:
    """Structured lines with ids; never a number, name, word or text."""
    chosen = logging.getLevelName(level.upper())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(chosen if isinstance(chosen, int) else logging.INFO),
        cache_logger_on_first_use=False,
    )
    # What providers' clients and the web server log holds numbers and links.
    for name in ("twilio", "httpx", "urllib3", "uvicorn.access", "apscheduler"):
        logging.getLogger(name).setLevel(logging.WARNING)
