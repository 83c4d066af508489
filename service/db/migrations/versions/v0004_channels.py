"""Add what the channels need: how often a message was asked about, whether its silence was acted on, and indexes for
what was sent without an alarm and for what is kept by its end.

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
    for name, table, column, condition in (
        ("ix_outbox_sent_beside_alarms", "outbox", "settled_at", "state = 'sent' AND alarm_id IS NULL"),
        ("ix_trips_ended_at", "trips", "ended_at", "ended_at IS NOT NULL"),
        ("ix_alarms_closed_at", "alarms", "closed_at", "closed_at IS NOT NULL"),
    ):
        where = sa.text(condition)
        op.create_index(name, table, [column], postgresql_where=where, sqlite_where=where)
