"""What a run must show before it is issued."""

from __future__ import annotations

import sqlalchemy as sa
from aimak.storage import guards, types
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the tables of counts, of rules that sort out, and of decisions."""
    op.create_table(
        "run_count",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chunk", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("billed", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("exempt", sa.Integer(), nullable=False, comment="nothing to charge, or charged by another bill"),
        sa.PrimaryKeyConstraint("tenant", "run_id", "chunk", "service", "provider"),
    )
    op.create_table(
        "outsort_rule",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column(
            "times_thousandths", sa.Integer(), nullable=False, comment="how many times the usual, where it matters"
        ),
        sa.PrimaryKeyConstraint("tenant", "rule"),
    )
    op.create_table(
        "run_outsort",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chunk", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("fields", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "run_id", "chunk", "account_id", "rule"),
    )
    op.create_table(
        "outsort_decision",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("attempt", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False, comment="release, correct or exclude"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "run_id", "account_id", "attempt"),
    )
    guards.create(op.get_bind(), "outsort_decision", ("tenant", "run_id", "account_id", "attempt"))
