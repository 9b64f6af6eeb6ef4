"""Tables of payments. The tenant stands first in every key; what is append-only is guarded by triggers."""

from __future__ import annotations

from typing import Any

from aimak import intake, ledger
from aimak.plugins.payment_partners import MAX_ACCOUNT_TEXT, MAX_EXTERNAL_ID
from aimak.storage.guards import append_only
from aimak.storage.types import Code, Day, Id, Instant, Json, Tyiyn
from aimak.tables import kernel_tables
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

ACCOUNT_TEXT = String(MAX_ACCOUNT_TEXT)
EXTERNAL_ID = String(MAX_EXTERNAL_ID)

READ_MODELS = ("account", "alias", "connection", "receivable")


def build() -> MetaData:
    """All tables of the service."""
    metadata = MetaData()
    kernel_tables(metadata)
    ledger.tables(metadata)
    intake.tables(metadata)
    _accounts(metadata)
    _balances(metadata)
    _partners(metadata)
    _payments(metadata)
    _registries(metadata)
    return metadata


def _key(name: str, kind: Any, **options: Any) -> Column[Any]:
    return Column(name, kind, primary_key=True, **options)


def _accounts(metadata: MetaData) -> None:
    account = Table(
        "account",
        metadata,
        _key("tenant", Code),
        _key("account_id", Id, autoincrement=False),
        Column("number", ACCOUNT_TEXT, nullable=False),
        Column("holder", Text, nullable=False, comment="masked"),
        Column("status", String(16), nullable=False),
        Column("version", BigInteger, nullable=False),
    )
    Index("account_number", account.c.tenant, account.c.number)
    Table(
        "alias",
        metadata,
        _key("tenant", Code),
        _key("alias", ACCOUNT_TEXT),
        Column("account_id", Id, nullable=False),
        Column("version", BigInteger, nullable=False),
    )


def _balances(metadata: MetaData) -> None:
    connection = Table(
        "connection",
        metadata,
        _key("tenant", Code),
        _key("connection_id", Id, autoincrement=False),
        Column("account_id", Id, nullable=False),
        Column("provider", Code, nullable=False),
        Column("version", BigInteger, nullable=False),
    )
    Index("connection_account", connection.c.tenant, connection.c.account_id)
    receivable = Table(
        "receivable",
        metadata,
        _key("tenant", Code),
        _key("source_id", Id, autoincrement=False),
        _key("provider", Code),
        Column("account_id", Id, nullable=False),
        Column("amount", Tyiyn, nullable=False),
        Column("version", BigInteger, nullable=False),
    )
    Index("receivable_account", receivable.c.tenant, receivable.c.account_id)
    Table(
        "split_rule",
        metadata,
        _key("tenant", Code),
        _key("valid_from", Day),
        Column("method", String(16), nullable=False),
        Column("set_by", Code, nullable=False),
        Column("set_at", Instant, nullable=False),
    )


def _partners(metadata: MetaData) -> None:
    Table(
        "partner",
        metadata,
        _key("tenant", Code),
        _key("code", Code),
        Column("protocol", Code, nullable=False),
        Column("name", Text, nullable=False),
        Column("terms", Json, nullable=False),
        Column("settings", Json, nullable=False, comment="the plugin's own"),
        Column("addresses", Json, nullable=False, comment="networks that may call; empty: any"),
        Column(
            "certificates", Json, nullable=False, comment="SHA-256 of client certificates; empty: none is asked for"
        ),
        Column("version", BigInteger, nullable=False),
        Column("changed_by", Code, nullable=False),
        Column("changed_at", Instant, nullable=False),
    )
    Table(
        "credential",
        metadata,
        _key("tenant", Code),
        _key("partner", Code),
        _key("login", Code),
        Column("secret_hash", Text, nullable=False, comment="argon2id"),
        Column("set_by", Code, nullable=False),
        Column("set_at", Instant, nullable=False),
    )
    problem = Table(
        "partner_problem",
        metadata,
        _key("tenant", Code),
        _key("id", Id, autoincrement=False),
        Column("partner", Code, nullable=False),
        Column("external_id", EXTERNAL_ID, nullable=False),
        Column("code", String(16), nullable=False),
        Column("fields", Json, nullable=False),
        Column("seen_at", Instant, nullable=False),
    )
    append_only(problem)


