"""What creditors were called before is kept, so that a document prints the name of its day."""

from __future__ import annotations

import sqlalchemy as sa
from aimak.storage import types
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "provider_past",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("until", types.Instant(), nullable=False, comment="when one of these was changed"),
        sa.Column("name", types.Json(), nullable=False, comment="as it was before that"),
        sa.Column("tax_number", sa.String(length=32), nullable=False),
        sa.Column("bank_account", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "code", "until"),
    )
