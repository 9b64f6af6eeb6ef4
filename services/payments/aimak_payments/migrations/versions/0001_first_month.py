"""The tables of the first month."""

from __future__ import annotations

import sqlalchemy as sa
from aimak.storage import guards
from aimak.storage.types import Instant, Json
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "account",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=200), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False, comment="masked"),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "account_id"),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_index("account_number", ["tenant", "number"], unique=False)

    op.create_table(
        "alias",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("alias", sa.String(length=200), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "alias"),
    )
    op.create_table(
        "answer",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("partner", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=40), nullable=False),
        sa.Column("account_text", sa.String(length=200), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=True, comment="null where the payment was refused"),
        sa.Column("http_status", sa.Integer(), nullable=False),
        sa.Column("content_type", sa.String(length=80), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("answered_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "partner", "external_id"),
    )
    op.create_table(
        "connection",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "connection_id"),
    )
    with op.batch_alter_table("connection", schema=None) as batch_op:
        batch_op.create_index("connection_account", ["tenant", "account_id"], unique=False)

    op.create_table(
        "counter",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name"),
    )
    op.create_table(
        "credential",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("partner", sa.String(length=64), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False, comment="argon2id"),
        sa.Column("set_by", sa.String(length=64), nullable=False),
        sa.Column("set_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "partner", "login"),
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.String(length=36), nullable=False, comment="the message's id"),
        sa.Column("consumer", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("routing_key", sa.String(length=200), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("headers", Json(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("first_seen", Instant(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="waiting, replayed or dropped"),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_why", sa.Text(), nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "import_fault",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True, comment="null: it concerns the whole file"),
        sa.Column("refused", sa.Boolean(), nullable=False, comment="whether the row was left out; else it is a note"),
        sa.Column("problems", Json(), nullable=False),
        sa.Column("cells", Json(), nullable=False, comment="the row as it stood in the file"),
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
        sa.Column("params", Json(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="uploaded, scanning, taking, done or refused"),
        sa.Column("header", Json(), nullable=False, comment="the file's own column names"),
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
        sa.Column("received_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "upload_id", "place"),
    )
    with op.batch_alter_table("import_part", schema=None) as batch_op:
        batch_op.create_index("import_part_age", ["received_at"], unique=False)

    op.create_table(
        "inbox",
        sa.Column("consumer", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("processed_at", Instant(), nullable=False),
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
        sa.Column("payload", Json(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
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
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(
            "job_due",
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
        sa.Column("occurred_at", Instant(), nullable=False),
        sa.Column(
            "message_id",
            sa.String(length=36),
            nullable=True,
            comment="the sealed message this fact travels in; null while it waits",
        ),
        sa.Column("published_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("outbox_message", ["message_id"], unique=False)
        batch_op.create_index(
            "outbox_waiting",
            ["id"],
            unique=False,
            postgresql_where=sa.text("published_at IS NULL"),
            sqlite_where=sa.text("published_at IS NULL"),
        )

    op.create_table(
        "partner",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("protocol", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("terms", Json(), nullable=False),
        sa.Column("settings", Json(), nullable=False, comment="the plugin's own"),
        sa.Column("addresses", Json(), nullable=False, comment="networks that may call; empty: any"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "code"),
    )
    op.create_table(
        "partner_problem",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("partner", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("fields", Json(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.create_table(
        "payment",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("partner", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=40), nullable=False),
        sa.Column("account_text", sa.String(length=200), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("paid_at", Instant(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False, comment="date on the partner's wall calendar"),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("ledger_day", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False, comment="online or registry"),
        sa.Column(
            "suspense_reason", sa.String(length=24), nullable=True, comment="null where the money reached its account"
        ),
        sa.CheckConstraint("amount > 0", name="payment_amount_positive"),
        sa.PrimaryKeyConstraint("tenant", "id"),
        sa.UniqueConstraint("tenant", "partner", "external_id", name="payment_once"),
    )
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.create_index("payment_account", ["tenant", "account_id"], unique=False)
        batch_op.create_index("payment_day", ["tenant", "partner", "paid_on"], unique=False)

    op.create_table(
        "payment_part",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount > 0", name="payment_part_amount_positive"),
        sa.PrimaryKeyConstraint("tenant", "payment_id", "provider"),
    )
    with op.batch_alter_table("payment_part", schema=None) as batch_op:
        batch_op.create_index("payment_part_account", ["tenant", "account_id"], unique=False)

    op.create_table(
        "receivable",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("source_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "source_id", "provider"),
    )
    with op.batch_alter_table("receivable", schema=None) as batch_op:
        batch_op.create_index("receivable_account", ["tenant", "account_id"], unique=False)

    op.create_table(
        "registry_line",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("registry_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="the import's id"),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("partner", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=40), nullable=False),
        sa.Column("account_text", sa.String(length=200), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("paid_at", Instant(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False, comment="date on the partner's wall calendar"),
        sa.Column("match", sa.String(length=16), nullable=False, comment="MATCHED, MISMATCH or MISSING_ONLINE"),
        sa.Column(
            "reason", sa.String(length=24), nullable=True, comment="what differs, or why the money is in suspense"
        ),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "registry_id", "line"),
    )
    with op.batch_alter_table("registry_line", schema=None) as batch_op:
        batch_op.create_index("registry_line_external", ["tenant", "partner", "external_id"], unique=False)

    op.create_table(
        "split_rule",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("set_by", sa.String(length=64), nullable=False),
        sa.Column("set_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "valid_from"),
    )
    op.create_table(
        "tenant",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", Json(), nullable=False),
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
    with op.batch_alter_table("transfer", schema=None) as batch_op:
        batch_op.create_index("transfer_account", ["tenant", "account_id"], unique=False)

    guards.create(op.get_bind(), "answer", ("tenant", "partner", "external_id"))
    guards.create(op.get_bind(), "partner_problem", ("tenant", "id"))
    guards.create(op.get_bind(), "payment", ("tenant", "id"))
    guards.create(op.get_bind(), "payment_part", ("tenant", "payment_id", "provider"))
    guards.create(op.get_bind(), "registry_line", ("tenant", "registry_id", "line"))
    guards.create(op.get_bind(), "transfer", ("tenant", "id"))
