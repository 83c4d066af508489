"""`amanba doctor`: looks at everything that an alarm needs, and says in plain sentences what to do.

It changes nothing, sends nothing, shows no secret, and works whether or not the service runs.
"""

from __future__ import annotations

from functools import partial

from notifiers.base import providers_of
from service.doctor import channels, hooks, keys, public_url, recordings, storage
from service.doctor.findings import Finding, in_time
from service.doctor.settings import look_at_settings


def examine() -> list[Finding]:
    """All findings, in the order in which one would mend them; those about one thing together."""
    found = _examine()
    order = list(dict.fromkeys(finding.about for finding in found))
    return sorted(found, key=lambda finding: order.index(finding.about))


def _examine() -> list[Finding]:
    settings, found = look_at_settings()
    if settings is None:
        return found
    found += in_time(keys.KEYS, partial(keys.look_at_keys, settings))
    found += in_time(storage.DATABASE, partial(storage.look_at_database, settings))
    active, said = channels.set_up(settings)
    found += said
    for notifier in providers_of(active.values()):
        found += in_time(notifier.channel, partial(channels.look_at_provider, notifier))
        found += in_time(notifier.channel, partial(hooks.look_at_hooks, settings, notifier))
    found += in_time(channels.ANSWERS, partial(channels.look_at_answers, active))
    found += in_time(recordings.CALLS, partial(recordings.look_at_recordings, settings, active))
    found += in_time(channels.OPERATOR, partial(channels.look_at_operator, settings, active))
    found += in_time(public_url.URL, partial(public_url.look_at_public_url, settings, active))
    found += in_time(keys.BACKUP, partial(keys.look_at_backups, settings))
    return found
