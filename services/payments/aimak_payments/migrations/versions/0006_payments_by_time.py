"""Payments are listed by their time."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the index that a page of the latest is read by."""
    op.create_index("payment_time", "payment", ["tenant", "paid_at", "id"])
