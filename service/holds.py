"""What `amanba keep` does: a trip is kept longer than the table of retention says, let go, or listed."""

from __future__ import annotations

from datetime import timedelta

from notifiers.base import NotConfigured
from service.usecases.context import Service
from service.usecases.keep_trip import Hold, keep_trip, let_go, list_holds
from service.usecases.problems import NotFound


def hold(service: Service, which: str, because: str, days: int, *, end: bool) -> list[str]:
    """Keep the trip that `which` names, or let it `end`; without a name, list what is kept. What to say about it.

    Raises:
        NotConfigured: there is no such trip, or no reason was given; in one sentence.
    """
    try:
        if not which:
            return [_said(one) for one in list_holds(service)] or ["No trip is kept."]
        if end:
            return [f"{key.trip_id} is not kept any more." for key in let_go(service, which)]
        return [_said(one) for one in keep_trip(service, which, because, timedelta(days=days))]
    except NotFound:
        raise NotConfigured("no trip that is still here has this code or id") from None
    except ValueError as error:
        raise NotConfigured(str(error)) from None
    finally:
        service.db.close()


def _said(one: Hold) -> str:
    return f"{one.key.trip_id} is kept until {one.until:%Y-%m-%d}: {one.because}"
