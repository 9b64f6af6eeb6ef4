"""One service's database as an engine with its time limits."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

# Statement and lock limits in seconds: what a person or partner waits for, and what a chunk may take.
LIMITS_S = {"online": (10, 3), "bulk": (300, 30)}
# What sorting and grouping may take in memory, MB. To compile a query costs more than it ever gave back here.
WORK_MB = {"online": 4, "bulk": 64}
# How long SQLite itself waits for the write lock of a file, and the pauses before it is asked for again: contention is
# over in moments, while a fault that counts as an attempt is retried after seconds, then minutes.
SQLITE_BUSY_S = 10
# More than the threads of a process that serves.
SQLITE_CONNECTIONS = 24
LOCKED_PAUSES_S = (0.05, 0.2, 0.8)


class Database:
    """An engine for one of two roles: "online" (statement 10 s, lock 3 s) or "bulk" (300 s, 30 s)."""

    def __init__(self, url: str, role: str = "online") -> None:
        self.url = make_url(url)
        self.role = role
        self.engine = self._sqlite() if self.is_sqlite else self._postgres()

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded runtime's file."""
        return self.url.get_backend_name() == "sqlite"

    def begin(self, *, writes: bool = True) -> Connection:
        """A connection with an open transaction. To write, SQLite takes the write lock at once, so that a read that
        becomes a write cannot fail halfway; a look waits for nobody. PostgreSQL lets a look write nothing."""
        connection = self.engine.connect()
        if not writes and not self.is_sqlite:
            connection = connection.execution_options(postgresql_readonly=True)
        try:
            if self.is_sqlite and not writes:
                connection.exec_driver_sql("BEGIN")
            elif self.is_sqlite:
                _begin_sqlite(connection)
            else:
                connection.begin()
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()

    def _sqlite(self) -> Engine:
        engine = create_engine(
            self.url,
            connect_args={"timeout": SQLITE_BUSY_S, "check_same_thread": False, "autocommit": True}
            if hasattr(sqlite3, "LEGACY_TRANSACTION_CONTROL")
            else {"timeout": SQLITE_BUSY_S, "check_same_thread": False, "isolation_level": None},
            # As many as ask at a time: who looks must not wait until those who write have had their turn.
            pool_size=SQLITE_CONNECTIONS,
        )
        event.listen(engine, "do_connect", _make_folder)
        event.listen(engine, "connect", _prepare_sqlite)
        return engine

    def _postgres(self) -> Engine:
        statement_s, lock_s = LIMITS_S[self.role]
        options = (
            f"-c statement_timeout={statement_s}s -c lock_timeout={lock_s}s "
            f"-c idle_in_transaction_session_timeout={statement_s + 30}s -c timezone=UTC "
            f"-c jit=off -c work_mem={WORK_MB[self.role]}MB"
        )
        given = self.url.query.get("options")
        return create_engine(
            self.url.update_query_dict({"options": f"{given} {options}" if given else options}),
            pool_pre_ping=True,
            pool_size=8,
            max_overflow=8,
            pool_timeout=5,
            pool_recycle=1800,
            connect_args={
                "connect_timeout": 3,
                "keepalives_idle": 10,
                "keepalives_interval": 5,
                "keepalives_count": 3,
                "tcp_user_timeout": 15000,
            },
        )


def _begin_sqlite(connection: Connection) -> None:
    """Take the file's write lock. Nothing has been done yet, so it can be asked for again. Raises OperationalError
    when others hold it all the time."""
    for pause_s in LOCKED_PAUSES_S:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            return
        except OperationalError as error:
            if "locked" not in str(error.orig):
                raise
        time.sleep(pause_s)
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _make_folder(_dialect: Any, _record: Any, words: list[Any], _options: Any) -> None:
    Path(words[0]).parent.mkdir(parents=True, exist_ok=True)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
        connection.execute(f"PRAGMA {pragma}")
