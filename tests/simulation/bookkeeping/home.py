"""The one service of a process, over a file that is put back to how it was founded for each town.

Engines, compiled statements, plugins and tariffs that were made ready stay; what the towns see is a file of their own.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import zlib
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from aimak.clock import SeededIds
from aimak.contracts import billing
from aimak.messaging.inprocess import Pump
from aimak.settings import Settings
from aimak.storage import migrate
from aimak_billing.application.kit import Kit
from aimak_billing.bootstrap import build
from sqlalchemy import event

from tests.scenarios.replay import found
from tests.unit.billing.town import NOW, SECRET, Town

TARIFFS = (Path(__file__).parent / "tariffs.yaml").read_text(encoding="utf-8")
# Chunks of five accounts: a town begins with one and soon has two of them.
_SETTINGS = {"clock.instant": NOW, "ids.seed": 1, "auth.secret": SECRET, "billing.chunk_accounts": 5}
_MEMORY = Path("/dev/shm")
_FOLDERS: list[Path] = []


class Home:
    """A town's file and the service over it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="aimak-books-", dir=_MEMORY if _MEMORY.is_dir() else None))
        _FOLDERS.append(self.folder)
        # Also where a pool's process ends, which asks no `atexit`.
        Finalize(None, shutil.rmtree, args=(self.folder, True), exitpriority=1)
        self.file = self.folder / "town.sqlite3"
        self.settings = Settings({**_SETTINGS, "database.billing": f"sqlite:///{self.file}"})
        service = build(self.settings)
        migrate.upgrade(service)
        service.close()
        self.town = Town(self.settings)
        event.listen(self.town.service.online.engine, "connect", _of_the_moment)
        self._reader: sqlite3.Connection | None = None
        found(self.town, TARIFFS)
        self.keep("founded")

    @property
    def kit(self) -> Kit:
        """The one that bootstrap bound to the handlers."""
        handler: Any = self.town.service.subscriptions[billing.PreviewChunksCut.routing_key].handler
        return handler.args[0]

    def keep(self, name: str) -> None:
        """Remember the file as it is now."""
        self._let_go()
        shutil.copy(self.file, self.folder / name)

    def restore(self, name: str) -> None:
        """Begin again with the file as it was then. What the service knew of the file before goes with it."""
        self._let_go()
        for leftover in self.folder.glob(f"{self.file.name}-*"):
            leftover.unlink()
        shutil.copy(self.folder / name, self.file)
        # A series of its own for each beginning: what the file holds already bears ids of the series before.
        self.town.service.ids = SeededIds(zlib.crc32(name.encode()))
        self.town.pump = Pump([self.town.service])
        # Books are known by their run, and the next town's runs bear the same ids.
        self.kit._books.clear()

    def rows(self, query: str) -> list[Any]:
        """What stands in the file, past SQLAlchemy and its faults."""
        if self._reader is None:
            self._reader = sqlite3.connect(self.file)
        return self._reader.execute(query).fetchall()

    def _let_go(self) -> None:
        self.town.service.close()
        if self._reader is not None:
            self._reader.close()
        self._reader = None

    def sweep(self) -> None:
        """Remove the files."""
        self._let_go()
        shutil.rmtree(self.folder, ignore_errors=True)


def _of_the_moment(connection: Any, _record: Any) -> None:
    """These files outlive no crash: nothing waits for a disk."""
    connection.execute("PRAGMA synchronous=OFF")


@cache
def home() -> Home:
    """This process's."""
    return Home()


def leave() -> None:
    """Remove this process's files, if there are any, in the middle of whatever it does."""
    for folder in _FOLDERS:
        shutil.rmtree(folder, ignore_errors=True)
