"""The tables of notifications: what it knows of accounts, what it has to tell, the messages, the gateways."""

from __future__ import annotations

from aimak.storage.types import Code, Id, Instant, Json
from aimak.tables import kernel_tables
from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()
kernel_tables(metadata)

account = Table(
    "account",
    metadata,
    Column("tenant", Code, primary_key=True),
    Column("account_id", Id, primary_key=True, autoincrement=False),
    Column("number", Code, nullable=False),
    Column("phone", Code, comment="as billing has it"),
    Column("language", String(8), nullable=False),
    Column("version", BigInteger, nullable=False),
    comment="read model of billing's AccountsDefined",
)

service_type = Table(
    "service_type",
    metadata,
    Column("tenant", Code, primary_key=True),
    Column("code", Code, primary_key=True),
    Column("names", Json, nullable=False, comment="language → name"),
    Column("version", BigInteger, nullable=False),
    comment="read model of billing's ServiceTypesDefined",
)

notice = Table(
    "notice",
    metadata,
    Column("tenant", Code, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False, comment="the message's id"),
    Column("kind", Code, nullable=False, comment="bill or receipt"),
    Column("source_id", Id, nullable=False, comment="bill id or payment id"),
    Column("account_id", Id, nullable=False),
    Column("period", String(16), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("state", Code, nullable=False),
    Column("facts", Json, comment="kept while the notice waits for what else the text needs"),
    comment="what was to be told, whether or not it could be: a repeat is known by it",
)
Index(
    "notice_waiting",
    notice.c.tenant,
    notice.c.account_id,
    postgresql_where=notice.c.state == "waiting",
    sqlite_where=notice.c.state == "waiting",
)

message = Table(
    "message",
    metadata,
    Column("tenant", Code, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("kind", Code, nullable=False),
    Column("source_id", Id, nullable=False, comment="bill id or payment id"),
    Column("account_id", Id, nullable=False),
    Column("account", Code, nullable=False, comment="the account's number when the message was made"),
    Column("period", String(16), nullable=False),
    Column("phone", String(20), nullable=False, comment="digits with the country code"),
    Column("language", String(8), nullable=False),
    Column("text", Text, nullable=False),
    Column("encoding", String(8), nullable=False),
    Column("parts", Integer, nullable=False),
    Column("day", Date, nullable=False, comment="the town's date when it was made"),
    Column("state", Code, nullable=False),
    Column("gateway", Code),
    Column("gateway_ref", String(128)),
    Column("reason", Text, comment="the gateway's words"),
    Column("attempts", Integer, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("settled_at", Instant, comment="delivered, failed, refused or withdrawn"),
)
Index("message_account", message.c.tenant, message.c.account)

gateway = Table(
    "gateway",
    metadata,
    Column("tenant", Code, primary_key=True),
    Column("code", Code, primary_key=True),
    Column("settings", Json, nullable=False, comment="secrets by name alone"),
    Column("report_secret", String(64), nullable=False),
    Column("chosen", Boolean, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", Code, nullable=False),
)

consent = Table(
    "consent",
    metadata,
    Column("tenant", Code, primary_key=True),
    Column("phone", String(20), primary_key=True, comment="digits with the country code"),
    Column("allowed", Boolean, nullable=False, comment="a phone without a row is allowed"),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", Code, nullable=False),
)

plugin_state = Table(
    "plugin_state",
    metadata,
    Column("tenant", Code, primary_key=True),
    Column("gateway", Code, primary_key=True),
    Column("key", Code, primary_key=True),
    Column("value", Json, nullable=False),
    comment="the little that a gateway's plugin remembers between calls",
)
