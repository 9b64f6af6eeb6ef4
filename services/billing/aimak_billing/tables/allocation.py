"""How payments are set against debts and what late readings lead to, from which day, on what ground."""

from __future__ import annotations

from aimak.storage.guards import append_only
from aimak.storage.types import Code, Day, Instant, Json
from sqlalchemy import Column, MetaData, String, Table, Text


def add(metadata: MetaData) -> None:
    """Add the tables of rules."""
    policy = Table(
        "allocation_policy",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("valid_from", Day, primary_key=True),
        Column("method", Code, nullable=False),
        Column("priority", Json, nullable=False, comment="services, the first paid first"),
        Column("ground", Text, nullable=False),
        Column("set_by", String(64), nullable=False),
        Column("set_at", Instant, nullable=False),
    )
    append_only(policy)
    late = Table(
        "late_policy",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("valid_from", Day, primary_key=True),
        Column("method", Code, nullable=False, comment="adjust or rebill"),
        Column("ground", Text, nullable=False),
        Column("set_by", String(64), nullable=False),
        Column("set_at", Instant, nullable=False),
    )
    append_only(late)
