"""Simulations of drafts."""

from __future__ import annotations

import sqlalchemy as sa
from aimak.storage import types
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables of simulations: working papers, so they are not append-only."""
    op.create_table(
        "simulation",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("asked", types.Json(), nullable=False, comment="ids and names of the drafts, names of the periods"),
        sa.Column("state", sa.String(length=16), nullable=False, comment="running, done or stopped"),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("undone", sa.Integer(), nullable=False),
        sa.Column("report", types.Json(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.create_table(
        "simulation_chunk",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("simulation_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chunk", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_account", sa.BigInteger(), nullable=False),
        sa.Column("last_account", sa.BigInteger(), nullable=False),
        sa.Column(
            "accounts",
            sa.LargeBinary(),
            nullable=True,
            comment="sums of each account as an Arrow file; gone when the report is made",
        ),
        sa.Column("sums", types.Json(), nullable=True, comment="totals and holds"),
        sa.PrimaryKeyConstraint("tenant", "simulation_id", "chunk"),
    )
