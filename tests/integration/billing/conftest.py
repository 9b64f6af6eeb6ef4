"""The town of the unit tests, on PostgreSQL."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest
from aimak.storage import migrate
from aimak.testing.servers import PostgresServer
from aimak_billing.bootstrap import build

from tests.unit.billing.conftest import settings_for
from tests.unit.billing.town import Town


@pytest.fixture(scope="session")
def template(postgres: PostgresServer) -> str:
    """A migrated database with tenant, providers and tariffs, to copy."""
    name = f"billing_{uuid.uuid4().hex}"
    with postgres.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")
    service = build(settings_for(postgres.url(name)))
    migrate.upgrade(service)
    service.close()
    town = Town(settings_for(postgres.url(name)))
    town.found()
    town.pump.drain()
    town.service.close()
    return name


@pytest.fixture
def another(postgres: PostgresServer, template: str) -> Iterator[Callable[[], Town]]:
    """Opens the same database once more, as another process would."""
    name = f"billing_{uuid.uuid4().hex}"
    with postgres.connect() as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    opened: list[Town] = []

    def open_town() -> Town:
        opened.append(Town(settings_for(postgres.url(name))))
        return opened[-1]

    yield open_town
    for town in opened:
        town.service.close()


@pytest.fixture
def town(another: Callable[[], Town]) -> Town:
    """A town on PostgreSQL."""
    return another()
