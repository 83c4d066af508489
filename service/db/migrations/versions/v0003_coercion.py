"""Add what people under coercion need: a weekly word that is asked for, a contact's worry, her address proven again,
what must be kept for longer, and counted tries.

Revises 0002.
"""

import sqlalchemy as sa
from alembic import op

from service.db.types import UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trips", sa.Column("weekly_at", UTCDateTime(), nullable=True))
    op.add_column("trips", sa.Column("kept_until", UTCDateTime(), nullable=True))
    op.add_column("trips", sa.Column("kept_because", sa.LargeBinary(), nullable=True))
    where = sa.text("weekly_at IS NOT NULL")
    op.create_index("ix_trips_weekly_at", "trips", ["weekly_at"], postgresql_where=where, sqlite_where=where)
    for name in ("worried_at", "worry_blocked_at", "proven_at", "proof_asked_at"):
        op.add_column("contacts", sa.Column(name, UTCDateTime(), nullable=True))
    op.create_table(
        "tries",
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_tries"),
    )
    op.create_index("ix_tries_since", "tries", ["since"])
