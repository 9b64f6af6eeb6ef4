"""Simulations of drafts: what was asked, how far it is, and what it came to. They are working papers, not records."""

from __future__ import annotations

from aimak.storage.types import Code, Id, Instant, Json
from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table


def add(metadata: MetaData) -> None:
    """Add the tables of simulations."""
    Table(
        "simulation",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("id", Id, primary_key=True, autoincrement=False),
        Column("asked", Json, nullable=False, comment="ids and names of the drafts, names of the periods"),
        Column("state", String(16), nullable=False, comment="running, done or stopped"),
        Column("actor", Code, nullable=False),
        Column("at", Instant, nullable=False),
        Column("chunks", Integer, nullable=False),
        Column("undone", Integer, nullable=False),
        Column("report", Json),
    )
    Table(
        "simulation_chunk",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("simulation_id", Id, primary_key=True, autoincrement=False),
        Column("chunk", Integer, primary_key=True, autoincrement=False),
        Column("first_account", Id, nullable=False),
        Column("last_account", Id, nullable=False),
        Column("accounts", LargeBinary, comment="sums of each account as an Arrow file; gone when the report is made"),
        Column("sums", Json, comment="totals and holds"),
    )
