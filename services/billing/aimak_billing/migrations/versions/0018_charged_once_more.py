"""Which charges of kept movements are recalculations is told by the connection, no longer by the service."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Sums that were marked by the older rule go: the next daily maintenance makes them again of the ledger."""
    for table in ("movement_part", "movement", "carried_part", "carried"):
        op.execute(f"DELETE FROM {table}")
