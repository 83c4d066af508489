"""Add what the forms need: how long a session shows the private page, phones heard from, and rehearsals.

Revises 0001.
"""

import sqlalchemy as sa
from alembic import op

from service.db.types import JSONText, UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("links", sa.Column("private_until", UTCDateTime(), nullable=True))
    op.add_column("phone_owners", sa.Column("heard", JSONText(), nullable=True))
    _create_rehearsals()


def _create_rehearsals() -> None:
    op.create_table(
        "rehearsals",
        sa.Column("traveler_id", sa.Uuid(), nullable=False),
        sa.Column("rehearsal_id", sa.Uuid(), nullable=False),
        sa.Column("trip_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("view", JSONText(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime()),
        sa.Column("look_at", UTCDateTime()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("traveler_id", "rehearsal_id", name="pk_rehearsals"),
    )
    for name, columns, unique, condition in (
        ("ix_rehearsals_look_at", ["look_at"], False, "look_at IS NOT NULL"),
        ("uq_rehearsals_traveler_id_trip_id", ["traveler_id", "trip_id"], True, "ended_at IS NULL"),
    ):
        where = sa.text(condition)
        op.create_index(name, "rehearsals", columns, unique=unique, postgresql_where=where, sqlite_where=where)
    op.add_column("links", sa.Column("rehearsal_id", sa.Uuid(), nullable=True))
    op.add_column("ack_codes", sa.Column("rehearsal_id", sa.Uuid(), nullable=True))
