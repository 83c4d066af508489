"""Add what the channels need: how often a message was asked about and did not arrive, whether its silence was acted on,
and indexes for what was sent without an alarm, for replies, and for what is kept by its end.

Revises 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("polls", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.add_column("outbox", sa.Column("chased", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("outbox", sa.Column("failures", sa.Integer(), nullable=False, server_default=sa.text("0")))
    for name, table, columns, condition in (
        ("ix_outbox_sent_beside_alarms", "outbox", ["settled_at"], "state = 'sent' AND alarm_id IS NULL"),
        ("ix_outbox_replies", "outbox", ["address_hash", "created_at"], "kind = 'reply'"),
        ("ix_trips_ended_at", "trips", ["ended_at"], "ended_at IS NOT NULL"),
        ("ix_alarms_closed_at", "alarms", ["closed_at"], "closed_at IS NOT NULL"),
    ):
        where = sa.text(condition)
        op.create_index(name, table, columns, postgresql_where=where, sqlite_where=where)
