"""What migrations of payments do to a book that is there already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aimak_payments.bootstrap
from aimak.ledger import salted
from aimak.settings import Settings
from aimak.storage import migrate
from alembic import command
from sqlalchemy import event, text

_PAYMENT = text(
    "INSERT INTO payment (tenant, id, partner, external_id, account_text, amount, paid_at, paid_on, received_at, "
    "ledger_day, source) VALUES (:tenant, :id, 'bank', :id, :typed, 100, '2026-11-02', '2026-11-02', '2026-11-02', "
    "'2026-11-02', 'online')"
)
TOWNS = ("naryn", "aksuu")


def steps(folder: Path, count: int) -> int:
    """Tens of steps of SQLite's machine in which migration 0005 reads a book of `count` payments of two towns; what
    payers typed is then in its own table, under the digest that the payment carries."""
    service = aimak_payments.bootstrap.build(Settings({"database.payments": f"sqlite:///{folder}/{count}.db"}))
    config = migrate.config(service, service.bulk)
    command.upgrade(config, "0004")
    with service.bulk.begin() as connection:
        rows = [{"tenant": TOWNS[key % 2], "id": key, "typed": f"account {key}"} for key in range(1, count + 1)]
        connection.execute(_PAYMENT, rows)
        connection.exec_driver_sql("COMMIT")
    reading, taken = [False], [0]

    def look(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        reading[0] = statement.startswith("SELECT tenant, id, account_text")

    def step() -> int:
        taken[0] += reading[0]
        return 0

    event.listen(service.bulk.engine, "before_cursor_execute", look)
    with service.bulk.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        raw.set_progress_handler(step, 10)
    command.upgrade(config, "0005")
    with service.bulk.engine.connect() as connection:
        joined = "payment AS p JOIN payment_typed AS t ON t.tenant = p.tenant AND t.payment_id = p.id"
        wanted = "p.tenant, p.id, p.typed_digest, t.account_text, t.salt"
        found = connection.exec_driver_sql(f"SELECT {wanted} FROM {joined}").all()
    assert sorted(row[:2] for row in found) == sorted((row["tenant"], row["id"]) for row in rows)
    assert all(row.account_text == f"account {row.id}" for row in found)
    assert all(row.typed_digest == salted(row.salt, row.account_text) for row in found)
    service.close()
    return taken[0]


def test_what_payers_typed_moves_in_one_pass(tmp_path: Path) -> None:
    """Four times as many payments are read in four times the steps: none is looked at twice."""
    few, many = steps(tmp_path, 5_000), steps(tmp_path, 20_000)
    assert few > 0 and many < 5 * few
