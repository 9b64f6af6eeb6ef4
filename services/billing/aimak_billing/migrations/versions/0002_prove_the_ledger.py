"""What is proved of each closed ledger day."""

from __future__ import annotations

import sqlalchemy as sa
from aimak.storage import guards, types
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of proofs, their guards, and the indexes by ledger day."""
    op.create_table(
        "ledger_proof",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "previous",
            sa.String(length=64),
            nullable=False,
            comment="the hash of the day before; zeros before the first",
        ),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "day"),
    )
    op.create_table(
        "ledger_table",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("table_name", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column(
            "keys",
            types.Json(),
            nullable=False,
            comment="names of the columns that a row is known and sorted by",
        ),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="over the digests of its rows"),
        sa.Column("columns", types.Json(), nullable=False, comment="[[name, digest over its values], ...]"),
        sa.PrimaryKeyConstraint("tenant", "day", "table_name"),
    )
    op.create_table(
        "ledger_rows",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("table_name", sa.String(length=64), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("keys", sa.LargeBinary(), nullable=False, comment="deflated: the keys of its rows, one a line"),
        sa.Column("digests", sa.LargeBinary(), nullable=False, comment="32 bytes for each row"),
        sa.PrimaryKeyConstraint("tenant", "day", "table_name", "part"),
    )
    for name in ("bill", "bill_line", "transfer"):
        op.create_index(f"{name}_ledger_day", name, ["tenant", "ledger_day"], unique=False, postgresql_using="brin")
    guards.create(op.get_bind(), "ledger_proof", ("tenant", "day"))
    guards.create(op.get_bind(), "ledger_table", ("tenant", "day", "table_name"))
    guards.create(op.get_bind(), "ledger_rows", ("tenant", "day", "table_name", "part"))
