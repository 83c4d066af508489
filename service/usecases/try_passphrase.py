"""Tries a passphrase of a trip, by whichever way: five wrong ones lock it for 15 minutes, and nothing says so.

What is counted belongs to the trip, not to a session or a token: who signs in anew has no more tries than before.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from service.db.trips import TripKey
from service.usecases.codes import is_locked, note_wrong
from service.usecases.context import Service
from service.usecases.limits import Limit, count, spent
from service.usecases.passphrase import passphrase_fits

WRONG_A_DAY = Limit("passphrases_a_day", 20, timedelta(days=1))
"""After these none is right until a day after the first: a person may guess for weeks."""


def passphrase_opens(service: Service, key: TripKey, passphrase: str, stored: str) -> bool:
    """Whether it is the trip's passphrase, of which `stored` is the hash, and may be used now. A wrong one is counted.

    The slow comparison is done outside of transactions, and as long when none would be right.

    Raises:
        StorageUnavailable: too many are tried at once, or the database is away.
    """
    fits, now = passphrase_fits(passphrase, stored), service.clock()
    if fits:
        # Looked at last, so that of many at once those behind the fifth wrong one are too late.
        return not service.read(lambda conn: _is_locked(service, conn, key, now))
    service.run(lambda conn: _note_wrong(service, conn, key, now))
    return False


def _is_locked(service: Service, conn: Connection, key: TripKey, now: datetime) -> bool:
    a_day = spent(service, conn, now, WRONG_A_DAY.by(_name(key)))
    return is_locked(service, conn, _name(key), now) or a_day is not None


def _note_wrong(service: Service, conn: Connection, key: TripKey, now: datetime) -> None:
    if not is_locked(service, conn, _name(key), now):
        # While none is right, a wrong one teaches nothing.
        note_wrong(service, conn, _name(key), now)
        count(service, conn, now, WRONG_A_DAY.by(_name(key)))


def _name(key: TripKey) -> str:
    # Trips of two travelers may have the same id.
    return f"passphrase:{key.traveler_id}:{key.trip_id}"
