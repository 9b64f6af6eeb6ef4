"""Whom a bill is made out to, as that was on its day."""

from __future__ import annotations

import sqlalchemy as sa
from aimak.storage import guards
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables of parties and have bills refer to them."""
    op.create_table(
        "party",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("account_version", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="salted, of what party_person says"),
        sa.Column("ledger_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.create_index("party_ledger_day", "party", ["tenant", "ledger_day"], unique=False, postgresql_using="brin")
    op.create_table(
        "party_person",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.add_column(
        "bill",
        sa.Column("party_id", sa.BigInteger(), nullable=True, comment="whom it is made out to, as that was then"),
    )
    op.add_column(
        "bill",
        sa.Column("residents", sa.Integer(), nullable=True, comment="persons registered on the period's last day"),
    )
    guards.create(op.get_bind(), "party", ("tenant", "id"))
    guards.create(op.get_bind(), "party_person", ("tenant", "id"))
