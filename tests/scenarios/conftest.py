"""A small town's month in one process: run once, and another that a test may take as far as it likes."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aimak.settings import Settings
from aimak_gateway.cli.connect import Api
from aimak_gateway.embedded import Embedded
from aimak_gateway.setup import initialise

TOWN = Path(__file__).resolve().parents[2] / "examples" / "town"
sys.path.insert(0, str(TOWN))

from month import PASSWORDS, Month, Runtime  # noqa: E402
from town_build.files import town as town_files  # noqa: E402
from town_build.model import Size  # noqa: E402

ACCOUNTS = 100
START = datetime(2026, 10, 30, 3, tzinfo=UTC)


@dataclass(frozen=True)
class Running:
    """A month under way, with the runtime that it goes through."""

    month: Month
    embedded: Embedded

    def up_to(self, title: str) -> None:
        """Take every step before the one of that title."""
        for name, step in self.month.steps():
            if name == title:
                return
            step()

    @property
    def clerk(self) -> Api:
        """The API in the clerk's session."""
        return self.month.api("ayna")

    @property
    def admin(self) -> Api:
        """The API in the administrator's session."""
        return self.month.api("admin")


@contextmanager
def started(folder: Path, out: Path) -> Iterator[Running]:
    """A runtime on an empty data folder in `out`, and the month of the town in `folder` not yet begun."""
    clock = out / "clock"
    clock.write_text(START.isoformat())
    settings = Settings(
        {"data_dir": str(out / "data"), "clock.file": str(clock), "ids.seed": 20261101, "auth.secret": "s" * 32}
    )
    initialise(settings, "admin", PASSWORDS["admin"])
    with Embedded(settings) as embedded:

        def set_clock(instant: datetime) -> None:
            # At once: the pump's thread reads it at any moment.
            aside = clock.with_suffix(".next")
            aside.write_text(instant.isoformat())
            aside.replace(clock)

        runtime = Runtime(embedded.client, embedded.client, set_clock, embedded.pump.drain, embedded.pump.step)
        yield Running(Month(runtime, folder, out, pdfs=1), embedded)


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a town of 100 accounts."""
    folder = tmp_path_factory.mktemp("town")
    for name, text in town_files(Size(ACCOUNTS)).items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    for name in ("tariffs.yaml", "town.json"):
        shutil.copy(TOWN / name, folder)
    return folder


@pytest.fixture(scope="session")
def finished(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The town's month, done."""
    with started(town, tmp_path_factory.mktemp("finished")) as running:
        for _, step in running.month.steps():
            step()
        yield running


@pytest.fixture(scope="module")
def under_way(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The town's month, up to the readings; the tests of a module take it further in their order."""
    with started(town, tmp_path_factory.mktemp("under-way")) as running:
        running.up_to("preview")
        yield running