def _payments(metadata: MetaData) -> None:
    answer = Table(
        "answer",
        metadata,
        _key("tenant", Code),
        _key("partner", Code),
        _key("external_id", EXTERNAL_ID),
        Column("account_text", ACCOUNT_TEXT, nullable=False),
        Column("account_id", Id),
        Column("amount", Tyiyn, nullable=False),
        Column("outcome", String(24), nullable=False),
        Column("payment_id", Id, comment="null where the payment was refused"),
        Column("http_status", Integer, nullable=False),
        Column("content_type", String(80), nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("answered_at", Instant, nullable=False),
    )
    append_only(answer)
    payment = Table(
        "payment",
        metadata,
        _key("tenant", Code),
        _key("id", Id, autoincrement=False),
        Column("partner", Code, nullable=False),
        Column("external_id", EXTERNAL_ID, nullable=False),
        Column(
            "typed_digest",
            String(64),
            nullable=False,
            server_default="",
            comment="salted, of what payment_typed says",
        ),
        Column("account_id", Id),
        Column("amount", Tyiyn, nullable=False),
        Column("paid_at", Instant, nullable=False),
        Column("paid_on", Day, nullable=False, comment="date on the partner's wall calendar"),
        Column("received_at", Instant, nullable=False),
        Column("ledger_day", Day, nullable=False),
        Column("source", String(16), nullable=False, comment="online or registry"),
        Column("suspense_reason", String(24), comment="null where the money reached its account"),
        UniqueConstraint("tenant", "partner", "external_id", name="payment_once"),
        CheckConstraint("amount > 0", name="payment_amount_positive"),
    )
    append_only(payment)
    Index("payment_account", payment.c.tenant, payment.c.account_id)
    Index("payment_day", payment.c.tenant, payment.c.partner, payment.c.paid_on)
    Index("payment_time", payment.c.tenant, payment.c.paid_at, payment.c.id)
    ledger.day_index(payment)
    _typed(metadata)
    _parts(metadata)


def _typed(metadata: MetaData) -> None:
    typed = Table(
        "payment_typed",
        metadata,
        _key("tenant", Code),
        _key("payment_id", Id, autoincrement=False),
        Column("account_text", ACCOUNT_TEXT, nullable=False, comment="as the payer typed it: in no copy of the ledger"),
        Column("salt", String(32), nullable=False),
    )
    append_only(typed)


def _parts(metadata: MetaData) -> None:
    part = Table(
        "payment_part",
        metadata,
        _key("tenant", Code),
        _key("payment_id", Id, autoincrement=False),
        _key("provider", Code),
        Column("account_id", Id, nullable=False),
        Column("amount", Tyiyn, nullable=False),
        CheckConstraint("amount > 0", name="payment_part_amount_positive"),
    )
    append_only(part)
    ledger.belongs_to(part, "payment", "payment_id")
    Index("payment_part_account", part.c.tenant, part.c.account_id)


def _registries(metadata: MetaData) -> None:
    line = Table(
        "registry_line",
        metadata,
        _key("tenant", Code),
        _key("registry_id", Id, autoincrement=False, comment="the import's id"),
        _key("line", Integer, autoincrement=False),
        Column("partner", Code, nullable=False),
        Column("external_id", EXTERNAL_ID, nullable=False),
        Column("account_text", ACCOUNT_TEXT, nullable=False),
        Column("amount", Tyiyn, nullable=False),
        Column("paid_at", Instant, nullable=False),
        Column("paid_on", Day, nullable=False, comment="date on the partner's wall calendar"),
        Column("match", String(16), nullable=False, comment="MATCHED, MISMATCH or MISSING_ONLINE"),
        Column("reason", String(24), comment="what differs, or why the money is in suspense"),
        Column("payment_id", Id),
    )
    append_only(line)
    Index("registry_line_external", line.c.tenant, line.c.partner, line.c.external_id)
