"""The log as the product writes it: lines with ids, and nothing that anybody could learn of a person from."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
import structlog
from sqlalchemy import func, select, update

from service.core.reply import Reading, read
from service.db import tables
from service.db.routing import Inbox
from service.db.stored import table_of
from service.logs import QUIET, set_up_logging
from tests.notifiers.hook_server import hook_server
from tests.notifiers.mail_server import mail_server
from tests.scenarios.story import BROTHER, FUND, MOTHER, OPERATOR, TRAVELER, Story, open_story
from tests.web.contact_pages import PIN, alarm_page, choose_pin

PLANS, INBOX = table_of(tables.Plan), table_of(Inbox)
HER_MAIL, BY_MAIL = "gulnar.s@example.org", "operator@example.org"
NAMES = ("Айжан", "Серікқызы", "Гүлнар", "Daniyar", "Сәуле")
SAFE, DURESS, UNCLEAR, BREAKING = "жасыл алма", "қатты жаңбыр", "кто вы такие", "this text breaks us"
STRANGER = "+48601002003"


@contextmanager
def product_log() -> Iterator[None]:
    """The log as the product sets it up, at its most talkative; as it was before, after it."""
    root, before, hook = logging.getLogger(), structlog.get_config(), threading.excepthook
    handlers, levels = root.handlers[:], {name: logging.getLogger(name).level for name in ("", *QUIET)}
    set_up_logging("DEBUG")
    try:
        yield
    finally:
        structlog.configure(**before)
        threading.excepthook = hook
        logging.raiseExceptions = True
        root.handlers[:] = handlers
        for name, level in levels.items():
            logging.getLogger(name or None).setLevel(level)


def tell_everything(story: Story, monkeypatch: pytest.MonkeyPatch, mail_answers: dict[str, str]) -> None:
    """Everything that can happen to a trip, to its messages and to us."""
    story.register(name="Айжан Серікқызы", language="kk")
    story.plan_trip()
    both = [{"channel": "email", "address": HER_MAIL}, {"channel": "sms", "address": MOTHER}]
    story.add_contact("Гүлнар", MOTHER, language="ru", channels=both)
    story.add_contact("Daniyar", BROTHER, role="call")
    story.add_contact("Сәуле", FUND, role="caseworker")
    story.set_words((SAFE,), (DURESS,))
    story.arm()
    choose_pin(story, "Daniyar")
    story.twilio.refuse(BROTHER, 21408)
    mail_answers["RCPT"] = f"550 5.1.1 <{HER_MAIL}> is not known here"
    assert story.client.get(story.check_in_url).status_code == 200
    assert story.client.post(story.check_in_url, data={"nonce": "n", "text": SAFE}).status_code == 200
    story.traveler.text(UNCLEAR)
    story.twilio.text(STRANGER, UNCLEAR)
    story.client.post("/hooks/twilio/sms", data={"From": TRAVELER, "Body": UNCLEAR})
    story.advance_to("2026-12-01T20:40+03:00")
    story.twilio.fail_next(401, 20003, times=2)
    story.twilio.fail_next(500, times=2)
    story.twilio.fail_next(500, times=2, method="GET")
    story.twilio.hang_up(method="GET")
    story.twilio.answer_raw(f"<html>{TRAVELER} {NAMES[0]}</html>".encode())
    story.advance_to("2026-12-01T21:30+03:00")
    break_reading(story, monkeypatch)
    for answer in ("1", "3"):
        story.mother.reply(answer)
    story.twilio.refuse(FUND, 21610)
    page = alarm_page(story.mother)
    assert story.client.get(page).status_code == 200
    assert story.client.post(page, data={"do": "open", "pin": PIN}).status_code == 200
    story.traveler.text(DURESS)
    story.advance(minutes=20)
    story.mother.reply("STOP")
    newest = select(func.max(INBOX.c.inbox_id)).scalar_subquery()
    story.service.run(
        lambda conn: conn.execute(update(INBOX).where(INBOX.c.inbox_id == newest).values(sealed=b"?", handled_at=None))
    )
    story.advance(minutes=5)
    story.service.run(lambda conn: conn.execute(update(PLANS).values(sealed=b"?")))
    story.advance(minutes=40)


def break_reading(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text on which reading breaks, with an error that quotes it and its sender."""

    def breaks(text: str) -> Reading:
        if text == BREAKING:
            raise ValueError(f"{text} from {TRAVELER}, {NAMES[0]}")
        return read(text)

    with monkeypatch.context() as broken:
        broken.setattr("service.usecases.read_inbox.understood", breaks)
        story.traveler.text(BREAKING)
        story.run()


