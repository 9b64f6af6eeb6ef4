"""The tables that every service has: outbox, inbox, dead letters, jobs, counters, and what it knows of tenants."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from aimak import audit
from aimak.storage.types import Code, Id, Instant, Json

# An INTEGER key is SQLite's own row number; PostgreSQL counts by identity.
_COUNTED = BigInteger().with_variant(Integer(), "sqlite")


def kernel_tables(metadata: MetaData) -> None:
    """Add the kernel's tables to a service's metadata."""
    _messages(metadata)
    _dead_letters(metadata)
    _work(metadata)
    audit.add(metadata, Column("id", _COUNTED, Identity(), primary_key=True))


def _messages(metadata: MetaData) -> None:
    outbox = Table(
        "outbox",
        metadata,
        Column("id", _COUNTED, Identity(), primary_key=True),
        Column("tenant", Code, nullable=False),
        Column("routing_key", String(200), nullable=False),
        Column("consumer", Code, comment="the one service it is for; null for everyone who listens"),
        Column("rows", Integer, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("occurred_at", Instant, nullable=False),
        Column("message_id", String(36), comment="the sealed message this fact travels in; null while it waits"),
        Column("published_at", Instant),
    )
    Index(
        "outbox_waiting",
        outbox.c.id,
        postgresql_where=outbox.c.published_at.is_(None),
        sqlite_where=outbox.c.published_at.is_(None),
    )
    Index("outbox_message", outbox.c.message_id)
    Table(
        "inbox",
        metadata,
        Column("consumer", Code, primary_key=True),
        Column("message_id", String(36), primary_key=True),
        Column("processed_at", Instant, nullable=False),
    )


def _dead_letters(metadata: MetaData) -> None:
    Table(
        "dead_letter",
        metadata,
        Column("id", String(36), primary_key=True, comment="the message's id"),
        Column("consumer", Code, nullable=False),
        Column("tenant", Code, nullable=False),
        Column("routing_key", String(200), nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("headers", Json, nullable=False),
        Column("reason", Text, nullable=False),
        Column("fingerprint", String(32), nullable=False),
        Column("first_seen", Instant, nullable=False),
        Column("state", String(16), nullable=False, comment="waiting, replayed or dropped"),
        Column("decided_by", Code),
        Column("decided_why", Text),
        Column("decided_at", Instant),
    )


def _work(metadata: MetaData) -> None:
    job = Table(
        "job",
        metadata,
        Column("id", _COUNTED, Identity(), primary_key=True),
        Column("tenant", Code, nullable=False),
        Column("kind", Code, nullable=False),
        Column("key", String(200), nullable=False),
        Column("payload", Json, nullable=False),
        Column("due_at", Instant, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column(
            "asked", Integer, nullable=False, comment="how often: what is asked for while it runs is done once more"
        ),
        Column("state", String(16), nullable=False, comment="waiting, done or failed"),
        Column("problem", Text),
        UniqueConstraint("tenant", "kind", "key", name="job_once"),
    )
    Index("job_due", job.c.due_at, postgresql_where=job.c.state == "waiting", sqlite_where=job.c.state == "waiting")
    Table(
        "counter",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("name", Code, primary_key=True),
        Column("next", Id, nullable=False),
    )
    Table(
        "tenant",
        metadata,
        Column("code", Code, primary_key=True),
        Column("name", Json, nullable=False),
        Column("zone", String(64), nullable=False),
        Column("languages", String(64), nullable=False),
        Column("is_test", Boolean, nullable=False),
        Column("version", BigInteger, nullable=False),
    )
