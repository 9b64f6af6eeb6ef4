"""Providers, addresses, customers, accounts, connections, residents: what billing owns and tells others of."""

from __future__ import annotations

from aimak.storage.types import Code, Day, Id, Instant, Json
from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text, UniqueConstraint


def add(metadata: MetaData) -> None:
    """Add the register tables."""
    _creditors(metadata)
    _places(metadata)
    _accounts(metadata)
    _at_accounts(metadata)
    _past(metadata)


def _creditors(metadata: MetaData) -> None:
    Table(
        "provider",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("code", Code, primary_key=True),
        Column("number", Integer, nullable=False, comment="small and fixed: part of its ledger accounts' ids"),
        Column("name", Json, nullable=False),
        Column("tax_number", String(32), nullable=False),
        Column("regime", Code, nullable=False),
        Column("bank_account", String(64), nullable=False),
        Column("elqr", Json, nullable=False, comment="what its payment QR carries"),
        Column("version", BigInteger, nullable=False),
        UniqueConstraint("tenant", "number", name="provider_number"),
    )
    Table(
        "provider_past",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("code", Code, primary_key=True),
        Column("until", Instant, primary_key=True, comment="when one of these was changed"),
        Column("name", Json, nullable=False, comment="as it was before that"),
        Column("tax_number", String(32), nullable=False),
        Column("bank_account", String(64), nullable=False),
    )
    Table(
        "service_type",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("code", Code, primary_key=True),
        Column("facts", Json, nullable=False, comment="as last told to other services"),
        Column("version", BigInteger, nullable=False),
    )


def _places(metadata: MetaData) -> None:
    Table(
        "tenant_past",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("until", Instant, primary_key=True, comment="when the municipality was given another name"),
        Column("name", Json, nullable=False, comment="as it was called before that"),
    )
    Table(
        "address",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("id", Id, primary_key=True, autoincrement=False),
        Column("valid_from", Day, primary_key=True, comment="a renamed street is a new row of the same id"),
        Column("kind", String(16), nullable=False, comment="street, house or flat"),
        Column("parent_id", Id),
        Column("name", Text, nullable=False),
    )
    Table(
        "premise",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("id", Id, primary_key=True, autoincrement=False),
        Column("kind", Code, nullable=False),
        Column("street_id", Id),
        Column("house_id", Id),
        Column("flat_id", Id),
    )


def _accounts(metadata: MetaData) -> None:
    Table(
        "customer",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("id", Id, primary_key=True, autoincrement=False),
        Column("name", Text, nullable=False),
        Column("folded", Text, nullable=False, comment="name in lower case, for search"),
        Column("phone", String(32)),
        Column("language", String(8), nullable=False),
    )
    Table(
        "account",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("id", Id, primary_key=True, autoincrement=False),
        Column("number", String(64), nullable=False),
        Column("customer_id", Id, nullable=False),
        Column("premise_id", Id, nullable=False),
        Column("customer_class", Code, nullable=False),
        Column("status", String(16), nullable=False, comment="active or closed"),
        Column("opened_on", Day, nullable=False),
        Column("closed_on", Day),
        Column("version", BigInteger, nullable=False),
        UniqueConstraint("tenant", "number", name="account_number"),
    )
    Table(
        "account_alias",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("alias", String(64), primary_key=True),
        Column("account_id", Id, nullable=False),
        Column("version", BigInteger, nullable=False),
    )


def _at_accounts(metadata: MetaData) -> None:
    connection = Table(
        "connection",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("id", Id, primary_key=True, autoincrement=False),
        Column("account_id", Id, nullable=False),
        Column("service", Code, nullable=False),
        Column("provider", Code, nullable=False),
        Column("customer_class", Code, nullable=False),
        Column("attributes", Json, nullable=False),
        Column("valid_from", Day, nullable=False),
        Column("valid_to", Day, comment="first day without the service"),
        Column("left_on", Day, comment="the account was left with it that day: who moves in has it again"),
        Column("left_until", Day, comment="the first day on which they do not, as was planned by then"),
        Column("version", BigInteger, nullable=False),
    )
    Index("connection_account", connection.c.tenant, connection.c.account_id)
    resident = Table(
        "resident",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("id", Id, primary_key=True, autoincrement=False),
        Column("account_id", Id, nullable=False),
        Column("persons", Integer, nullable=False),
        Column("pensioners", Integer, nullable=False),
        Column("valid_from", Day, nullable=False),
        Column("valid_to", Day, comment="first day on which it no longer holds"),
        Column("ground", Text, nullable=False),
        Column("version", BigInteger, nullable=False),
    )
    Index("resident_account", resident.c.tenant, resident.c.account_id)
    usage = Table(
        "usage",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("usage_id", Id, primary_key=True, autoincrement=False),
        Column("account_id", Id, nullable=False, comment="the connection's, so that a chunk finds its usage by range"),
        Column("connection_id", Id, nullable=False),
        Column("serial", String(64), nullable=False),
        Column("from_date", Day, nullable=False),
        Column("to_date", Day, nullable=False),
        Column("previous_thousandths", BigInteger, nullable=False),
        Column("current_thousandths", BigInteger, nullable=False),
        Column("quantity_thousandths", BigInteger, nullable=False),
        Column("method", Code, nullable=False),
        Column("state", String(16), nullable=False, comment="accepted or withdrawn"),
        Column("version", BigInteger, nullable=False),
    )
    Index("usage_account", usage.c.tenant, usage.c.account_id, usage.c.to_date)


def _past(metadata: MetaData) -> None:
    past = Table(
        "connection_past",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("connection_id", Id, primary_key=True, autoincrement=False),
        Column("valid_to", Day, primary_key=True, comment="first day on which the connection was as it is after it"),
        Column("account_id", Id, nullable=False, comment="the connection's, so that a chunk finds it by range"),
        Column("customer_class", Code, nullable=False),
        Column("attributes", Json, nullable=False),
        Column("ground", Text, nullable=False),
    )
    Index("connection_past_account", past.c.tenant, past.c.account_id)
