"""How payments are set against debts."""

from __future__ import annotations

import sqlalchemy as sa
from aimak.storage import guards, types
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table of rules with its guard."""
    op.create_table(
        "allocation_policy",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("method", sa.String(length=64), nullable=False),
        sa.Column("priority", types.Json(), nullable=False, comment="services, the first paid first"),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("set_by", sa.String(length=64), nullable=False),
        sa.Column("set_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "valid_from"),
    )
    guards.create(op.get_bind(), "allocation_policy", ("tenant", "valid_from"))
