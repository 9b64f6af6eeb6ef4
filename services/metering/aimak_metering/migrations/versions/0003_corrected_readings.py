"""Readings that stand in the place of others, and meters that were taken down."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns."""
    corrects = sa.Column("corrects", sa.BigInteger(), nullable=True, comment="the reading in whose place it stands")
    op.add_column("reading", corrects)
    op.add_column("meter", sa.Column("removed_on", sa.Date(), nullable=True, comment="when another took its place"))
    if op.get_bind().dialect.name == "postgresql":
        said = "accepted, held, rejected, corrected or withdrawn"
        kept = {"existing_type": sa.String(length=16), "existing_nullable": False}
        op.alter_column("reading", "state", comment=said, existing_comment="accepted, held or rejected", **kept)
