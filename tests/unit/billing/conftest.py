"""A town on SQLite, from a migrated file that is made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from aimak.settings import Settings
from aimak.storage import migrate
from aimak_billing.bootstrap import build

from tests.unit.billing.town import NOW, SECRET, Town


def settings_for(url: str) -> Settings:
    """Chunks of three accounts, so that a handful of accounts makes several."""
    return Settings(
        {
            "database.billing": url,
            "clock.instant": NOW,
            "ids.seed": 1,
            "auth.secret": SECRET,
            "billing.chunk_accounts": 3,
        }
    )


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with tenant, providers and tariffs."""
    file = tmp_path_factory.mktemp("billing") / "founded.sqlite3"
    settings = settings_for(f"sqlite:///{file}")
    service = build(settings)
    migrate.upgrade(service)
    service.close()
    town = Town(settings)
    town.found()
    town.pump.drain()
    town.service.close()
    return file


@pytest.fixture
def town(founded: Path, tmp_path: Path) -> Iterator[Town]:
    """A town of its own for each test."""
    file = tmp_path / "billing.sqlite3"
    shutil.copy(founded, file)
    made = Town(settings_for(f"sqlite:///{file}"))
    yield made
    made.service.close()
