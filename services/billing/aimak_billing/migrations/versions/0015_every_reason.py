"""Each reason to look at a period again has a row of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Take the reason into the key. What was noted as opened by a bill alone is called as it is now."""
    op.execute("CREATE TABLE touched_kept AS SELECT * FROM touched")
    op.drop_table("touched")
    op.create_table(
        "touched",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False, comment="usage, residents, tariff, connection …"),
        sa.Column("run_id", sa.BigInteger(), nullable=True, comment="the run whose preview has it in hand"),
        sa.Column("bill_id", sa.BigInteger(), nullable=True, comment="the bill that settled it; null: open"),
        sa.PrimaryKeyConstraint("tenant", "account_id", "period", "reason"),
    )
    op.create_index("touched_period", "touched", ["tenant", "period"], unique=False)
    op.create_index("touched_run", "touched", ["tenant", "run_id"], unique=False)
    names = "tenant, account_id, period, reason, run_id, bill_id"
    op.execute(f"INSERT INTO touched ({names}) SELECT {names} FROM touched_kept")
    op.execute("UPDATE touched SET reason = 'cancelled' WHERE reason = 'bill'")
    op.drop_table("touched_kept")
