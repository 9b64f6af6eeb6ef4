"""Who a bill was made out to: as it was on its day, with the personal facts in a row of their own."""

from __future__ import annotations

from aimak import ledger
from aimak.storage.guards import append_only
from aimak.storage.types import Code, Day, Id
from sqlalchemy import BigInteger, Column, MetaData, String, Table, Text


def add(metadata: MetaData) -> None:
    """Add the tables of parties. A party's id is its account's times 2^20 and the account's version."""
    party = Table(
        "party",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("id", Id, primary_key=True, autoincrement=False),
        Column("account_id", Id, nullable=False),
        Column("account_version", BigInteger, nullable=False),
        Column("digest", String(64), nullable=False, comment="salted, of what party_person says"),
        Column("ledger_day", Day, nullable=False),
    )
    ledger.day_index(party)
    append_only(party)
    person = Table(
        "party_person",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("id", Id, primary_key=True, autoincrement=False),
        Column("number", String(64), nullable=False),
        Column("holder", Text, nullable=False),
        Column("address", Text, nullable=False),
        Column("phone", String(32)),
        Column("salt", String(32), nullable=False),
    )
    append_only(person)
