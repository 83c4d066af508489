"""Whether a proxy should send people to this process, and why not."""

from __future__ import annotations

from service.db.schema import HEAD, Fit
from service.db.state import put_state
from service.usecases.context import Service
from service.usecases.footing import WEB_OFF_AT_MOST


def unready(service: Service, *, engine: bool) -> str | None:
    """Why this process should be passed over; None when it is ready: the database takes its writes, and it knows the
    schema or is served by a newer one. That is not enough for an `engine`, which claims nothing then.

    Raises:
        StorageUnavailable: the database is away.
    """
    if service.wake.leaving.is_set():
        return "This process is about to end."
    service.run(lambda conn: put_state(conn, "ready", True, service.clock()))
    ground = service.footing.look_again(service.db, service.clock)
    if ground.fit is Fit.FOREIGN or (engine and ground.fit is Fit.NEWER):
        return f"The database has schema {ground.revision}; this version knows {HEAD} and cannot go on with it."
    if ground.clock_is_off(WEB_OFF_AT_MOST) or (engine and service.footing.lost):
        return f"The clock is {ground.ahead.total_seconds():+.1f} s off the database's."
    return None
