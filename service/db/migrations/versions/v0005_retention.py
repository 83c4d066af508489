"""Add indexes for what is kept for a time: links and pages, short codes, first answers, and lines of the audit trail.

Revises 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_ack_codes_created_at", "ack_codes", ["created_at"])
    op.create_index("ix_idempotency_at", "idempotency", ["at"])
    for name, table, columns, condition in (
        ("ix_links_expires_at", "links", ["expires_at"], "expires_at IS NOT NULL"),
        ("ix_audit_log_at", "audit_log", ["at"], "action != 'checkpoint'"),
    ):
        where = sa.text(condition)
        op.create_index(name, table, columns, postgresql_where=where, sqlite_where=where)
