"""Tariffs and tax rules as they were decided. A version never changes; a new decision is a new version."""

from __future__ import annotations

from aimak.storage.guards import append_only
from aimak.storage.types import Code, Day, Id
from sqlalchemy import Column, MetaData, Table, Text


def add(metadata: MetaData) -> None:
    """Add the tables of tariffs and tax rules."""
    tariff = Table(
        "tariff",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("id", Id, primary_key=True, autoincrement=False),
        Column("code", Code, nullable=False),
        Column("service", Code, nullable=False),
        Column("provider", Code, nullable=False),
        Column("valid_from", Day, nullable=False),
        Column("valid_to", Day, comment="first day on which it no longer holds"),
        Column("decision", Text, nullable=False),
        Column("body", Text, nullable=False, comment="JSON of the whole version"),
    )
    append_only(tariff)
    tax = Table(
        "tax_rule",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("id", Id, primary_key=True, autoincrement=False),
        Column("code", Code, nullable=False),
        Column("valid_from", Day, nullable=False),
        Column("valid_to", Day),
        Column("ground", Text, nullable=False),
        Column("body", Text, nullable=False),
    )
    append_only(tax)
