"""A small service on a database of its own, for tests of the kernel."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aimak import ledger
from aimak.contracts import billing
from aimak.service import Service
from aimak.settings import Settings
from aimak.storage import guards
from aimak.tables import kernel_tables
from aimak.tenants import KEEP_TENANTS
from sqlalchemy import MetaData

NOW = "2026-11-02T04:00:00+00:00"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An embedded installation whose clock and ids are set."""
    return Settings({"data_dir": str(tmp_path), "clock.instant": NOW, "ids.seed": 1, "auth.secret": "s" * 32})


@pytest.fixture
def make_service(settings: Settings) -> Iterator[Callable[[str], Service]]:
    """Makes services that hold the kernel's tables and a ledger."""
    made: list[Service] = []

    def make(name: str) -> Service:
        metadata = MetaData()
        kernel_tables(metadata)
        ledger.tables(metadata)
        service = Service.open(name, settings, metadata)
        service.listens(KEEP_TENANTS)
        with service.online.begin() as connection:
            metadata.create_all(connection)
            guards.create_all(connection, metadata)
            connection.exec_driver_sql("COMMIT")
        made.append(service)
        return service

    yield make
    for service in made:
        service.close()


def define_tenant(service: Service, *, is_test: bool = True, version: int = 1, zone: str = "Asia/Bishkek") -> None:
    """Publish the municipality `naryn`."""
    row = {"code": "naryn", "name": '{"ru": "Нарын"}', "zone": zone, "languages": "ky,ru", "is_test": is_test}
    with service.work("naryn") as work:
        work.publish(billing.TenantsDefined.of("naryn", [{**row, "version": version}]))
        work.commit()
