"""What late and corrected readings lead to, by day."""

from __future__ import annotations

import sqlalchemy as sa
from aimak.storage import guards, types
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the table of rules."""
    op.create_table(
        "late_policy",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("method", sa.String(length=64), nullable=False, comment="adjust or rebill"),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("set_by", sa.String(length=64), nullable=False),
        sa.Column("set_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "valid_from"),
    )
    guards.create(op.get_bind(), "late_policy", ("tenant", "valid_from"))
