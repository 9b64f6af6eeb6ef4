"""The life of a tariff: its steps, the documents behind them, and texts that come after a withdrawn one."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from aimak.ids import derived_id
from aimak.storage import guards, types
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables; what was in force before there were steps stays in force."""
    op.create_table(
        "tariff_scan",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False, comment="its media type"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "sha256"),
    )
    step = op.create_table(
        "tariff_step",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tariff_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, comment="0 is the entry"),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True, comment="who decided or agreed"),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True, comment="when it happened outside"),
        sa.Column("scan", sa.String(length=64), nullable=True, comment="SHA-256 of the document in tariff_scan"),
        sa.Column("not_required", sa.Boolean(), nullable=False),
        sa.Column("notice_days", sa.Integer(), nullable=True, comment="of a publication: days before the tariff rates"),
        sa.PrimaryKeyConstraint("tenant", "id"),
        sa.UniqueConstraint("tenant", "tariff_id", "place", name="tariff_step_place"),
    )
    op.add_column(
        "tariff",
        sa.Column(
            "revision",
            sa.Integer(),
            nullable=False,
            server_default="1",
            comment="counts the texts under one code and date; all but the last were withdrawn",
        ),
    )
    guards.create(op.get_bind(), "tariff_scan", ("tenant", "sha256"))
    guards.create(op.get_bind(), "tariff_step", ("tenant", "id"))
    _adopt_what_rates(step)


def _adopt_what_rates(step: sa.Table) -> None:
    at = datetime.now(UTC)
    rows = [
        {
            "tenant": tenant,
            "id": derived_id(tariff_id, "step", place),
            "tariff_id": tariff_id,
            "place": place,
            "step": name,
            "actor": "migration",
            "at": at,
            "ground": None if name == "enter" else "in force before steps were kept",
            "not_required": False,
        }
        for tenant, tariff_id in op.get_bind().execute(sa.text("SELECT tenant, id FROM tariff")).all()
        for place, name in enumerate(("enter", "adopt"))
    ]
    if rows:
        op.bulk_insert(step, rows)
