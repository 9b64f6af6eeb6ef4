"""${message}"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import aimak.storage.types
from aimak.storage import guards
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    ${upgrades if upgrades else "pass"}
