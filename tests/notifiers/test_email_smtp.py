"""E-mail over real SMTP on loopback: what arrives, how it is protected, and what each refusal means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from email.header import decode_header, make_header
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest

from notifiers.base import Accepted, Cause, DeliveryState, NotConfigured, Rejected, SendResult
from notifiers.email_smtp import SPEC, EmailSmtp, parse_server
from notifiers.registry import configured, outside
from tests.notifiers.email_notifier import LINK, MESSAGE, NOW, notifier, now
from tests.notifiers.mail_server import (
    MailServer,
    certificates,
    identity,
    mail_server,
    scripted_server,
)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as one:
        yield one


@pytest.fixture
def ca(tmp_path: Path) -> str:
    return str(certificates(tmp_path))


def is_kind(result: SendResult, cause: Cause) -> bool:
    return isinstance(result, Rejected) and result.cause is cause


# --- what arrives


def test_a_mail_is_text_and_a_page_and_says_who_when_and_what(server: MailServer) -> None:
    result = notifier(server).send(MESSAGE)
    assert result == Accepted(f"<{MESSAGE.outbox_id}@example.org>", DeliveryState.SENT)
    (mail,) = server.mails
    assert server.texts() == [MESSAGE.body]
    assert mail["Subject"] == MESSAGE.subject
    assert mail["From"] == "Аман <post@example.org>"
    assert mail["To"] == "gulnar@example.org"
    assert mail["Date"].datetime == NOW
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == result.provider_id
    assert server.recipients == ["gulnar@example.org"]


def test_a_repeated_mail_has_the_same_message_id(server: MailServer) -> None:
    first, second = notifier(server).send(MESSAGE), notifier(server).send(MESSAGE)
    assert first == second
    assert len({mail["Message-ID"] for mail in server.mails}) == 1
    other = notifier(server).send(replace(MESSAGE, outbox_id="another"))
    assert isinstance(other, Accepted)
    assert other != first


def test_the_page_is_the_same_text_escaped_with_paragraphs_and_our_links(server: MailServer) -> None:
    notifier(server).send(MESSAGE)
    (page,) = server.pages()
    assert "Позвоните &lt;сейчас&gt; &amp; спросите." in page
    assert page.count("<p ") == 3
    assert page.count("<br>") == 1
    assert re.findall(r'href="([^"]*)"', page) == [LINK]
    assert '<meta name="color-scheme" content="light dark">' in page


def test_the_page_loads_nothing_and_sets_no_color_that_darkness_would_hide(server: MailServer) -> None:
    notifier(server).send(MESSAGE)
    (page,) = server.pages()
    assert not re.search(r"<(img|script|link|iframe|form|object)|src=|url\(|background|color:(?!inherit)", page)
    assert len(server.raw[0]) < 6000


def test_what_somebody_typed_never_becomes_a_link(server: MailServer) -> None:
    typed = (
        "Employer: http://evil.example/x, https://amanba.example@evil.example/, https://amanba.example.evil.example/a/1"
    )
    notifier(server).send(replace(MESSAGE, body=f"{typed} and {LINK}"))
    notifier(server).send(replace(MESSAGE, callback_url=None))
    linked, unlinked = server.pages()
    assert re.findall(r'href="([^"]*)"', linked) == [LINK]
    assert "href" not in unlinked


def test_a_mail_without_a_subject_gets_one_that_tells_nothing(server: MailServer) -> None:
    for subject in (None, "", " \r\n "):
        notifier(server).send(replace(MESSAGE, subject=subject))
    assert [mail["Subject"] for mail in server.mails] == ["A message for you"] * 3


@pytest.mark.parametrize("mean", ["Hi\r\nBcc: all@example.org", "Hi\nX: 1", "Hi\x00\x85\u2028Bcc: a@b.c", "Hi\ud800"])
def test_no_header_comes_out_of_a_subject_or_a_name(server: MailServer, mean: str) -> None:
    assert isinstance(notifier(server).send(replace(MESSAGE, subject=mean)), Accepted)
    expected = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"}
    assert set(server.mails[0].keys()) <= expected | {"X-Peer", "X-MailFrom", "X-RcptTo"}
    assert server.recipients == ["gulnar@example.org"]
    assert server.mails[0]["Subject"].isprintable()
    with pytest.raises(NotConfigured, match="AMANBA_SMTP_FROM"):
        SPEC.load({"AMANBA_SMTP_URL": "smtp://127.0.0.1", "AMANBA_SMTP_FROM": f"{mean}\r\nBcc: x <post@example.org>"})


def test_long_and_strange_texts_arrive_as_written_in_lines_that_smtp_allows(server: MailServer) -> None:
    body = f".\n..\n.#K7Q4\n{'Ұзақ мәтін ' * 300}\nFrom us = 100 % 👩‍👩‍👧 \n\n.end"
    subject = "Айгерім-Нұрсұлтанқызы: оқып шығыңызшы, " * 4
    notifier(server).send(replace(MESSAGE, body=body, subject=subject))
    assert server.texts() == [body]
    assert server.mails[0]["Subject"] == subject.strip()
    assert max(len(line) for line in server.raw[0].split(b"\r\n")) <= 78
    assert server.raw[0].replace(b"\r\n", b"").count(b"\n") == 0


@pytest.mark.parametrize(
    ("sender", "shown"),
    [
        ("post@example.org", "post@example.org"),
        ("Aman =?utf-8?q?x?= \\ post <post@example.org>", None),
        ('"Aman, post" <post@example.org>', '"Aman, post" <post@example.org>'),
        ("Пошта, Аман (үй) және қосымша ұзын атау <post@example.org>", None),
        ("Aman <post@пример.example>", "Aman <post@xn--e1afmkfd.example>"),
    ],
)
def test_the_sender_is_shown_as_it_was_set(server: MailServer, sender: str, shown: str | None) -> None:
    notifier(server, FROM=sender).send(MESSAGE)
    (mail,) = server.mails
    if shown is not None:
        assert mail["From"] == shown
    # As RFC 2047 has it; Python's newer parser puts spaces between the parts of a long name.
    (line,) = re.findall(rb"^From: (.*(?:\r\n .*)*)\r\n", server.raw[0], re.MULTILINE)
    name, _ = parseaddr(re.sub(r"\?=\s+=\?", "?==?", line.decode().replace("\r\n", "")))
    assert str(make_header(decode_header(name))) == (
        sender.partition("<")[0].strip().strip('"') if "<" in sender else ""
    )


def test_an_address_in_another_script_is_reached_where_the_server_can(server: MailServer) -> None:
    assert isinstance(notifier(server).send(replace(MESSAGE, to="гүлнар@пошта.example")), Accepted)
    assert isinstance(notifier(server).send(replace(MESSAGE, to="gulnar@пошта.example")), Accepted)
    assert server.recipients == ["гүлнар@xn--80a1acn3a.example", "gulnar@xn--80a1acn3a.example"]
    with scripted_server("220 here", "250 here", "221 bye") as port:
        assert is_kind(notifier(port).send(replace(MESSAGE, to="гүлнар@example.org")), Cause.PERMANENT)


@pytest.mark.parametrize(
    "to", ["", "gulnar", "@example.org", "a@", "a b@example.org", "a@b@c", "a@b\r\nRCPT TO:<x@y.z>", "<a@b.c>", "a@..b"]
)
def test_what_is_no_address_is_never_tried(server: MailServer, to: str) -> None:
    result = notifier(server).send(replace(MESSAGE, to=to))
    assert is_kind(result, Cause.PERMANENT)
    assert server.mails == []


# --- how it is protected


def test_starttls_comes_before_the_password(ca: str) -> None:
    with mail_server(starttls=identity(), user="amanba", password="p@ss:w/rd") as server:
        result = notifier(server, sign_in="amanba:p%40ss%3Aw%2Frd@", CA_FILE=ca).send(MESSAGE)
        assert isinstance(result, Accepted)
        assert server.encrypted == [True]


def test_implicit_tls(ca: str) -> None:
    with mail_server(implicit=identity(), user="amanba", password="secret") as server:
        assert isinstance(
            notifier(server, scheme="smtps", sign_in="amanba:secret@", CA_FILE=ca).send(MESSAGE), Accepted
        )
        assert server.encrypted == [True]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.parametrize("wrong", ["authority", "name"])
def test_a_server_that_cannot_prove_who_it_is_gets_nothing(tmp_path: Path, ca: str, scheme: str, wrong: str) -> None:
    shown = identity("mail.example.org" if wrong == "name" else "127.0.0.1")
    kind = "starttls" if scheme == "smtp" else "implicit"
    more = {"CA_FILE": str(_another_authority(tmp_path))} if wrong == "authority" else {"CA_FILE": ca}
    options: Any = {kind: shown, "user": "amanba", "password": "secret"}
    with mail_server(**options) as server:
        result = notifier(server, scheme=scheme, sign_in="amanba:secret@", **more).send(MESSAGE)
        assert is_kind(result, Cause.CONFIGURATION)
        assert isinstance(result, Rejected)
        assert result.code == "certificate"
        assert server.mails == []


def _another_authority(folder: Path) -> Path:
    import trustme

    path = folder / "another.pem"
    trustme.CA().cert_pem.write_to_path(str(path))
    return path


def test_a_server_that_offers_no_encryption_gets_no_password(ca: str) -> None:
    with mail_server(user="amanba", password="secret") as server:
        result = notifier(server, sign_in="amanba:secret@", CA_FILE=ca).send(MESSAGE)
        assert is_kind(result, Cause.CONFIGURATION)
        assert "encryption" in getattr(result, "reason", "")
        assert server.mails == []


def test_only_a_server_on_this_machine_may_be_plain() -> None:
    def is_plain(url: str) -> bool:
        settings = SPEC.load({"AMANBA_SMTP_URL": url, "AMANBA_SMTP_FROM": "post@example.org"})
        return EmailSmtp(settings, now)._tls is None  # type: ignore[arg-type]

    assert [url for url in ("smtp://127.0.0.1:1025", "smtp://localhost", "smtp://[::1]") if not is_plain(url)] == []
    assert [url for url in ("smtp://mail.example.org", "smtp://10.0.0.1", "smtps://localhost") if is_plain(url)] == []


def test_a_demonstration_can_tell_a_server_elsewhere(server: MailServer) -> None:
    def active(url: str) -> list[str]:
        return outside(configured({"AMANBA_SMTP_URL": url, "AMANBA_SMTP_FROM": "post@example.org"}, now))

    assert active("smtp://amanba:secret@mail.example.org") == ["email_smtp"]
    assert active(f"smtp://127.0.0.1:{server.port}") == []
    assert notifier(server, sign_in="amanba:secret@").api_url == f"smtp://127.0.0.1:{server.port}"


# --- settings


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("smtp://mail.example.org", ("smtp", "mail.example.org", 587, "", "")),
        ("smtps://mail.example.org", ("smtps", "mail.example.org", 465, "", "")),
        ("smtp://a%40b.c:p%3A%2F@mail.example.org:25", ("smtp", "mail.example.org", 25, "a@b.c", "p:/")),
        (" smtps://u:p@[2001:db8::1]:465/ ", ("smtps", "2001:db8::1", 465, "u", "p")),
    ],
)
def test_a_mail_server_is_one_address(url: str, where: tuple[Any, ...]) -> None:
    found = parse_server(url)
    assert (found.scheme, found.host, found.port, found.user, found.password) == where
    assert "@" not in found.url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("URL", "mail.example.org"),
        ("URL", "http://mail.example.org"),
        ("URL", "smtp://"),
        ("URL", "smtp://secret@mail.example.org"),
        ("URL", "smtp://secret:secret@mail.example.org:port"),
        ("URL", "smtp://secret:secret@mail.example.org:99999"),
        ("URL", "smtp://mail.example.org/secret"),
        ("URL", "smtp://u:пароль@mail.example.org"),
        ("URL", "smtp://u:a%0Asecret@mail.example.org"),
        ("FROM", "secret"),
        ("FROM", "Aman <secret>"),
        ("FROM", "a@example.org, b@example.org"),
        ("CA_FILE", "secret/missing.pem"),
        ("TIMEOUT", "60"),
    ],
)
def test_a_wrong_setting_is_named_and_not_repeated(name: str, value: str) -> None:
    right = {"AMANBA_SMTP_URL": "smtp://mail.example.org", "AMANBA_SMTP_FROM": "post@example.org"}
    with pytest.raises(NotConfigured, match=f"AMANBA_SMTP_{name}") as caught:
        SPEC.load({**right, f"AMANBA_SMTP_{name}": value})
    assert "secret" not in str(caught.value)
    assert "пароль" not in str(caught.value)


def test_the_server_may_stand_in_a_file(tmp_path: Path, server: MailServer) -> None:
    path = tmp_path / "smtp_url"
    path.write_text(f"smtp://127.0.0.1:{server.port}\n")
    active = configured({"AMANBA_SMTP_URL_FILE": str(path), "AMANBA_SMTP_FROM": "post@example.org"}, now)
    assert isinstance(active["email"].send(MESSAGE), Accepted)
