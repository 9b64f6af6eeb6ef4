"""Facts that come anew each period and are no attribute of a connection."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table of facts."""
    op.create_table(
        "period_fact",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("from_date", sa.Date(), nullable=False),
        sa.Column("to_date", sa.Date(), nullable=True, comment="first day after; none: until another begins"),
        sa.Column(
            "account_id",
            sa.BigInteger(),
            nullable=False,
            comment="the connection's, so that a chunk finds its facts by range",
        ),
        sa.Column("value_thousandths", sa.BigInteger(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False, comment="the act, the sheet, the list that it stands on"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "connection_id", "name", "from_date"),
    )
    op.create_index("period_fact_account", "period_fact", ["tenant", "account_id"], unique=False)
