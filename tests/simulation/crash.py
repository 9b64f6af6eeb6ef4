"""Faults at the ports: a process that dies before or after a commit, a commit that the database refuses."""

from __future__ import annotations

from typing import Any

from aimak.storage.database import Database
from sqlalchemy import event
from sqlalchemy.exc import OperationalError


class Crash(BaseException):
    """The process is gone. No handler of errors may see it, so it is no Exception."""


class Fuse:
    """Set on a database: the n-th commit from now dies before or after it takes effect."""

    def __init__(self, *databases: Database) -> None:
        self._when = ""
        self._commits = 0
        for database in databases:
            event.listen(database.engine, "before_cursor_execute", self._before)
            event.listen(database.engine, "after_cursor_execute", self._after)

    def set(self, when: str, commits: int = 1) -> None:
        """Blow at the commit numbered `commits`: the process dies "before" it, or "after" it and before anybody is
        told; or the database "fails" it, as with a full disk, and the process lives."""
        self._when, self._commits = when, commits

    def clear(self) -> None:
        """Take the fuse out."""
        self._when = ""

    def _before(self, _c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement == "COMMIT" and self._when:
            self._commits -= 1
            self._fail()
            self._blow("before")

    def _after(self, _c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement == "COMMIT" and self._when:
            self._blow("after")

    def _fail(self) -> None:
        if self._when == "fails" and self._commits <= 0:
            self._when = ""
            raise OperationalError("COMMIT", {}, Exception("the disk is full"))

    def _blow(self, when: str) -> None:
        if self._when == when and self._commits <= 0:
            self._when = ""
            raise Crash(when)
