"""Versioned upserts for read models: only what is newer is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Table

from aimak.storage.statements import insert_or_newer, insert_unless_there
from aimak.storage.work import UnitOfWork


def upsert_newer(work: UnitOfWork, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or replace the ones with the same primary key whose `version` is lower. Rows that come twice,
    late or out of order change nothing. Two versions of one key in the same batch: the higher stands."""
    if not rows:
        return
    statement = insert_or_newer(table, tuple(rows[0]), sqlite_dialect=work.is_sqlite)
    work.fetch(statement, _newest(rows, itemgetter(*(column.name for column in table.primary_key))))


def _newest(rows: Sequence[Mapping[str, Any]], key_of: itemgetter[Any]) -> Sequence[Mapping[str, Any]]:
    """Of rows with the same key the one with the highest version, in the order in which the keys come."""
    keys = list(map(key_of, rows))
    if len(set(keys)) == len(keys):
        return rows
    newest: dict[Any, Mapping[str, Any]] = {}
    for key, row in zip(keys, rows, strict=True):
        if key not in newest or newest[key]["version"] < row["version"]:
            newest[key] = row
    return list(newest.values())


def insert_once(work: UnitOfWork, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless its key is there already; says whether it is new."""
    # The count of inserted rows is not kept on every driver; a row that comes back is.
    statement = insert_unless_there(table, sqlite_dialect=work.is_sqlite, returning=True)
    return bool(work.fetch(statement, dict(row)))


def insert_missing(work: UnitOfWork, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows whose keys are not there yet, in the order given: writers that keep to one order cannot wait for
    each other."""
    if rows:
        statement = insert_unless_there(table, sqlite_dialect=work.is_sqlite, returning=False)
        work.fetch(statement, [dict(row) for row in rows])
