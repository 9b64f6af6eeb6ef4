"""The town of the unit tests, on PostgreSQL."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import aimak_payments.bootstrap
import pytest
from aimak.settings import Settings
from aimak.storage import migrate
from aimak.testing.servers import PostgresServer

from tests.unit.payments.conftest import NOW, SECRET, Town, make_town

__all__ = ["Town", "make_town"]


@pytest.fixture(scope="session")
def template(postgres: PostgresServer) -> str:
    """A migrated database to copy."""
    name = f"payments_{uuid.uuid4().hex}"
    with postgres.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")
    service = aimak_payments.bootstrap.build(Settings({"database.payments": postgres.url(name), "auth.secret": SECRET}))
    migrate.upgrade(service)
    service.close()
    return name


@pytest.fixture
def settings(postgres: PostgresServer, template: str) -> Iterator[Settings]:
    """An empty database of its own."""
    name = f"payments_{uuid.uuid4().hex}"
    with postgres.connect() as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield Settings(
        {
            "database.payments": postgres.url(name),
            "clock.instant": NOW,
            "ids.seed": 1,
            "auth.secret": SECRET,
            # A partner in a hurry.
            "payments.requests_burst": 1_000,
        }
    )


@pytest.fixture
def town(make_town: object, settings: Settings) -> Town:
    """The town on PostgreSQL."""
    assert callable(make_town)
    made = make_town(settings)
    assert isinstance(made, Town)
    return made
