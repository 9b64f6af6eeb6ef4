"""Corrections: documents, who decided them, cancelled bills, and what became known after a period was billed."""

from __future__ import annotations

from aimak import ledger
from aimak.storage.guards import append_only
from aimak.storage.types import Code, Day, Id, Instant, Json
from sqlalchemy import BigInteger, Column, Index, MetaData, String, Table, Text


def add(metadata: MetaData) -> None:
    """Add the tables of corrections."""
    _documents(metadata)
    _bills(metadata)


def _documents(metadata: MetaData) -> None:
    document = Table(
        "correction",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("id", Id, primary_key=True, autoincrement=False),
        Column("kind", Code, nullable=False),
        Column("account_id", Id, comment="where it is of one account"),
        Column("facts", Json, nullable=False),
        Column("reason", Text, nullable=False),
        Column("ground", Text, nullable=False, comment="the act or paper it stands on"),
        Column("entered_by", String(64), nullable=False),
        Column("entered_at", Instant, nullable=False),
    )
    Index("correction_account", document.c.tenant, document.c.account_id)
    append_only(document)
    decision = Table(
        "correction_decision",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("correction_id", Id, primary_key=True, autoincrement=False),
        Column("decision", String(16), nullable=False, comment="approved or refused"),
        Column("reason", Text, nullable=False),
        Column("actor", String(64), nullable=False),
        Column("at", Instant, nullable=False),
        Column("turn", BigInteger, nullable=False, comment="its place among all that issued or cancelled"),
    )
    append_only(decision)


def _bills(metadata: MetaData) -> None:
    cancelled = Table(
        "bill_cancellation",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("bill_id", Id, primary_key=True, autoincrement=False),
        Column("source_id", Id, nullable=False, comment="the correction, or the run that billed it anew"),
        Column("cancelled_on", Day, nullable=False),
        Column("ledger_day", Day, nullable=False),
    )
    ledger.day_index(cancelled)
    append_only(cancelled)
    Table(
        "claim",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("period", String(16), primary_key=True),
        Column("connection_id", Id, primary_key=True, autoincrement=False),
        Column("bill_id", Id, nullable=False, comment="the one bill in force that charges it for the period"),
    )
    Table(
        "run_member",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("run_id", Id, primary_key=True, autoincrement=False),
        Column("account_id", Id, primary_key=True, autoincrement=False),
    )
    touched = Table(
        "touched",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("account_id", Id, primary_key=True, autoincrement=False),
        Column("period", String(16), primary_key=True),
        Column("reason", Code, primary_key=True, comment="usage, residents, tariff, connection …"),
        Column("run_id", Id, comment="the run whose preview has it in hand"),
        Column("bill_id", Id, comment="the bill that settled it; null: open"),
    )
    Index("touched_period", touched.c.tenant, touched.c.period)
    Index("touched_run", touched.c.tenant, touched.c.run_id)
