"""The tables of the first month."""

from __future__ import annotations

import sqlalchemy as sa
from aimak.storage import guards, types
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table and the guards of the append-only ones."""
    op.create_table(
        "account",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("premise_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_class", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False, comment="active or closed"),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id"),
        sa.UniqueConstraint("tenant", "number", name="account_number"),
    )
    op.create_table(
        "account_alias",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("alias", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "alias"),
    )
    op.create_table(
        "address",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="a renamed street is a new row of the same id"),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="street, house or flat"),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", "valid_from"),
    )
    op.create_table(
        "approval",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False, comment="preview, approve, issue or close"),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.create_table(
        "bill",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("opening", sa.BigInteger(), nullable=False),
        sa.Column(
            "opening_parts", sa.Text(), nullable=False, comment="JSON: [[provider, before the period, paid in it], ...]"
        ),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("ledger_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id"),
        sa.UniqueConstraint("tenant", "number", name="bill_number"),
    )
    op.create_index("bill_account", "bill", ["tenant", "account_id"], unique=False)
    op.create_table(
        "bill_line",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("bill_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="charge or tax"),
        sa.Column("component", sa.String(length=64), nullable=False),
        sa.Column("tariff_version", sa.BigInteger(), nullable=False),
        sa.Column("tax_code", sa.String(length=64), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=True, comment="thousandths of the unit"),
        sa.Column("price", sa.BigInteger(), nullable=True, comment="integer x 10^-price_scale tyiyn"),
        sa.Column("price_scale", sa.Integer(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column(
            "basis", sa.Text(), nullable=True, comment="JSON: what the amount was worked out from, for its explanation"
        ),
        sa.Column("ledger_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "bill_id", "line"),
    )
    op.create_table(
        "connection",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("customer_class", sa.String(length=64), nullable=False),
        sa.Column("attributes", types.Json(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="first day without the service"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.create_index("connection_account", "connection", ["tenant", "account_id"], unique=False)
    op.create_table(
        "counter",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name"),
    )
    op.create_table(
        "customer",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False, comment="name in lower case, for search"),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.create_table(
        "cycle",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("cycle", sa.String(length=64), nullable=False),
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False, comment="first day after the period"),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="open or closed"),
        sa.PrimaryKeyConstraint("tenant", "cycle", "period"),
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.String(length=36), nullable=False, comment="the message's id"),
        sa.Column("consumer", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("routing_key", sa.String(length=200), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("headers", types.Json(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("first_seen", types.Instant(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="waiting, replayed or dropped"),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_why", sa.Text(), nullable=True),
        sa.Column("decided_at", types.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "import_fault",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True, comment="null: it concerns the whole file"),
        sa.Column("refused", sa.Boolean(), nullable=False, comment="whether the row was left out; else it is a note"),
        sa.Column("problems", types.Json(), nullable=False),
        sa.Column("cells", types.Json(), nullable=False, comment="the row as it stood in the file"),
        sa.PrimaryKeyConstraint("tenant", "import_id", "place"),
    )
    op.create_table(
        "import_file",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False, comment="follows from kind, content and parameters"),
        sa.Column("upload_id", sa.String(length=36), nullable=False, comment="under which its parts are kept"),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="bytes"),
        sa.Column("params", types.Json(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("received_at", types.Instant(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="uploaded, scanning, taking, done or refused"),
        sa.Column("header", types.Json(), nullable=False, comment="the file's own column names"),
        sa.Column("total", sa.Integer(), nullable=False, comment="rows, once it has been scanned"),
        sa.Column("done", sa.Integer(), nullable=False, comment="rows looked at: where a killed import goes on"),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("faults", sa.Integer(), nullable=False, comment="rows of import_fault: the next one's place"),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.create_table(
        "import_part",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("upload_id", sa.String(length=36), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "upload_id", "place"),
    )
    op.create_index("import_part_age", "import_part", ["received_at"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("processed_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "message_id"),
    )
    op.create_table(
        "job",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("payload", types.Json(), nullable=False),
        sa.Column("due_at", types.Instant(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column(
            "asked",
            sa.Integer(),
            nullable=False,
            comment="how often: what is asked for while it runs is done once more",
        ),
        sa.Column("state", sa.String(length=16), nullable=False, comment="waiting, done or failed"),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant", "kind", "key", name="job_once"),
    )
    op.create_index(
        "job_due",
        "job",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "ledger_day",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("closed_through", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("tenant"),
    )
    op.create_table(
        "outbox",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("routing_key", sa.String(length=200), nullable=False),
        sa.Column(
            "consumer",
            sa.String(length=64),
            nullable=True,
            comment="the one service it is for; null for everyone who listens",
        ),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("occurred_at", types.Instant(), nullable=False),
        sa.Column(
            "message_id",
            sa.String(length=36),
            nullable=True,
            comment="the sealed message this fact travels in; null while it waits",
        ),
        sa.Column("published_at", types.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("outbox_message", "outbox", ["message_id"], unique=False)
    op.create_index(
        "outbox_waiting",
        "outbox",
        ["id"],
        unique=False,
        postgresql_where=sa.text("published_at IS NULL"),
        sqlite_where=sa.text("published_at IS NULL"),
    )
    op.create_table(
        "payment_part",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("partner", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=128), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="received or reversed"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "payment_id", "provider"),
    )
    op.create_table(
        "premise",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("street_id", sa.BigInteger(), nullable=True),
        sa.Column("house_id", sa.BigInteger(), nullable=True),
        sa.Column("flat_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.create_table(
        "provider",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="small and fixed: part of its ledger accounts' ids"),
        sa.Column("name", types.Json(), nullable=False),
        sa.Column("tax_number", sa.String(length=32), nullable=False),
        sa.Column("regime", sa.String(length=64), nullable=False),
        sa.Column("bank_account", sa.String(length=64), nullable=False),
        sa.Column("elqr", types.Json(), nullable=False, comment="what its payment QR carries"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "code"),
        sa.UniqueConstraint("tenant", "number", name="provider_number"),
    )
    op.create_table(
        "resident",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("pensioners", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="first day on which it no longer holds"),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.create_index("resident_account", "resident", ["tenant", "account_id"], unique=False)
    op.create_table(
        "run",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cycle", sa.String(length=64), nullable=False),
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("selection", sa.String(length=64), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.String(length=16),
            nullable=False,
            comment="previewing, previewed, approved, issuing, issued, abandoned",
        ),
        sa.Column("attempt", sa.Integer(), nullable=False, comment="how many times the present pass was started"),
        sa.Column("undone", sa.Integer(), nullable=False, comment="chunks that the present pass has not done yet"),
        sa.Column("book", types.Json(), nullable=False, comment="ids of the tariffs and tax rules that it is rated by"),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id"),
        sa.UniqueConstraint("tenant", "cycle", "period", "selection", "generation", name="run_once"),
    )
    op.create_table(
        "run_bill",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chunk", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "place", sa.Integer(), autoincrement=False, nullable=False, comment="among all accounts of the chunk"
        ),
        sa.Column("rank", sa.Integer(), nullable=False, comment="place among the bills of the chunk"),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "run_id", "chunk", "place"),
    )
    op.create_table(
        "run_chunk",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chunk", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_account", sa.BigInteger(), nullable=False),
        sa.Column("last_account", sa.BigInteger(), nullable=False),
        sa.Column(
            "first_bill",
            sa.BigInteger(),
            nullable=False,
            comment="start of the block of bill ids, one for each account",
        ),
        sa.Column(
            "first_number", sa.BigInteger(), nullable=True, comment="number of its first bill, once the run is approved"
        ),
        sa.Column("state", sa.String(length=16), nullable=False, comment="cut, previewed or issued"),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False),
        sa.Column("bills", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "run_id", "chunk"),
    )
    op.create_table(
        "run_hold",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chunk", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "connection_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="0: the account as a whole"
        ),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=True),
        sa.Column("fields", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "run_id", "chunk", "account_id", "connection_id", "code"),
    )
    op.create_table(
        "run_line",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chunk", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="charge or tax"),
        sa.Column("component", sa.String(length=64), nullable=False),
        sa.Column("tariff_version", sa.BigInteger(), nullable=False),
        sa.Column("tax_code", sa.String(length=64), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=True, comment="thousandths of the unit"),
        sa.Column("price", sa.BigInteger(), nullable=True, comment="integer x 10^-price_scale tyiyn"),
        sa.Column("price_scale", sa.Integer(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column(
            "basis", sa.Text(), nullable=True, comment="JSON: what the amount was worked out from, for its explanation"
        ),
        sa.PrimaryKeyConstraint("tenant", "run_id", "chunk", "place", "line"),
    )
    op.create_table(
        "run_total",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chunk", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("customer_class", sa.String(length=64), nullable=False),
        sa.Column("connections", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "run_id", "chunk", "service", "provider", "customer_class"),
    )
    op.create_table(
        "service_type",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("facts", types.Json(), nullable=False, comment="as last told to other services"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "code"),
    )
    op.create_table(
        "tariff",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="first day on which it no longer holds"),
        sa.Column("decision", sa.Text(), nullable=False, comment="as the file says it; empty where it says none"),
        sa.Column("body", sa.Text(), nullable=False, comment="JSON of the whole version"),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.create_table(
        "tax_rule",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.create_table(
        "tenant",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", types.Json(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("languages", sa.String(length=64), nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "transfer",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("debit", sa.BigInteger(), nullable=False),
        sa.Column("credit", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("ledger_day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("provider", sa.String(length=64), nullable=True),
        sa.Column("service", sa.String(length=64), nullable=True),
        sa.Column("origin", sa.String(length=16), nullable=True, comment="the period a debt comes from"),
        sa.CheckConstraint("amount > 0", name="transfer_amount_positive"),
        sa.CheckConstraint("debit <> credit", name="transfer_moves_something"),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.create_index("transfer_account", "transfer", ["tenant", "account_id"], unique=False)
    op.create_table(
        "usage",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("usage_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "account_id",
            sa.BigInteger(),
            nullable=False,
            comment="the connection's, so that a chunk finds its usage by range",
        ),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("serial", sa.String(length=64), nullable=False),
        sa.Column("from_date", sa.Date(), nullable=False),
        sa.Column("to_date", sa.Date(), nullable=False),
        sa.Column("previous_thousandths", sa.BigInteger(), nullable=False),
        sa.Column("current_thousandths", sa.BigInteger(), nullable=False),
        sa.Column("quantity_thousandths", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="accepted or withdrawn"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "usage_id"),
    )
    op.create_index("usage_account", "usage", ["tenant", "account_id", "to_date"], unique=False)
    guards.create(op.get_bind(), "approval", ("tenant", "id"))
    guards.create(op.get_bind(), "bill", ("tenant", "id"))
    guards.create(op.get_bind(), "bill_line", ("tenant", "bill_id", "line"))
    guards.create(op.get_bind(), "tariff", ("tenant", "id"))
    guards.create(op.get_bind(), "tax_rule", ("tenant", "id"))
    guards.create(op.get_bind(), "transfer", ("tenant", "id"))
