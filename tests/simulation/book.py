"""What stands in a service's files, for checks that run after every step of a history."""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from typing import Any

from aimak.service import Service


class Book:
    """A service's tables, read past SQLAlchemy and its faults, and again only when something was written."""

    def __init__(self, service: Service) -> None:
        self._file = str(service.online.url.database)
        self._connection: sqlite3.Connection | None = None
        self._version = 0
        self._known: dict[str, list[Any]] = {}

    def rows(self, table: str) -> list[Any]:
        """Every row of a table."""
        if self._connection is None:
            self._connection = sqlite3.connect(self._file)
        version = self._connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version:
            self._version, self._known = version, {}
        if table not in self._known:
            found = self._connection.execute(f'SELECT * FROM "{table}"')
            row = namedtuple("row", [column[0] for column in found.description], rename=True)  # type: ignore[misc]
            self._known[table] = [row(*values) for values in found]
        return self._known[table]

    def close(self) -> None:
        """Let go of the file, which may be replaced."""
        if self._connection is not None:
            self._connection.close()
        self._connection, self._known = None, {}
