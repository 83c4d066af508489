"""What the product cannot do, whoever asks: tell where a phone is, take a picture, or ask more often than every 6 h."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from service.core.plan import Leg, Plan
from service.core.plan_check import Limits, Reason, check_plan
from service.db.stored import Stored
from service.settings import Settings
from service.usecases import context
from service.web.pages import HEADERS
from tests.architecture.sources import texts

ASKS_THE_PHONE = re.compile(
    r"geolocation|watchPosition|navigator\.(?!sendBeacon|onLine|serviceWorker)\w+|DeviceMotion|DeviceOrientation"
    r"|RTCPeerConnection|getUserMedia|type=\"file\"|capture=|enctype="
)
KEPT_NOWHERE = {"ip", "ip_address", "user_agent", "latitude", "longitude", "lat", "lon", "location", "last_seen"}
WHO_CALLS = re.compile(
    r"\.client\.host|headers.{0,6}\"(?:x-forwarded-for|x-real-ip|forwarded|user-agent)", re.IGNORECASE
)


def test_no_page_asks_a_phone_where_it_is_or_for_a_picture() -> None:
    """T19: no location of a device; T26: no photo check-in. The browser is told so as well."""
    pages = [(path, text) for path, text in texts() if path.is_relative_to("service/web") and path.suffix != ".py"]
    assert any(path.suffix == ".js" for path, _ in pages)
    assert any(path.suffix == ".html" for path, _ in pages)
    assert [(str(path), found) for path, text in pages for found in ASKS_THE_PHONE.findall(text)] == []
    for sense in ("camera", "geolocation", "microphone"):
        assert f"{sense}=()" in HEADERS["Permissions-Policy"]


def test_no_table_keeps_where_somebody_was_or_from_where_she_came() -> None:
    """T19: no coordinates, and no address of a computer: nothing from which a place could be derived."""
    columns = {column.name for table in Stored.metadata.sorted_tables for column in table.columns}
    assert columns & KEPT_NOWHERE == set()


def test_from_where_somebody_calls_is_read_in_one_place_alone() -> None:
    """T19: there it becomes a keyed hash, which counts tries and is forgotten."""
    code = [(path, text) for path, text in texts() if path.is_relative_to("service") and path.suffix == ".py"]
    assert {str(path) for path, text in code if WHO_CALLS.search(text)} <= {"service/web/visitor.py"}


def test_six_hours_lie_between_recurring_times_and_no_setting_changes_that() -> None:
    """T26: in the code and not in the configuration; only a demonstration, which reaches nobody, lifts it."""
    assert context.Limits().recurring_apart == Limits().recurring_apart == timedelta(hours=6)
    begins = datetime(2026, 12, 1, tzinfo=UTC)
    often = Plan(begins, (Leg(begins, "Europe/Istanbul", "TR"),), every=timedelta(hours=6) - timedelta(seconds=1))
    assert [problem.reason for problem in check_plan(often, Limits())] == [Reason.TOO_SHORT]
    assert [name for name in Settings.model_fields if re.search(r"apart|interval|every|recurring|minimum", name)] == []
