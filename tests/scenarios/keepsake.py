"""What an installation and its provider know, taken once and put into others: a beginning that many stories share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import Connection, delete, func, insert, select, text

from service.db.routing import Inbox
from service.db.stored import Stored, table_of
from tests.mock_twilio import MockTwilio
from tests.mock_twilio.ledger import Text

TABLES = Stored.metadata.sorted_tables

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Keepsake:
    """All rows of a database, and all texts of a provider with the requests that brought them."""

    rows: Rows
    texts: Sequence[Text]
    requests: Sequence[tuple[str, str, dict[str, str]]]

    @classmethod
    def of(cls, conn: Connection, twilio: MockTwilio) -> Self:
        rows = {table.name: [dict(row) for row in conn.execute(select(table)).mappings()] for table in TABLES}
        return cls(rows, [copy(one) for one in twilio.ledger.texts], list(twilio.requests))

    def put_into(self, conn: Connection, twilio: MockTwilio) -> None:
        """Into an installation whose own rows (a key of hashes, its state) go; open its keyring anew after it."""
        for table in reversed(TABLES):
            conn.execute(delete(table))
        for table in TABLES:
            if rows := self.rows[table.name]:
                conn.execute(insert(table), [dict(row) for row in rows])
        if conn.dialect.name == "postgresql":
            # Numbers that were given by hand are not passed over by the sequence.
            inbox = table_of(Inbox)
            last = conn.execute(select(func.max(inbox.c.inbox_id))).scalar_one()
            if last is not None:
                conn.execute(text("SELECT setval(pg_get_serial_sequence('inbox', 'inbox_id'), :last)"), {"last": last})
        with twilio.ledger.lock:
            twilio.ledger.texts[:] = [copy(one) for one in self.texts]
        twilio.requests[:] = self.requests
