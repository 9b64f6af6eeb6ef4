"""Metering's tables: meters, readings, usage; what it knows of accounts and connections; the kernel's."""

from __future__ import annotations

from aimak import intake
from aimak.storage.types import Code, Day, Id, Instant, Json
from aimak.tables import kernel_tables
from sqlalchemy import Column, Index, Integer, MetaData, String, Table, Text

READ_MODELS = ("account", "alias", "connection")


def build() -> MetaData:
    """The metadata of the service."""
    metadata = MetaData()
    kernel_tables(metadata)
    intake.tables(metadata)
    _read_models(metadata)
    _meters(metadata)
    _readings(metadata)
    _usage(metadata)
    return metadata


def _read_models(metadata: MetaData) -> None:
    account = Table(
        "account",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("account_id", Id, primary_key=True),
        Column("number", Code, nullable=False),
        Column("holder", Text, nullable=False),
        Column("address", Text, nullable=False),
        Column("status", String(16), nullable=False),
        Column("version", Id, nullable=False),
    )
    Index("account_number", account.c.tenant, account.c.number)
    Table(
        "alias",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("alias", Code, primary_key=True),
        Column("account_id", Id, nullable=False),
        Column("version", Id, nullable=False),
    )
    connection = Table(
        "connection",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("connection_id", Id, primary_key=True),
        Column("account_id", Id, nullable=False),
        Column("service", Code, nullable=False),
        Column("valid_from", Day, nullable=False),
        Column("valid_to", Day),
        Column("version", Id, nullable=False),
    )
    Index("connection_account", connection.c.tenant, connection.c.account_id)


def _meters(metadata: MetaData) -> None:
    meter = Table(
        "meter",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("meter_id", Id, primary_key=True, comment="follows from account, service and serial"),
        Column("account_id", Id, nullable=False),
        Column("connection_id", Id, nullable=False),
        Column("service", Code, nullable=False),
        Column("serial", Code, nullable=False),
        Column("size", Integer, nullable=False, comment="millimetres"),
        Column("dials", Integer, nullable=False),
        Column("installed_on", Day, nullable=False),
        Column("initial", Id, nullable=False, comment="thousandths on the day it was installed"),
        Column("verified_until", Day),
        Column("seal", Code),
        Column("last_date", Day, nullable=False, comment="of the last accepted reading"),
        Column("last_value", Id, nullable=False),
        Column("latest_date", Day, comment="of the last reading that is kept, held ones included"),
        Column("uses", Json, nullable=False, comment="the last accepted uses: [[days, thousandths], ...]"),
        Column("held", Integer, nullable=False, comment="readings that wait for a decision"),
        Column("removed_on", Day, comment="when another took its place"),
        Column("changed_at", Instant, nullable=False),
    )
    Index("meter_account", meter.c.tenant, meter.c.account_id)
    Index("meter_serial", meter.c.tenant, meter.c.serial)


def _readings(metadata: MetaData) -> None:
    reading = Table(
        "reading",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("reading_id", Id, primary_key=True, comment="follows from the import and the line"),
        Column("meter_id", Id, nullable=False),
        Column("date", Day, nullable=False),
        Column("value", Id, nullable=False, comment="thousandths; never changed"),
        Column("reader", Text),
        Column("note", Text),
        Column("state", String(16), nullable=False, comment="accepted, held, rejected, corrected or withdrawn"),
        Column("findings", Json, nullable=False, comment="why it is held, or what was noted: [[code, fields], ...]"),
        Column("import_id", Id, nullable=False),
        Column("line", Integer, nullable=False),
        Column("received_at", Instant, nullable=False),
        Column("decided_by", Text),
        Column("decided_why", Text),
        Column("decided_at", Instant),
        Column("corrects", Id, comment="the reading in whose place it stands"),
    )
    Index("reading_meter", reading.c.tenant, reading.c.meter_id, reading.c.date)
    Index(
        "reading_held",
        reading.c.tenant,
        reading.c.date,
        reading.c.reading_id,
        postgresql_where=reading.c.state == "held",
        sqlite_where=reading.c.state == "held",
    )


def _usage(metadata: MetaData) -> None:
    Table(
        "usage",
        metadata,
        Column("tenant", Code, primary_key=True),
        Column("usage_id", Id, primary_key=True, comment="the reading that ends it"),
        Column("meter_id", Id, nullable=False),
        Column("connection_id", Id, nullable=False),
        Column("serial", Code, nullable=False),
        Column("from_date", Day, nullable=False),
        Column("to_date", Day, nullable=False),
        Column("previous_thousandths", Id, nullable=False),
        Column("current_thousandths", Id, nullable=False),
        Column("quantity_thousandths", Id, nullable=False),
        Column("method", String(16), nullable=False),
        Column("state", String(16), nullable=False, comment="accepted or withdrawn"),
        Column("version", Id, nullable=False),
    )


metadata = build()
