"""Who did what, written in the transaction of each command."""

from __future__ import annotations

import sqlalchemy as sa
from aimak.storage import guards, types
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table with its guard."""
    op.create_table(
        "audit",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=120), nullable=False),
        sa.Column("path", sa.Text(), nullable=False, comment="what it was done to"),
        sa.Column("account_id", sa.BigInteger(), nullable=True, comment="where it is of one account"),
        sa.Column("before", types.Json(), nullable=True),
        sa.Column("after", types.Json(), nullable=True),
        sa.Column(
            "ground",
            sa.Text(),
            nullable=False,
            comment="the paper or reason it stands on; empty: none was given",
        ),
        sa.Column("said", types.Json(), nullable=False, comment="what was asked, without secrets"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("audit_account", "audit", ["tenant", "account_id"], unique=False)
    op.create_index("audit_at", "audit", ["tenant", "at"], unique=False)
    guards.create(op.get_bind(), "audit", ("id",))
