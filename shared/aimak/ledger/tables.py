"""The ledger's tables: transfers, the days that are closed, and what was proved of each."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, MetaData, String, Table

from aimak.storage.guards import append_only, guarded
from aimak.storage.types import Code, Day, Id, Json, Tyiyn

DAY = "ledger_day"
HASH = String(64)


def tables(metadata: MetaData) -> None:
    """Add the ledger's tables to a service's metadata."""
    _transfers(metadata)
    _digests(metadata)


def _transfers(metadata: MetaData) -> None:
    transfer = Table(
        "transfer",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("id", Id, primary_key=True, autoincrement=False),
        Column("debit", Id, nullable=False),
        Column("credit", Id, nullable=False),
        Column("amount", Tyiyn, nullable=False),
        Column("business_date", Day, nullable=False),
        Column("ledger_day", Day, nullable=False),
        Column("kind", Code, nullable=False),
        Column("source_id", Id, nullable=False),
        Column("account_id", Id),
        Column("provider", Code),
        Column("service", Code),
        Column("origin", String(16), comment="the period a debt comes from"),
        CheckConstraint("amount > 0", name="transfer_amount_positive"),
        CheckConstraint("debit <> credit", name="transfer_moves_something"),
    )
    append_only(transfer)
    Index("transfer_account", transfer.c.tenant, transfer.c.account_id)
    day_index(transfer)


def _digests(metadata: MetaData) -> None:
    Table(
        "ledger_day", metadata, Column("tenant", Code, primary_key=True), Column("closed_through", Day, nullable=False)
    )
    for table in (
        Table(
            "ledger_proof",
            metadata,
            Column("tenant", Code, primary_key=True),
            Column("day", Day, primary_key=True),
            Column("previous", HASH, nullable=False, comment="the hash of the day before; zeros before the first"),
            Column("hash", HASH, nullable=False),
        ),
        Table(
            "ledger_table",
            metadata,
            *_key(),
            Column("rows", Id, nullable=False),
            Column("keys", Json, nullable=False, comment="names of the columns that a row is known and sorted by"),
            Column("digest", HASH, nullable=False, comment="over the digests of its rows"),
            Column("columns", Json, nullable=False, comment="[[name, digest over its values], ...]"),
        ),
        Table(
            "ledger_rows",
            metadata,
            *_key(),
            Column("part", Integer, primary_key=True, autoincrement=False),
            Column("keys", LargeBinary, nullable=False, comment="deflated: the keys of its rows, one a line"),
            Column("digests", LargeBinary, nullable=False, comment="32 bytes for each row"),
        ),
    ):
        append_only(table)


def _key() -> list[Column[object]]:
    return [
        Column("tenant", Code, primary_key=True),
        Column("day", Day, primary_key=True),
        Column("table_name", Code, primary_key=True),
    ]


def day_index(table: Table) -> None:
    """Find a table's rows by ledger day. They are written in its order, so PostgreSQL needs a few bytes a megabyte."""
    Index(f"{table.name}_ledger_day", table.c.tenant, table.c.ledger_day, postgresql_using="brin")


def belongs_to(table: Table, parent: str, key: str) -> None:
    """Prove the rows of `table`, which carry no ledger day, with the row of `parent` whose id is in their `key`."""
    table.info["ledger_parent"] = (parent, key)


def proved(metadata: MetaData) -> list[Table]:
    """The tables whose rows are hashed at a day's close, by name: every append-only one that carries a ledger day or
    belongs to one that does."""
    found = [table for table in guarded(metadata) if DAY in table.c or "ledger_parent" in table.info]
    return sorted(found, key=lambda table: table.name)
