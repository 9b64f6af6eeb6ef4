"""Cycles and runs: what is being worked out and is not yet a bill. All of it may be removed and done again."""

from __future__ import annotations

from aimak.storage.guards import append_only
from aimak.storage.types import Code, Day, Id, Instant, Json, Tyiyn
from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData, String, Table, Text, UniqueConstraint, false


def add(metadata: MetaData) -> None:
    """Add the tables of cycles and runs."""
    _cycles(metadata)
    _chunks(metadata)
    _results(metadata)


def _cycles(metadata: MetaData) -> None:
    Table(
        "cycle",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("cycle", Code, primary_key=True),
        Column("period", String(16), primary_key=True),
        Column("starts_on", Day, nullable=False),
        Column("ends_on", Day, nullable=False, comment="first day after the period"),
        Column("run_id", Id, nullable=False),
        Column("state", String(16), nullable=False, comment="open or closed"),
    )
    Table(
        "run",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("id", Id, primary_key=True, autoincrement=False),
        Column("cycle", Code, nullable=False),
        Column("period", String(16), nullable=False),
        Column("selection", Code, nullable=False),
        Column("generation", Integer, nullable=False),
        Column(
            "state", String(16), nullable=False, comment="previewing, previewed, approved, issuing, issued, abandoned"
        ),
        Column("attempt", Integer, nullable=False, comment="how many times the present pass was started"),
        Column("undone", Integer, nullable=False, comment="chunks that the present pass has not done yet"),
        Column("book", Json, nullable=False, comment="ids of the tariffs and tax rules that it is rated by"),
        Column("issued_on", Day),
        Column("due_on", Day),
        Column("scope", String(64), nullable=False, server_default="all", comment="what it bills of each account"),
        Column("replaces", Boolean, nullable=False, server_default=false(), comment="cancels what it bills anew"),
        Column("reason", Text, nullable=False, server_default="", comment="why it was started, where it is no first"),
        Column("paused", Boolean, nullable=False, server_default=false()),
        Column("turn", BigInteger, nullable=False, server_default="0", comment="when its preview was started"),
        Column("issue_turn", BigInteger, comment="when it was issued, among all that issued or cancelled"),
        UniqueConstraint("tenant", "cycle", "period", "selection", "generation", name="run_once"),
    )
    approval = Table(
        "approval",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("id", Id, primary_key=True, autoincrement=False),
        Column("run_id", Id, nullable=False),
        Column("action", String(16), nullable=False, comment="preview, approve, issue or close"),
        Column("attempt", Integer, nullable=False),
        Column("actor", String(64), nullable=False),
        Column("at", Instant, nullable=False),
    )
    append_only(approval)


def _chunks(metadata: MetaData) -> None:
    Table(
        "run_chunk",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("run_id", Id, primary_key=True, autoincrement=False),
        Column("chunk", Integer, primary_key=True, autoincrement=False),
        Column("first_account", Id, nullable=False),
        Column("last_account", Id, nullable=False),
        Column("first_bill", Id, nullable=False, comment="start of the block of bill ids, one for each account"),
        Column("first_number", BigInteger, comment="number of its first bill, once the run is approved"),
        Column("state", String(16), nullable=False, comment="cut, previewed or issued"),
        Column("attempt", Integer, nullable=False),
        Column("accounts", Integer, nullable=False),
        Column("bills", Integer, nullable=False),
        Column("held", Integer, nullable=False),
        Column("lines", Integer, nullable=False),
        Column("done_at", Instant, comment="when the present pass had done it"),
    )
    Table(
        "run_total",
        metadata,
        *_key(),
        Column("service", Code, primary_key=True),
        Column("provider", Code, primary_key=True),
        Column("customer_class", Code, primary_key=True),
        Column("connections", Integer, nullable=False),
        Column("quantity", BigInteger, nullable=False),
        Column("net", Tyiyn, nullable=False),
        Column("tax", Tyiyn, nullable=False),
        Column("corrected", Tyiyn, nullable=False, server_default="0", comment="of other periods, in net and tax"),
    )


def _results(metadata: MetaData) -> None:
    Table(
        "run_bill",
        metadata,
        *_key(),
        Column("place", Integer, primary_key=True, autoincrement=False, comment="among all accounts of the chunk"),
        Column("rank", Integer, nullable=False, comment="place among the bills of the chunk"),
        Column("account_id", Id, nullable=False),
        Column("net", Tyiyn, nullable=False),
        Column("tax", Tyiyn, nullable=False),
    )
    Table(
        "run_line",
        metadata,
        *_key(),
        Column("place", Integer, primary_key=True, autoincrement=False),
        Column("line", Integer, primary_key=True, autoincrement=False),
        *line_columns(),
    )
    Table(
        "run_hold",
        metadata,
        *_key(),
        Column("account_id", Id, primary_key=True, autoincrement=False),
        Column("connection_id", Id, primary_key=True, autoincrement=False, comment="0: the account as a whole"),
        Column("code", Code, primary_key=True),
        Column("service", Code),
        Column("fields", Json, nullable=False),
    )


def _key() -> list[Column[object]]:
    return [
        Column("tenant", Code, primary_key=True),
        Column("run_id", Id, primary_key=True, autoincrement=False),
        Column("chunk", Integer, primary_key=True, autoincrement=False),
    ]


def line_columns() -> list[Column[object]]:
    """What a line says, the same while it is previewed and when it is issued."""
    return [
        Column("connection_id", Id, nullable=False),
        Column("service", Code, nullable=False),
        Column("provider", Code, nullable=False),
        Column("kind", String(16), nullable=False, comment="charge or tax"),
        Column("component", Code, nullable=False),
        Column("tariff_version", Id, nullable=False),
        Column("tax_code", Code),
        Column("quantity", BigInteger, comment="thousandths of the unit"),
        Column("price", BigInteger, comment="integer x 10^-price_scale tyiyn"),
        Column("price_scale", Integer),
        Column("amount", Tyiyn, nullable=False),
        Column("basis", Text, comment="JSON: what the amount was worked out from, for its explanation"),
        Column("origin", String(16), comment="the period a correction is of; null: the bill's own"),
    ]
