"""A command that is only tried: all its rules are asked and all its rows written, in transactions undone at its end.

Every unit of work that is opened inside `tried` joins the one transaction of its database, so that a later unit sees
what an earlier one has done. Nothing is durable, and as events are rows of the outbox, nothing is published.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from aimak.storage.database import Database

_UNIT = "tried_unit"


class Trial:
    """The transactions of one command that is tried."""

    def __init__(self) -> None:
        self._open: dict[str, Connection] = {}

    def join(self, database: Database) -> Connection:
        """The database's transaction, with a mark to which a unit that is left without commit goes back."""
        key = database.url.render_as_string(hide_password=False)
        if key not in self._open:
            self._open[key] = database.begin()
        connection = self._open[key]
        connection.exec_driver_sql(f"SAVEPOINT {_UNIT}")
        return connection

    def leave(self, connection: Connection, *, kept: bool) -> None:
        """End a unit: what it did stands for the rest of the trial, or is undone at once."""
        if not kept:
            connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {_UNIT}")
        connection.exec_driver_sql(f"RELEASE SAVEPOINT {_UNIT}")

    @contextmanager
    def part(self, database: Database) -> Iterator[Connection]:
        """A short transaction of its own within the trial; undone at once when the block ends badly."""
        connection, kept = self.join(database), False
        try:
            yield connection
            kept = True
        finally:
            self.leave(connection, kept=kept)

    def undo(self) -> None:
        """Undo all of it."""
        for connection in self._open.values():
            try:
                if not connection.invalidated:
                    connection.exec_driver_sql("ROLLBACK")
            except DBAPIError:
                connection.invalidate()
            finally:
                connection.close()
        self._open.clear()


_present: ContextVar[Trial | None] = ContextVar("trial", default=None)


def present() -> Trial | None:
    """The trial under way, if any."""
    return _present.get()


@contextmanager
def tried() -> Iterator[None]:
    """Undo at the end whatever units of work inside have committed."""
    trial = Trial()
    before = _present.set(trial)
    try:
        yield
    finally:
        _present.reset(before)
        trial.undo()
