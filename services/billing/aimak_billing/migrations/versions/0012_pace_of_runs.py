"""When a chunk of a run was done, so that its pace can be told."""

from __future__ import annotations

import sqlalchemy as sa
from aimak.storage import types
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the instant."""
    done = sa.Column("done_at", types.Instant(), nullable=True, comment="when the present pass had done it")
    op.add_column("run_chunk", done)
