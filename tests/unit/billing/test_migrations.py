"""What migrations of billing do to a book that is there already."""

from __future__ import annotations

from pathlib import Path

import aimak_billing.bootstrap
from aimak.settings import Settings
from aimak.storage import migrate
from alembic import command
from sqlalchemy import text

_TOUCHED = text(
    "INSERT INTO touched (tenant, account_id, period, reason, run_id, bill_id) "
    "VALUES ('naryn', :id, '2026-09', :why, 7, :bill)"
)


def test_reasons_that_were_noted_stay(tmp_path: Path) -> None:
    """0015: what is open or settled stays so; a reason that no text knows any more is called as it is now."""
    service = aimak_billing.bootstrap.build(Settings({"database.billing": f"sqlite:///{tmp_path}/billing.db"}))
    config = migrate.config(service, service.bulk)
    command.upgrade(config, "0014")
    with service.bulk.begin() as connection:
        rows = [{"id": 1, "why": "usage", "bill": None}, {"id": 2, "why": "bill", "bill": 0}]
        connection.execute(_TOUCHED, rows)
        connection.exec_driver_sql("COMMIT")
    command.upgrade(config, "0015")
    with service.bulk.engine.connect() as connection:
        found = connection.execute(text("SELECT account_id, reason, run_id, bill_id FROM touched ORDER BY account_id"))
        assert list(map(tuple, found)) == [(1, "usage", 7, None), (2, "cancelled", 7, 0)]
    service.close()
