"""Tariffs, their steps and the documents behind them; tax rules. A version never changes, a step is never undone."""

from __future__ import annotations

from aimak.storage.guards import append_only
from aimak.storage.types import Code, Day, Id, Instant
from sqlalchemy import Boolean, Column, Integer, LargeBinary, MetaData, String, Table, Text, UniqueConstraint


def add(metadata: MetaData) -> None:
    """Add the tables of tariffs, their steps and scans, and of tax rules."""
    _tariffs(metadata)
    _life(metadata)
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


def _tariffs(metadata: MetaData) -> None:
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
        Column("decision", Text, nullable=False, comment="as the file says it; empty where it says none"),
        Column("body", Text, nullable=False, comment="JSON of the whole version"),
        Column(
            "revision",
            Integer,
            nullable=False,
            server_default="1",
            comment="counts the texts under one code and date; all but the last were withdrawn",
        ),
    )
    append_only(tariff)


def _life(metadata: MetaData) -> None:
    step = Table(
        "tariff_step",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("id", Id, primary_key=True, autoincrement=False),
        Column("tariff_id", Id, nullable=False),
        Column("place", Integer, nullable=False, comment="0 is the entry"),
        Column("step", String(16), nullable=False),
        Column("actor", Code, nullable=False),
        Column("at", Instant, nullable=False),
        Column("ground", Text),
        Column("body", Text, comment="who decided or agreed"),
        Column("number", Text),
        Column("day", Day, comment="when it happened outside"),
        Column("scan", String(64), comment="SHA-256 of the document in tariff_scan"),
        Column("not_required", Boolean, nullable=False),
        Column("notice_days", Integer, comment="of a publication: days before the tariff rates"),
        UniqueConstraint("tenant", "tariff_id", "place", name="tariff_step_place"),
    )
    append_only(step)
    scan = Table(
        "tariff_scan",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("sha256", String(64), primary_key=True),
        Column("name", Text, nullable=False),
        Column("kind", Code, nullable=False, comment="its media type"),
        Column("body", LargeBinary, nullable=False),
        Column("actor", Code, nullable=False),
        Column("at", Instant, nullable=False),
    )
    append_only(scan)
