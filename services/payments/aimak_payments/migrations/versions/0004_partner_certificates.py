"""A partner may be held to its client certificate."""

from __future__ import annotations

import sqlalchemy as sa
from aimak.storage import types
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Partners that are there keep their doors as they are: no certificate is asked of them."""
    comment = "SHA-256 of client certificates; empty: none is asked for"
    column = sa.Column("certificates", types.Json(), nullable=False, server_default="[]", comment=comment)
    op.add_column("partner", column)
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("partner", "certificates", server_default=None)
