"""Corrections: documents, cancelled bills, runs over a selection, differences of earlier periods."""

from __future__ import annotations

import sqlalchemy as sa
from aimak.storage import guards, types
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the tables, and what bills and runs must say beside."""
    _documents()
    _bills()
    _runs()


def _documents() -> None:
    op.create_table(
        "correction",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True, comment="where it is of one account"),
        sa.Column("facts", types.Json(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False, comment="the act or paper it stands on"),
        sa.Column("entered_by", sa.String(length=64), nullable=False),
        sa.Column("entered_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.create_index("correction_account", "correction", ["tenant", "account_id"], unique=False)
    op.create_table(
        "correction_decision",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("correction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False, comment="approved or refused"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False, comment="its place among all that issued or cancelled"),
        sa.PrimaryKeyConstraint("tenant", "correction_id"),
    )
    guards.create(op.get_bind(), "correction", ("tenant", "id"))
    guards.create(op.get_bind(), "correction_decision", ("tenant", "correction_id"))


def _bills() -> None:
    op.create_table(
        "bill_cancellation",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("bill_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "source_id", sa.BigInteger(), nullable=False, comment="the correction, or the run that billed it anew"
        ),
        sa.Column("cancelled_on", sa.Date(), nullable=False),
        sa.Column("ledger_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "bill_id"),
    )
    guards.create(op.get_bind(), "bill_cancellation", ("tenant", "bill_id"))
    day = ["tenant", "ledger_day"]
    op.create_index("bill_cancellation_ledger_day", "bill_cancellation", day, unique=False, postgresql_using="brin")
    op.create_table(
        "claim",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "bill_id", sa.BigInteger(), nullable=False, comment="the one bill in force that charges it for the period"
        ),
        sa.PrimaryKeyConstraint("tenant", "period", "connection_id"),
    )
    op.add_column(
        "bill",
        sa.Column(
            "scope",
            sa.String(length=64),
            nullable=False,
            server_default="all",
            comment="all, service:… or provider:…",
        ),
    )
    op.add_column(
        "bill",
        sa.Column(
            "sequence",
            sa.Integer(),
            nullable=False,
            server_default="0",
            comment="among the account's of the period",
        ),
    )
    op.drop_index("bill_account", "bill")
    op.create_index("bill_account", "bill", ["tenant", "account_id", "period", "sequence"], unique=True)


def _runs() -> None:
    op.create_table(
        "run_member",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "run_id", "account_id"),
    )
    op.create_table(
        "touched",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False, comment="usage, residents, tariff, connection …"),
        sa.Column("run_id", sa.BigInteger(), nullable=True, comment="the run whose preview has it in hand"),
        sa.Column("bill_id", sa.BigInteger(), nullable=True, comment="the bill that settled it; null: open"),
        sa.PrimaryKeyConstraint("tenant", "account_id", "period"),
    )
    op.create_index("touched_period", "touched", ["tenant", "period"], unique=False)
    for column in (
        sa.Column(
            "scope", sa.String(length=64), nullable=False, server_default="all", comment="what it bills of each account"
        ),
        sa.Column(
            "replaces", sa.Boolean(), nullable=False, server_default=sa.false(), comment="cancels what it bills anew"
        ),
        sa.Column(
            "reason", sa.Text(), nullable=False, server_default="", comment="why it was started, where it is no first"
        ),
        sa.Column("paused", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("turn", sa.BigInteger(), nullable=False, server_default="0", comment="when its preview was started"),
        sa.Column(
            "issue_turn",
            sa.BigInteger(),
            nullable=True,
            comment="when it was issued, among all that issued or cancelled",
        ),
    ):
        op.add_column("run", column)
    corrected = "of other periods, in net and tax"
    op.add_column(
        "run_total", sa.Column("corrected", sa.BigInteger(), nullable=False, server_default="0", comment=corrected)
    )
    origin = "the period a correction is of; null: the bill's own"
    for table in ("bill_line", "run_line"):
        op.add_column(table, sa.Column("origin", sa.String(length=16), nullable=True, comment=origin))
