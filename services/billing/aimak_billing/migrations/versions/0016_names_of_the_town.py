"""A municipality's earlier names are kept, so that a document prints the name of its day."""

from __future__ import annotations

import sqlalchemy as sa
from aimak.storage import types
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "tenant_past",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("until", types.Instant(), nullable=False, comment="when the municipality was given another name"),
        sa.Column("name", types.Json(), nullable=False, comment="as it was called before that"),
        sa.PrimaryKeyConstraint("tenant", "until"),
    )
