"""Add what the forms need: how long a session shows the private page.

Revises 0001.
"""

import sqlalchemy as sa
from alembic import op

from service.db.types import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("links", sa.Column("private_until", UTCDateTime(), nullable=True))
