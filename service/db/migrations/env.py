"""Alembic's entry; it runs in the transaction that `service.db.migrate` opened and does not commit."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel.sql.sqltypes import AutoString

from service.db import routing, tables
from service.db.stored import Stored
from service.db.types import JSONText, UTCDateTime

METADATA = Stored.metadata
MODULES_WITH_TABLES = (routing, tables)


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our own column types with their import, which autogenerate forgets."""
    if kind != "type":
        return False
    if isinstance(item, UTCDateTime | JSONText):
        autogen.imports.add(f"from service.db.types import {type(item).__name__}")
        return f"{type(item).__name__}()"
    return "sa.String()" if isinstance(item, AutoString) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_item=render_item,
    compare_type=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
