"""What a run must show before it is issued: that nobody is missing, and that what looks wrong was looked at."""

from __future__ import annotations

from aimak.storage.guards import append_only
from aimak.storage.types import Code, Id, Instant, Json
from sqlalchemy import Column, Integer, MetaData, String, Table, Text


def add(metadata: MetaData) -> None:
    """Add the tables of a run's checks."""
    _counts(metadata)
    _outsorts(metadata)


def _counts(metadata: MetaData) -> None:
    Table(
        "run_count",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("run_id", Id, primary_key=True, autoincrement=False),
        Column("chunk", Integer, primary_key=True, autoincrement=False),
        Column("service", Code, primary_key=True),
        Column("provider", Code, primary_key=True),
        Column("billed", Integer, nullable=False),
        Column("held", Integer, nullable=False),
        Column("exempt", Integer, nullable=False, comment="nothing to charge, or charged by another bill"),
    )


def _outsorts(metadata: MetaData) -> None:
    Table(
        "outsort_rule",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("rule", Code, primary_key=True),
        Column("times_thousandths", Integer, nullable=False, comment="how many times the usual, where it matters"),
    )
    Table(
        "run_outsort",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("run_id", Id, primary_key=True, autoincrement=False),
        Column("chunk", Integer, primary_key=True, autoincrement=False),
        Column("account_id", Id, primary_key=True, autoincrement=False),
        Column("rule", Code, primary_key=True),
        Column("fields", Json, nullable=False),
    )
    decision = Table(
        "outsort_decision",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("run_id", Id, primary_key=True, autoincrement=False),
        Column("account_id", Id, primary_key=True, autoincrement=False),
        Column("attempt", Integer, primary_key=True, autoincrement=False),
        Column("decision", String(16), nullable=False, comment="release, correct or exclude"),
        Column("reason", Text, nullable=False),
        Column("actor", String(64), nullable=False),
        Column("at", Instant, nullable=False),
    )
    append_only(decision)
