"""Facts that come anew each period and are no attribute of a connection."""

from __future__ import annotations

from aimak.storage.types import Code, Day, Id
from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text


def add(metadata: MetaData) -> None:
    """Add the table of facts: days attended, containers lifted, hours of draw."""
    fact = Table(
        "period_fact",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("connection_id", Id, primary_key=True, autoincrement=False),
        Column("name", Code, primary_key=True),
        Column("from_date", Day, primary_key=True),
        Column("to_date", Day, comment="first day after; none: until another begins"),
        Column("account_id", Id, nullable=False, comment="the connection's, so that a chunk finds its facts by range"),
        Column("value_thousandths", BigInteger, nullable=False),
        Column("ground", Text, nullable=False, comment="the act, the sheet, the list that it stands on"),
        Column("version", BigInteger, nullable=False),
    )
    Index("period_fact_account", fact.c.tenant, fact.c.account_id)
