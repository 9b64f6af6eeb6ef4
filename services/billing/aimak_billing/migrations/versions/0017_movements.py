"""What closed days moved by kind, beside the sums up to them; sums keep apart what is dated ahead."""

from __future__ import annotations

import sqlalchemy as sa
from aimak.storage import types
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Make the tables. Sums of the older form go: the next daily maintenance makes them again of the ledger."""
    op.execute("DELETE FROM carried_part")
    op.drop_table("carried")
    op.create_table(
        "carried",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column(
            "through", sa.Date(), nullable=False, comment="a closed ledger day: all transfers up to it are in the sums"
        ),
        sa.Column(
            "business_through",
            sa.Date(),
            nullable=False,
            comment="the last business date of these, openings and what is dated after `through` left out",
        ),
        sa.Column("transfers", sa.BigInteger(), nullable=False, comment="how many these are"),
        sa.Column(
            "keys",
            types.Json(),
            nullable=False,
            comment="[[provider, service, origin, and of what is dated ahead: date, kind, again], ...]",
        ),
        sa.Column(
            "owed",
            types.Json(),
            nullable=False,
            comment="[[provider, and of what is dated ahead: date, kind; tyiyn], ...] as the ledger itself adds up",
        ),
        sa.PrimaryKeyConstraint("tenant", "through"),
    )
    op.create_table(
        "movement",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("through", sa.Date(), nullable=False, comment="the last ledger day that is in it, a closed one"),
        sa.Column("after", sa.Date(), nullable=False, comment="the ledger day before the first that is in it"),
        sa.Column(
            "keys",
            types.Json(),
            nullable=False,
            comment="[[provider, service, origin, business date, kind, again], ...]",
        ),
        sa.PrimaryKeyConstraint("tenant", "through"),
    )
    op.create_table(
        "movement_part",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("through", sa.Date(), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False, comment="account ids over 100,000"),
        sa.Column("sums", sa.LargeBinary(), nullable=False, comment="Arrow IPC file: account_id, key, amount in tyiyn"),
        sa.PrimaryKeyConstraint("tenant", "through", "part"),
    )