def secrets_of(story: Story, mails: Iterable[str]) -> set[str]:
    """What of this story must stand in no log."""
    people = (TRAVELER, MOTHER, BROTHER, FUND, OPERATOR, STRANGER)
    bodies = [text.body for text in story.twilio.ledger.texts] + list(mails)
    # A page to the operator names what it is about as the log does.
    bodies = [re.sub(r"\(\w+_id [^)]*\)", "", body) for body in bodies]
    windows = {body[at : at + 16] for body in bodies for at in range(0, max(1, len(body) - 15), 5) if len(body) > 15}
    tokens = {token for body in bodies for token in re.findall(r"amanba\.example/\w/(\w{8,})", body)}
    return {
        *(part for phone in people for part in (phone[1:], phone[-9:])),
        *NAMES,
        *(SAFE, DURESS, UNCLEAR, BREAKING, "a quiet harbour", "Lotus Garden", "Kaleici", "Antalya"),
        *(HER_MAIL, BY_MAIL, "gulnar"),
        *windows,
        *tokens,
        story.token,
        story.check_in_url.rsplit("/", 1)[1],
    }


def codes_of(story: Story) -> set[str]:
    """Codes that people got or chose: short, so that they may stand in no line by themselves."""
    bodies = " ".join(text.body for text in story.twilio.sent)
    return {PIN, *re.findall(r"#(\w{4})\b", bodies), *re.findall(r"\b(\d{6})\b", bodies)}


def test_no_line_holds_a_number_a_name_a_word_a_text_or_a_secret(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """T36, T4: whatever happens, and at the most talkative level."""
    with product_log(), mail_server() as mail, hook_server() as hook:
        hook.status = 500
        env = {
            "AMANBA_SMTP_URL": f"smtp://127.0.0.1:{mail.port}",
            "AMANBA_SMTP_FROM": "Aman <post@example.org>",
            "AMANBA_WEBHOOK_URL": hook.url,
            "AMANBA_WEBHOOK_SECRET": "what only we know",
        }
        with open_story(sqlite_url, operator=f"{OPERATOR},{BY_MAIL},{hook.url}", env=env) as story:
            tell_everything(story, monkeypatch, mail.answers)
        secrets, codes = secrets_of(story, mail.texts()) | {"what only we know", "/hook/0123456789"}, codes_of(story)
    said = capfd.readouterr()
    assert said.out == "", "what commands answer stays by itself"
    lines = [json.loads(line) for line in said.err.splitlines()]
    assert {"handed_over", "inbox_row_set_aside", "sweep_failed", "operator_paged", "source_unreadable"} <= {
        line["event"] for line in lines
    }
    assert [secret for secret in secrets if secret in said.err] == []
    assert [code for code in codes if re.search(rf"(?<![\w.:-]){code}(?![\w-])", said.err)] == []


def test_each_line_says_when_where_and_about_what(sqlite_url: str, capfd: pytest.CaptureFixture[str]) -> None:
    with product_log(), open_story(sqlite_url) as story:
        story.register()
        story.twilio.fail_next(400, 21211)
        story.plan_trip()
        story.add_contact("Gulnar", MOTHER, accept=False)
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert lines
    for line in lines:
        assert datetime.fromisoformat(line["timestamp"]).tzinfo == UTC
        assert line["level"] in ("debug", "info", "warning", "error")
        assert re.fullmatch(r"\S+:\d+", line["process"])
    handed_over = [line for line in lines if line["event"] == "handed_over"]
    assert all(line["outbox_id"] for line in handed_over)
    assert any("trip_id" in line for line in handed_over)
    assert [line["code"] for line in handed_over if line["result"] == "Rejected"] == ["21211"]


def test_an_error_is_logged_by_its_kind_and_place_and_not_by_its_words(capfd: pytest.CaptureFixture[str]) -> None:
    with product_log():
        try:
            try:
                datetime.fromisoformat("heavy rain")
            except ValueError as error:
                raise KeyError(TRAVELER) from error
        except KeyError:
            structlog.get_logger().exception("job_failed")
            logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 2
    for line in lines:
        for part in ("builtins.ValueError", "builtins.KeyError", "test_log.py"):
            assert part in line
        assert "heavy rain" not in line
        assert TRAVELER not in line


def test_a_thread_that_ends_by_an_error_says_so_without_its_words(capfd: pytest.CaptureFixture[str]) -> None:
    def breaks() -> None:
        raise ValueError(TRAVELER)

    with product_log():
        thread = threading.Thread(target=breaks, name="send-3")
        thread.start()
        thread.join()
    (line,) = capfd.readouterr().err.splitlines()
    assert (json.loads(line)["event"], json.loads(line)["thread"]) == ("thread_ended", "send-3")
    assert TRAVELER not in line


def test_of_a_librarys_line_only_what_was_there_before_it_was_filled(capfd: pytest.CaptureFixture[str]) -> None:
    library = logging.getLogger("urllib3.connectionpool")
    with product_log():
        library.warning("Retrying (%r) after connection broken: %s", 1, f"/Messages.json?To={TRAVELER}")
        library.warning(f"Task exception was never retrieved: {TRAVELER}")
        library.warning("", TRAVELER)
        library.info("not worth a line")
    filled, ready, empty = map(json.loads, capfd.readouterr().err.splitlines())
    assert filled["template"] == "Retrying (%r) after connection broken: %s"
    assert "template" not in ready
    assert "template" not in empty, "and a line of no words is a line"
    assert ready["place"].startswith("test_log.py:")
