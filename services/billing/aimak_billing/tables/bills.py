"""Issued bills and what payments told: append-only, or versioned by its owner."""

from __future__ import annotations

from aimak import ledger
from aimak.storage.guards import append_only
from aimak.storage.types import Code, Day, Id, Tyiyn
from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text, UniqueConstraint

from aimak_billing.tables.runs import line_columns


def add(metadata: MetaData) -> None:
    """Add the tables of bills and of payments' parts."""
    _bills(metadata)
    _parts(metadata)


def _bills(metadata: MetaData) -> None:
    bill = Table(
        "bill",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("id", Id, primary_key=True, autoincrement=False),
        Column("number", BigInteger, nullable=False),
        Column("account_id", Id, nullable=False),
        Column("run_id", Id, nullable=False),
        Column("period", String(16), nullable=False),
        Column("issued_on", Day, nullable=False),
        Column("due_on", Day, nullable=False),
        Column("opening", Tyiyn, nullable=False),
        Column("opening_parts", Text, nullable=False, comment="JSON: [[provider, before the period, paid in it], ...]"),
        Column("net", Tyiyn, nullable=False),
        Column("tax", Tyiyn, nullable=False),
        Column("party_id", Id, comment="whom it is made out to, as that was then"),
        Column("residents", Integer, comment="persons registered on the period's last day"),
        Column("ledger_day", Day, nullable=False),
        Column("scope", String(64), nullable=False, server_default="all", comment="all, service:… or provider:…"),
        Column("sequence", Integer, nullable=False, server_default="0", comment="among the account's of the period"),
        UniqueConstraint("tenant", "number", name="bill_number"),
    )
    ledger.day_index(bill)
    # Two runs that bill an account for a period at once meet here, and the second fails.
    Index("bill_account", bill.c.tenant, bill.c.account_id, bill.c.period, bill.c.sequence, unique=True)
    append_only(bill)
    line = Table(
        "bill_line",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("bill_id", Id, primary_key=True, autoincrement=False),
        Column("line", Integer, primary_key=True, autoincrement=False),
        *line_columns(),
        Column("ledger_day", Day, nullable=False),
    )
    ledger.day_index(line)
    append_only(line)


def _parts(metadata: MetaData) -> None:
    Table(
        "payment_part",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("payment_id", Id, primary_key=True, autoincrement=False),
        Column("provider", Code, primary_key=True),
        Column("account_id", Id, nullable=False),
        Column("amount", Tyiyn, nullable=False),
        Column("partner", Code, nullable=False),
        Column("external_id", String(128), nullable=False),
        Column("paid_on", Day, nullable=False),
        Column("state", String(16), nullable=False, comment="received or reversed"),
        Column("version", BigInteger, nullable=False),
    )
