"""What a connection was until a day: its class and attributes as facts with dates."""

from __future__ import annotations

import sqlalchemy as sa
from aimak.storage import types
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table of what connections were."""
    op.create_table(
        "connection_past",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "valid_to", sa.Date(), nullable=False, comment="first day on which the connection was as it is after it"
        ),
        sa.Column(
            "account_id", sa.BigInteger(), nullable=False, comment="the connection's, so that a chunk finds it by range"
        ),
        sa.Column("customer_class", sa.String(length=64), nullable=False),
        sa.Column("attributes", types.Json(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "connection_id", "valid_to"),
    )
    op.create_index("connection_past_account", "connection_past", ["tenant", "account_id"], unique=False)
