"""A connection that ended because its account was left is marked: others may have ended on that day, too."""

from __future__ import annotations

import sqlalchemy as sa
from aimak.storage import types
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the mark. Of accounts that were left before, by the day alone; of those of a service that began on that very
    day, the last."""
    about = "the account was left with it that day: who moves in has it again"
    op.add_column("connection", sa.Column("left_on", types.Day(), nullable=True, comment=about))
    planned = "the first day on which they do not, as was planned by then"
    op.add_column("connection", sa.Column("left_until", types.Day(), nullable=True, comment=planned))
    op.execute(
        "UPDATE connection SET left_on = valid_to WHERE EXISTS (SELECT 1 FROM account WHERE "
        "account.tenant = connection.tenant AND account.id = connection.account_id "
        "AND account.status = 'closed' AND account.closed_on = connection.valid_to) "
        "AND NOT EXISTS (SELECT 1 FROM connection AS came WHERE came.tenant = connection.tenant "
        "AND came.account_id = connection.account_id AND came.service = connection.service "
        "AND came.valid_from = connection.valid_to AND came.valid_to = connection.valid_to AND came.id > connection.id)"
    )
