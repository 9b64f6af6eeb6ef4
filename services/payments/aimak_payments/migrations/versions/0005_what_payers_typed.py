"""What payers typed goes to a table of its own, of which no copy of the ledger is made."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

import sqlalchemy as sa
from aimak.ledger import salted
from aimak.storage import guards
from alembic import op

revision = "0005"
down_revision = "0004"
_BATCH = 5_000


def upgrade() -> None:
    """Make the table, fill it from the payments, and leave them a digest."""
    connection = op.get_bind()
    if connection.execute(sa.text("SELECT 1 FROM ledger_table WHERE table_name = 'payment' LIMIT 1")).first():
        raise RuntimeError("days with payments are closed: their hashes stand over what payers typed and would not fit")
    op.create_table(
        "payment_typed",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "account_text",
            sa.String(length=200),
            nullable=False,
            comment="as the payer typed it: in no copy of the ledger",
        ),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "payment_id"),
    )
    _drop_guards(connection)
    op.add_column(
        "payment",
        sa.Column(
            "typed_digest",
            sa.String(length=64),
            server_default="",
            nullable=False,
            comment="salted, of what payment_typed says",
        ),
    )
    _fill(connection)
    op.drop_column("payment", "account_text")
    guards.create(connection, "payment", ("tenant", "id"))
    guards.create(connection, "payment_typed", ("tenant", "payment_id"))


def _drop_guards(connection: Any) -> None:
    kinds = ("update", "delete", "replace") if connection.dialect.name == "sqlite" else ("change", "truncate")
    for kind in kinds:
        where = "" if connection.dialect.name == "sqlite" else " ON payment"
        connection.exec_driver_sql(f"DROP TRIGGER payment_no_{kind}{where}")


def _fill(connection: Any) -> None:
    """In the order of the primary key, so that no row is looked at twice."""
    read = sa.text(
        "SELECT tenant, id, account_text FROM payment WHERE (tenant, id) > (:t, :i) ORDER BY tenant, id LIMIT :most"
    )
    keep = sa.text("INSERT INTO payment_typed (tenant, payment_id, account_text, salt) VALUES (:t, :i, :a, :s)")
    mark = sa.text("UPDATE payment SET typed_digest = :d WHERE tenant = :t AND id = :i")
    last: dict[str, Any] = {"t": "", "i": 0}
    while rows := connection.execute(read, {**last, "most": _BATCH}).all():
        told = [{"t": row.tenant, "i": row.id, "a": row.account_text, "s": token_hex(16)} for row in rows]
        connection.execute(keep, told)
        connection.execute(mark, [{"t": row["t"], "i": row["i"], "d": salted(row["s"], row["a"])} for row in told])
        last = {"t": rows[-1].tenant, "i": rows[-1].id}
