"""What migrations of billing do to a book that is there already."""

from __future__ import annotations

from pathlib import Path

import aimak_billing.bootstrap
from aimak.settings import Settings
from aimak.storage import migrate
from alembic import command
from sqlalchemy import text

_LEFT = text(
    "INSERT INTO connection (tenant, id, account_id, service, provider, customer_class, attributes, valid_from, "
    "valid_to, version) VALUES ('naryn', :id, 5, :service, :provider, 'household', '{}', :since, :until, 1)"
)
_ACCOUNT = text(
    "INSERT INTO account (tenant, id, number, customer_id, premise_id, customer_class, status, opened_on, closed_on, "
    "version) VALUES ('naryn', 5, 'A', 5, 5, 'household', 'closed', '2020-01-01', '2026-10-01', 2)"
)
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


def test_what_was_left_before_is_marked_once_for_a_service(tmp_path: Path) -> None:
    """0020: where another creditor came on the day on which the house was left, the one who came last has the service;
    what had ended before was not left with the house."""
    service = aimak_billing.bootstrap.build(Settings({"database.billing": f"sqlite:///{tmp_path}/billing.db"}))
    config = migrate.config(service, service.bulk)
    command.upgrade(config, "0019")
    day = "2026-10-01"
    rows = [
        {"id": 1, "service": "waste", "provider": "tazalyk", "since": "2020-01-01", "until": day},
        {"id": 2, "service": "waste", "provider": "jaryk", "since": day, "until": day},
        {"id": 3, "service": "waste", "provider": "garden", "since": day, "until": day},
        {"id": 4, "service": "water", "provider": "vodokanal", "since": "2020-01-01", "until": day},
        {"id": 5, "service": "lighting", "provider": "jaryk", "since": "2020-01-01", "until": "2026-09-01"},
    ]
    with service.bulk.begin() as connection:
        connection.execute(_ACCOUNT)
        connection.execute(_LEFT, rows)
        connection.exec_driver_sql("COMMIT")
    command.upgrade(config, "0020")
    with service.bulk.engine.connect() as connection:
        found = connection.execute(text("SELECT id, left_on FROM connection WHERE left_on IS NOT NULL ORDER BY id"))
        assert list(map(tuple, found)) == [(3, day), (4, day)]
    service.close()
