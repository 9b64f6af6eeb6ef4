"""Everything that notifications keeps."""

from __future__ import annotations

from aimak.storage import guards
from aimak_notifications.tables import metadata
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables and their guards."""
    metadata.create_all(op.get_bind())
    guards.create_all(op.get_bind(), metadata)


def downgrade() -> None:
    """Drop all tables."""
    metadata.drop_all(op.get_bind())
