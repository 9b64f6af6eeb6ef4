"""A town of billing for each story, from a file that is made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from aimak.storage import migrate
from aimak_billing.bootstrap import build

from tests.scenarios.replay import Story, found
from tests.unit.billing.conftest import settings_for
from tests.unit.billing.town import Town


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the town, its creditors and tariffs."""
    file = tmp_path_factory.mktemp("stories") / "founded.sqlite3"
    settings = settings_for(f"sqlite:///{file}")
    service = build(settings)
    migrate.upgrade(service)
    service.close()
    town = Town(settings)
    found(town)
    town.service.close()
    return file


@pytest.fixture
def town(founded: Path, tmp_path: Path) -> Iterator[Story]:
    """The town of one story."""
    file = tmp_path / "billing.sqlite3"
    shutil.copy(founded, file)
    story = Story(settings_for(f"sqlite:///{file}"))
    yield story
    story.town.service.close()
