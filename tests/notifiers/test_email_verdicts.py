"""What each refusal of a mail server means, and what a broken connection leaves open."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from notifiers.base import Accepted, Cause, Rejected, SendResult, Unavailable
from tests.notifiers.email_notifier import MESSAGE, notifier
from tests.notifiers.mail_server import HANG_UP, MailServer, mail_server, scripted_server


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as one:
        yield one


def is_kind(result: SendResult, cause: Cause) -> bool:
    return isinstance(result, Rejected) and result.cause is cause


@pytest.mark.parametrize(
    ("asked", "answer", "cause"),
    [
        ("RCPT", "550 5.1.1 <gulnar@example.org> is unknown here", Cause.PERMANENT),
        ("RCPT", "550 no such user gulnar@example.org", Cause.PERMANENT),
        ("RCPT", "553 5.1.3 bad address", Cause.PERMANENT),
        ("RCPT", "550 5.2.1 this mailbox is disabled", Cause.PERMANENT),
        ("RCPT", "552 5.2.2 the mailbox is full", Cause.TEMPORARY),
        ("RCPT", "450 4.2.1 try again", Cause.TEMPORARY),
        ("RCPT", "451 greylisted", Cause.TEMPORARY),
        ("RCPT", "554 5.7.1 relay access denied", Cause.CONFIGURATION),
        ("RCPT", "530 5.7.0 sign in first", Cause.CONFIGURATION),
        ("RCPT", "530 sign in first", Cause.CONFIGURATION),
        ("RCPT", "503 5.5.1 bad sequence", Cause.CONFIGURATION),
        ("MAIL", "550 5.7.1 this sender may not", Cause.CONFIGURATION),
        ("MAIL", "451 4.3.0 not now", Cause.TEMPORARY),
        ("MAIL", "530 5.7.0 sign in first", Cause.CONFIGURATION),
        ("DATA", "550 5.1.1 no such user", Cause.PERMANENT),
        ("DATA", "554 5.7.1 this looks like spam", Cause.CONFIGURATION),
        ("DATA", "552 too much", Cause.CONFIGURATION),
        ("DATA", "452 4.3.1 out of space", Cause.TEMPORARY),
        ("DATA", "421 4.3.2 going down", Cause.TEMPORARY),
    ],
)
def test_a_refusal_says_whose_turn_it_is_and_never_whom_it_was_for(
    server: MailServer, asked: str, answer: str, cause: Cause
) -> None:
    server.answers[asked] = answer
    result = notifier(server).send(MESSAGE)
    assert isinstance(result, Rejected)
    assert result.cause is cause
    assert result.code == " ".join(re.findall(r"^\d{3}|\b\d\.\d\.\d\b", answer))
    assert "gulnar" not in f"{result}"


def test_a_wrong_password_is_ours_to_mend() -> None:
    with mail_server(user="amanba", password="secret") as server:
        result = notifier(server, sign_in="amanba:wrong@").send(MESSAGE)
        assert is_kind(result, Cause.CONFIGURATION)
        assert "535" in getattr(result, "code", "")
    with mail_server() as server:
        assert is_kind(notifier(server, sign_in="amanba:secret@").send(MESSAGE), Cause.CONFIGURATION)


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        (("554 not for you",), Cause.CONFIGURATION),
        (("421 busy",), Cause.TEMPORARY),
        (("220 here", "250 here", "250 sender", "250 recipient", "451 not now", "221 bye"), Cause.TEMPORARY),
        (("220 here", "550 who are you", "550 who are you", "221 bye"), Cause.CONFIGURATION),
    ],
)
def test_a_refusal_at_the_door(script: tuple[str, ...], cause: Cause) -> None:
    with scripted_server(*script) as port:
        assert is_kind(notifier(port).send(MESSAGE), cause)


BEFORE_THE_DOT = ("220 here", "250 here", "250 sender", "250 recipient")


@pytest.mark.parametrize("steps", range(len(BEFORE_THE_DOT) + 1))
@pytest.mark.parametrize("then_waits", [False, True])
def test_what_ends_before_the_last_dot_was_surely_not_accepted(steps: int, then_waits: bool) -> None:
    with scripted_server(*BEFORE_THE_DOT[:steps], then_waits=then_waits) as port:
        result = notifier(port, TIMEOUT="0.3").send(MESSAGE)
    assert isinstance(result, Unavailable)
    assert not result.maybe_accepted


@pytest.mark.parametrize("then_waits", [False, True])
@pytest.mark.parametrize("end", [(), ("nonsense",)])
def test_an_answer_lost_after_the_last_dot_leaves_it_open(end: tuple[str, ...], then_waits: bool) -> None:
    # Long enough to come to the dot on a busy machine; only who waits is waited for.
    timeout = "1.5" if then_waits else "10"
    with scripted_server(*BEFORE_THE_DOT, "354 go on", *end, HANG_UP, then_waits=then_waits) as port:
        result = notifier(port, TIMEOUT=timeout).send(MESSAGE)
    assert isinstance(result, Unavailable)
    assert result.maybe_accepted


def test_a_mail_whose_answer_was_lost_has_arrived(server: MailServer) -> None:
    server.loses_answers = True
    result = notifier(server).send(MESSAGE)
    assert isinstance(result, Unavailable)
    assert result.maybe_accepted
    assert server.texts() == [MESSAGE.body]


def test_a_server_that_breaks_off_after_taking_it_has_taken_it() -> None:
    with scripted_server(*BEFORE_THE_DOT, "354 go on", "250 taken", HANG_UP) as port:
        assert isinstance(notifier(port).send(MESSAGE), Accepted)


def test_a_server_whose_answer_has_no_end_is_not_waited_for_without_end() -> None:
    with scripted_server(babbles=True) as port:
        result = notifier(port, TIMEOUT="0.3").send(MESSAGE)
    assert isinstance(result, Unavailable)
    assert not result.maybe_accepted
