"""What the settings say of whoever runs this and of somebody outside: taken whole, or refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from notifiers.base import NotConfigured
from service.db.migrate import upgrade
from service.settings import Settings, environment
from service.usecases.context import OperatorWay
from service.wiring import build, check

NUMBER, MAIL, HOOK = "+77011234567", "operator@example.org", "https://hooks.example.org/amanba/0123456789"
LOOPBACK = "http://127.0.0.1:9/hook"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Where a test sets AMANBA_* variables."""
    monkeypatch.setenv("AMANBA_DATA_DIR", str(tmp_path))
    return monkeypatch


@pytest.mark.parametrize("operator", [NUMBER, MAIL, HOOK, LOOPBACK, f"{NUMBER}, {MAIL},{HOOK}", f"{NUMBER},", ""])
def test_the_operator_has_any_number_of_ways(settings: pytest.MonkeyPatch, operator: str) -> None:
    settings.setenv("AMANBA_OPERATOR", operator)
    check(Settings())


@pytest.mark.parametrize(
    "operator",
    ["hello", "77011234567", f"{NUMBER} {MAIL}", "http://hooks.example.org/x", "ftp://x/y", f"{NUMBER},hello"],
)
def test_an_address_that_nobody_could_be_paged_by_is_refused(settings: pytest.MonkeyPatch, operator: str) -> None:
    settings.setenv("AMANBA_OPERATOR", operator)
    with pytest.raises(NotConfigured, match="AMANBA_OPERATOR"):
        check(Settings())


def test_a_webhook_is_named_in_one_place(settings: pytest.MonkeyPatch) -> None:
    settings.setenv("AMANBA_WEBHOOK_URL", HOOK)
    with pytest.raises(NotConfigured, match=r"AMANBA_WEBHOOK_URL.*AMANBA_OPERATOR"):
        check(Settings())


def test_a_secret_without_a_webhook_signs_nothing(settings: pytest.MonkeyPatch) -> None:
    settings.setenv("AMANBA_OPERATOR", NUMBER)
    settings.setenv("AMANBA_WEBHOOK_SECRET", "secret")
    with pytest.raises(NotConfigured, match="AMANBA_WEBHOOK_SECRET"):
        check(Settings())


def test_addresses_that_hold_a_secret_may_stand_in_a_file(settings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "operator").write_text(f"{NUMBER},{HOOK}\n")
    settings.setenv("AMANBA_OPERATOR_FILE", str(tmp_path / "operator"))
    assert environment(Settings())["AMANBA_WEBHOOK_URL"] == HOOK


def test_each_way_that_a_channel_serves_is_used(settings: pytest.MonkeyPatch) -> None:
    settings.setenv("AMANBA_OPERATOR", f"{NUMBER},{MAIL},{LOOPBACK},{NUMBER}")
    upgrade(Settings().database)
    service = build(Settings())
    assert service.operator_ways == (OperatorWay("sms", NUMBER), OperatorWay("webhook", LOOPBACK))
    assert service.demo, "a webhook reaches nobody: the phones stay simulated"
    assert set(service.senders) == {"sms"}, "and no contact can be told by it"
    service.db.close()


def test_a_demonstration_pages_nobody_outside(settings: pytest.MonkeyPatch) -> None:
    settings.setenv("AMANBA_DEMO", "1")
    settings.setenv("AMANBA_OPERATOR", HOOK)
    with pytest.raises(NotConfigured, match="webhook"):
        build(Settings())


@pytest.mark.parametrize(
    "url", ["http://watch.example.org/ping", "watch.example.org", "https://u:p@watch.example.org/"]
)
def test_a_heartbeat_goes_where_nobody_listens_in(settings: pytest.MonkeyPatch, url: str) -> None:
    settings.setenv("AMANBA_HEARTBEAT_URL", url)
    with pytest.raises(ValidationError, match="AMANBA_HEARTBEAT_URL") as caught:
        Settings()
    assert "watch.example.org" not in str(caught.value)


def test_who_knows_the_heartbeats_address_can_silence_the_alarm_about_us(settings: pytest.MonkeyPatch) -> None:
    settings.setenv("AMANBA_HEARTBEAT_URL", "https://watch.example.org/ping/0123456789")
    assert "0123456789" not in f"{Settings()!r}"


def test_what_is_not_set_up_is_known_by_the_names_of_its_variables(settings: pytest.MonkeyPatch) -> None:
    for name, value in (("ACCOUNT_SID", "AC" + "1" * 32), ("AUTH_TOKEN", "a-token"), ("FROM", "+48732000000")):
        settings.setenv(f"AMANBA_TWILIO_{name}", value)
    upgrade(Settings().database)
    service = build(Settings())
    missing = {one.name: one.missing for one in service.setups}
    assert missing["twilio_sms"] == ()
    assert missing["twilio_voice"] == ("AMANBA_TWILIO_VOICE_FROM",)
    assert missing["telegram"] == ("AMANBA_TELEGRAM_BOT_TOKEN",)
    assert "a-token" not in repr(service.setups)
    service.db.close()


def test_mail_without_texts_is_said_at_the_start(settings: pytest.MonkeyPatch) -> None:
    settings.setenv("AMANBA_SMTP_URL", "smtp://127.0.0.1:1")
    settings.setenv("AMANBA_SMTP_FROM", "post@example.org")
    upgrade(Settings().database)
    with capture_logs() as logged:
        build(Settings()).db.close()
    assert "no_texts" in [line["event"] for line in logged]
