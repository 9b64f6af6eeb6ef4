"""The gateway's tables: who may log in, and who is logged in."""

from __future__ import annotations

from aimak.storage.types import Code, Instant, Json
from aimak.tables import kernel_tables
from sqlalchemy import Boolean, Column, MetaData, String, Table

metadata = MetaData()
kernel_tables(metadata)

person = Table(
    "person",
    metadata,
    Column("name", Code, primary_key=True),
    Column("password_hash", String(200), nullable=False),
    Column("roles", Json, nullable=False),
    Column("tenants", Json, nullable=False, comment="codes, or ['*'] for every municipality"),
    Column("active", Boolean, nullable=False),
    Column("added_by", Code, nullable=False),
    Column("added_at", Instant, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("person", Code, nullable=False),
    Column("tenant", Code, nullable=False),
    Column("expires_at", Instant, nullable=False),
)
