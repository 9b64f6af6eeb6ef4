"""Change a closed ledger behind the program's back, one thing at a time, and hold the verifier to naming each."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from aimak.ledger import verify
from aimak.ledger.tables import proved
from aimak.service import Service
from sqlalchemy import Integer, Table


def each_is_named(
    file: Path, service: Service, copy: Callable[[], Path], days: tuple[str, ...], unlike: Mapping[str, str]
) -> int:
    """Tamper with the SQLite file of `service` in every way and have each found in what `copy` makes; gives how many
    were tried. `days`: to which a row is added; `unlike`: columns that must differ in an added row, with their text in
    SQL."""
    good = file.with_name("good.sqlite3")
    connection = sqlite3.connect(file, isolation_level=None)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("PRAGMA ignore_check_constraints = ON")
    with sqlite3.connect(good) as kept:
        connection.backup(kept)
    tried = 0
    for table in proved(service.metadata):
        for statement, kind, key, columns in list(_changes(connection, table, days, unlike)):
            assert connection.execute(statement).rowcount == 1, statement
            found = verify.verify(copy())[0][0]
            assert (found.kind, found.table, found.columns) == (kind, table.name, columns), f"{statement}: {found}"
            assert found.key == key or kind == verify.ADDED, f"{statement}: {found}"
            with sqlite3.connect(good) as kept:
                kept.backup(connection)
            tried += 1
    connection.close()
    return tried


def _changes(
    connection: sqlite3.Connection, table: Table, days: tuple[str, ...], unlike: Mapping[str, str]
) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Statements, each with what must be found: kind, key of the row, columns."""
    names = [column.name for column in table.columns]
    listed = ", ".join(f'"{name}"' for name in names)
    row = dict(zip(names, connection.execute(f'SELECT {listed} FROM "{table.name}" LIMIT 1').fetchone(), strict=True))
    keys = [column.name for column in table.primary_key]
    where = " AND ".join(f'"{name}" = {row[name]!r}' for name in keys)
    key = " ".join(str(row[name]) for name in keys[1:])
    for column in table.columns:
        name = column.name
        moved = name in keys or name == "ledger_day"
        wrong = verify.REMOVED if moved else verify.CHANGED
        columns = () if moved else (name,)
        yield f'UPDATE "{table.name}" SET "{name}" = {_other(column)} WHERE {where}', wrong, key, columns
    yield f'DELETE FROM "{table.name}" WHERE {where}', verify.REMOVED, key, ()
    another = {**unlike, keys[-1]: "777777" if isinstance(table.c[keys[-1]].type, Integer) else "'another'"}
    for day in days if "ledger_day" in names else days[:1]:
        values = ", ".join(another.get(name, f"'{day}'" if name == "ledger_day" else f'"{name}"') for name in names)
        insert = f'INSERT INTO "{table.name}" ({listed}) SELECT {values} FROM "{table.name}" WHERE {where}'
        yield insert, verify.ADDED, key, ()


def _other(column: Any) -> str:
    if isinstance(column.type, Integer):
        return "987654"
    return "'2026-11-03'" if column.name == "ledger_day" else "'other'"
