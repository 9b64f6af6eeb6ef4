"""All tables at once."""

from aimak_listener.bootstrap import metadata
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    metadata.create_all(op.get_bind())
