"""Sums of the ledger up to closed days, so that reports read only what was posted since."""

from __future__ import annotations

import sqlalchemy as sa
from aimak.storage import types
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the tables; the next daily maintenance fills them where the ledger is long enough."""
    op.create_table(
        "carried",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column(
            "through", sa.Date(), nullable=False, comment="a closed ledger day: all transfers up to it are in the sums"
        ),
        sa.Column(
            "business_through", sa.Date(), nullable=False, comment="the last business date of these, openings left out"
        ),
        sa.Column("transfers", sa.BigInteger(), nullable=False, comment="how many these are"),
        sa.Column(
            "keys",
            types.Json(),
            nullable=False,
            comment="[[provider, service, origin], ...]: what parts name by number",
        ),
        sa.Column("owed", types.Json(), nullable=False, comment="tyiyn by provider, as the ledger itself adds up"),
        sa.PrimaryKeyConstraint("tenant", "through"),
    )
    op.create_table(
        "carried_part",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("through", sa.Date(), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False, comment="account ids over 100,000"),
        sa.Column("sums", sa.LargeBinary(), nullable=False, comment="Arrow IPC file: account_id, key, amount in tyiyn"),
        sa.PrimaryKeyConstraint("tenant", "through", "part"),
    )
