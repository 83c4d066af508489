"""The secret keys and the backup key: whether they are there and can be used. Whether they open the database, the check
of the database says."""

from __future__ import annotations

from collections.abc import Iterator

from notifiers.base import NotConfigured
from service.backups import find_backup_key, find_secret_keys
from service.db.errors import SecretKeysError
from service.db.secrets import BACKUP_NAME, NAME
from service.doctor.findings import Finding, look, ok, wrong
from service.settings import Settings

KEYS = "secret keys"
BACKUP = "backups"


def look_at_keys(settings: Settings) -> Iterator[Finding]:
    """AMANBA_SECRET_KEYS or their file."""
    try:
        keys = find_secret_keys(settings)
    except (SecretKeysError, OSError) as error:
        yield wrong(KEYS, f"{_plain(error)}.", "Put the right keys there; without them nothing that is sealed opens.")
        return
    if keys is None:
        do = f"Or set {NAME}_FILE. Lose them, and everything that people told Amanba is lost."
        yield look(KEYS, f"There are none yet; the first start makes {settings.key_file}.", do)
    else:
        where = "in the environment" if settings.secret_keys.get_secret_value() else f"in {settings.key_file}"
        count = "One secret key lies" if len(keys) == 1 else f"{len(keys)} secret keys lie"
        yield ok(KEYS, f"{count} {where}. Keep a copy in another place, away from the backups.")


def look_at_backups(settings: Settings) -> Iterator[Finding]:
    """AMANBA_BACKUP_KEY or its file."""
    try:
        key = find_backup_key(settings)
    except (NotConfigured, SecretKeysError, OSError) as error:
        yield wrong(BACKUP, f"{_plain(error)}.", "No backup can be made with it.")
        return
    if key is None:
        do = f"Make a key with amanba key, set {BACKUP_NAME}_FILE, and let amanba backup run every night."
        yield look(BACKUP, f"{BACKUP_NAME} is not set: no backup can be made.", do)
    else:
        yield ok(BACKUP, f"{BACKUP_NAME} is there. Try amanba restore on another machine before you need it.")


def _plain(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
