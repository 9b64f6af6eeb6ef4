"""Sums of the ledger up to closed days, and what moved between them: made from it, and made again when they are
missing. Not append-only."""

from __future__ import annotations

from aimak.storage.types import Code, Day, Json
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table


def add(metadata: MetaData) -> None:
    """Add the tables of carried sums and of what moved between them."""
    _carried(metadata)
    _movements(metadata)


def _carried(metadata: MetaData) -> None:
    Table(
        "carried",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("through", Day, primary_key=True, comment="a closed ledger day: all transfers up to it are in the sums"),
        Column(
            "business_through",
            Day,
            nullable=False,
            comment="the last business date of these, openings and what is dated after `through` left out",
        ),
        Column("transfers", BigInteger, nullable=False, comment="how many these are"),
        Column(
            "keys",
            Json,
            nullable=False,
            comment="[[provider, service, origin, and of what is dated ahead: date, kind, again], ...]",
        ),
        Column(
            "owed",
            Json,
            nullable=False,
            comment="[[provider, and of what is dated ahead: date, kind; tyiyn], ...] as the ledger itself adds up",
        ),
    )
    _parts(metadata, "carried_part")


def _movements(metadata: MetaData) -> None:
    Table(
        "movement",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("through", Day, primary_key=True, comment="the last ledger day that is in it, a closed one"),
        Column("after", Day, nullable=False, comment="the ledger day before the first that is in it"),
        Column("keys", Json, nullable=False, comment="[[provider, service, origin, business date, kind, again], ...]"),
    )
    _parts(metadata, "movement_part")


def _parts(metadata: MetaData, name: str) -> None:
    Table(
        name,
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("through", Day, primary_key=True),
        Column("part", Integer, primary_key=True, autoincrement=False, comment="account ids over 100,000"),
        Column("sums", LargeBinary, nullable=False, comment="Arrow IPC file: account_id, key, amount in tyiyn"),
    )
