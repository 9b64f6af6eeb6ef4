"""A connection that ended because its account was left is marked: others may have ended on that day, too."""

from __future__ import annotations

import sqlalchemy as sa
from aimak.storage import types
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the mark; of accounts that were left before, by the day alone."""
    about = "the account was left with it that day: who moves in has it again"
    op.add_column("connection", sa.Column("left_on", types.Day(), nullable=True, comment=about))
    op.execute(
        "UPDATE connection SET left_on = valid_to WHERE EXISTS (SELECT 1 FROM account WHERE "
        "account.tenant = connection.tenant AND account.id = connection.account_id "
        "AND account.status = 'closed' AND account.closed_on = connection.valid_to)"
    )
