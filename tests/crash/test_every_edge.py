"""Somebody dies at every edge there is while nine families live through it, on both topologies.

`make soak` goes on for 200 kills on each: test_kills.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from service.edges import ACCEPTED, POINTS, SENDING, Act
from tests.crash.household import STORIES
from tests.crash.site import open_site
from tests.crash.trouble import OF_TROUBLE

SEED = 20261122
PATIENCE = 90.0
FIRST_IN = 5.0
"""Seconds; by then the kills have begun."""
OF_SENDING = (Act.CLAIM.after, SENDING, ACCEPTED, Act.SETTLE.before, Act.SETTLE.after)
"""Where they are to die once there is something to be lost."""


@pytest.mark.long(60)
@pytest.mark.parametrize("topology", ["postgresql", "sqlite"])
def test_killed_at_every_edge_nothing_is_lost_and_nobody_is_told_twice(topology: str, tmp_path: Path) -> None:
    """T38: after a kill at every step each person is told once at least, and not twice without need."""
    with open_site(topology, tmp_path, SEED) as site:
        site.let_chatter(apart=0.3)
        homes = site.found(list(STORIES))
        # Two families invite, arm, rehearse and come home under the kills; the others' deadlines come meanwhile.
        site.arm([home for home in homes if home.story not in ("home", "rehearsal")], first_in=FIRST_IN)
        site.twilio.is_rough = True
        site.fleet.order(*(point for point in POINTS if point not in (*OF_SENDING, *OF_TROUBLE)))
        site.let_live(homes)
        site.wait_until_alarms_are_near()
        if site.postgres is not None:
            site.stop_database()
        site.fleet.order(*OF_SENDING)
        never_fired = site.fleet.wait_for_orders(PATIENCE)
        site.wait_for_all()
        site.end_chatter()
        site.rest()
        summary = site.sum_up()
        summary.never_fired = sorted(never_fired)
        print(summary)
        assert summary.good, str(summary)
