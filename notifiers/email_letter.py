"""How a message looks as an e-mail: the text as it is, and the same text as a small page.

Nothing is loaded from anywhere, nothing is counted, and only addresses of the service itself become links. The
Message-ID comes from the outbox id and stays the same over every attempt, so that a repeated mail can be known as one.
"""

from __future__ import annotations

import html
import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit

from notifiers.base import Message

NO_SUBJECT = "A message for you"
LONGEST_SUBJECT = 200
LONGEST_PLAIN = 60
WORD_BYTES = 33

_LINK = re.compile(r"https?://[^\s<>\"']+")
_AFTER_A_LINK = ".,;:!?)"
_ADDRESS = re.compile(r"[^\s@<>\"(),:;\[\]\\\x00-\x20\x7f]{1,64}@[^\s@<>\"(),:;\[\]\\\x00-\x20\x7f]{1,253}")

# No color is set: each reader's own light or dark page stays as it is.
_PAGE = (
    '<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<meta name="color-scheme" content="light dark"><title></title></head>'
    "<body style=\"margin:0;padding:20px;font:18px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif\">"
    '<div style="max-width:34em">{body}</div></body></html>'
)
_PARAGRAPH = '<p style="margin:0 0 1em">{lines}</p>'
_LINKED = '<a href="{url}" style="color:inherit;display:inline-block;padding:10px 0;overflow-wrap:anywhere">{url}</a>'


class NoAddress(ValueError):
    """What should be an e-mail address is none."""


def parse_address(text: str) -> Address:
    """An address with its domain as DNS knows it (IDNA).

    Raises:
        NoAddress: nothing can be sent there.
    """
    if not _ADDRESS.fullmatch(text):
        raise NoAddress
    local, _, domain = text.rpartition("@")
    try:
        return Address(username=local, domain=domain.encode("idna").decode("ascii"))
    except (ValueError, MessageError, IndexError, AttributeError) as error:
        raise NoAddress from error


def parse_sender(text: str) -> Address:
    """`Name <address>`, or an address alone.

    Raises:
        NoAddress: it is neither.
    """
    if one_line(text) != " ".join(text.split()) or "\n" in text or "\r" in text:
        raise NoAddress
    named = re.fullmatch(r"(?P<name>[^<>]*)<(?P<address>[^<>]+)>", text.strip())
    if named is None:
        return parse_address(text.strip())
    address = parse_address(named["address"].strip())
    return Address(named["name"].strip().strip('"').strip(), address.username, address.domain)


def one_line(text: str) -> str:
    """The text without control characters and line breaks, which would end a header."""
    return " ".join("".join(" " if _is_control(char) else char for char in text).split())


def needs_utf8(address: Address) -> bool:
    """Whether only a server that speaks SMTPUTF8 can take this address."""
    return not address.addr_spec.isascii()


def message_id(message: Message, sender: Address) -> str:
    """The Message-ID, with its angle brackets."""
    return f"<{message.outbox_id}@{sender.domain}>"


def compose(message: Message, sender: Address, to: Address, at: datetime) -> bytes:
    """The mail, made `at` (aware), in lines that end with CRLF."""
    text = _line_breaks(message.body)
    body = EmailMessage(policy=SMTP)
    body.set_content(text, cte="quoted-printable")
    body.add_alternative(as_html(text, _home(message)), subtype="html", cte="quoted-printable")
    subject = one_line(message.subject or "")[:LONGEST_SUBJECT] or NO_SUBJECT
    head = {
        "From": f"{_phrase(sender.display_name)} <{sender.addr_spec}>" if sender.display_name else sender.addr_spec,
        "To": to.addr_spec,
        "Subject": subject if _is_plain(subject) else _encoded(subject),
        "Date": format_datetime(at),
        "Message-ID": message_id(message, sender),
        "Auto-Submitted": "auto-generated",
    }
    return "".join(f"{name}: {value}\r\n" for name, value in head.items()).encode() + body.as_bytes()


def as_html(text: str, home: str | None) -> str:
    """The text as a page; what leads to `home` (scheme and host) can be pressed, and nothing else."""
    groups = [group for group in re.split(r"\n{2,}", text.strip("\n")) if group.strip()]
    lines = ("<br>".join("".join(_linked(line, home)) for line in group.split("\n")) for group in groups)
    return _PAGE.replace("{body}", "".join(_PARAGRAPH.format(lines=one) for one in lines))


def _phrase(name: str) -> str:
    if not _is_plain(name):
        return _encoded(name)
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_plain(text: str) -> bool:
    return text.isascii() and len(text) <= LONGEST_PLAIN and "=?" not in text


def _encoded(text: str) -> str:
    """RFC 2047, by ourselves: what Python's email package folds loses and gains spaces in long names and subjects."""
    words, word = [], ""
    for char in text:
        if word and len((word + char).encode()) > WORD_BYTES:
            words.append(word)
            word = ""
        word += char
    return "\r\n ".join(f"=?utf-8?b?{b64encode(one.encode()).decode()}?=" for one in (*words, word))


def _linked(line: str, home: str | None) -> Iterator[str]:
    done = 0
    for found in _LINK.finditer(line):
        url = found.group().rstrip(_AFTER_A_LINK)
        if home is not None and origin(url) == home:
            yield html.escape(line[done : found.start()])
            yield _LINKED.format(url=html.escape(url))
            done = found.start() + len(url)
    yield html.escape(line[done:])


def origin(url: str) -> str | None:
    """Scheme, host and port of a web address; None for one that has something hidden in it or is broken."""
    try:
        parts = urlsplit(url)
        return None if "@" in parts.netloc or not parts.hostname else f"{parts.scheme}://{parts.netloc}".lower()
    except ValueError:
        return None


def _home(message: Message) -> str | None:
    """Where the service itself is reached: it is where a provider would report to."""
    return origin(message.callback_url) if message.callback_url else None


def _line_breaks(text: str) -> str:
    return "".join(char if char == "\n" or not _is_control(char) else " " for char in "\n".join(text.splitlines()))


def _is_control(char: str) -> bool:
    # Half of a surrogate pair cannot be written in UTF-8; the separators end a line for some programs.
    return unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")
