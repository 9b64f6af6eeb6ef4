"""Statements that are made many times a second, built once: building one takes longer than running it.

What varies is a parameter. A list is an expanding parameter, written out by SQLAlchemy at each execution.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import Insert, Select, Table, bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite

# Every table of every service of a process, and of the services that a test run makes.
_TABLES = 512


@lru_cache(_TABLES)
def insert_into(table: Table) -> Insert:
    """Insert a row or rows; the columns are those of the parameters."""
    return insert(table)


@lru_cache(_TABLES)
def insert_unless_there(table: Table, *, sqlite_dialect: bool, returning: bool) -> Any:
    """Insert a row or rows, passing over those whose key is there; `returning` gives the first column of the key of
    those that were not."""
    statement = (sqlite if sqlite_dialect else postgresql).insert(table).on_conflict_do_nothing()
    return statement.returning(next(iter(table.primary_key))) if returning else statement


@lru_cache(_TABLES)
def insert_or_newer(table: Table, columns: tuple[str, ...], *, sqlite_dialect: bool) -> Any:
    """Insert rows of these `columns`; one whose key is there takes its place if its `version` is higher."""
    keys = [column.name for column in table.primary_key]
    statement = (sqlite if sqlite_dialect else postgresql).insert(table)
    changed = {name: statement.excluded[name] for name in columns if name not in keys}
    return statement.on_conflict_do_update(
        index_elements=keys, set_=changed, where=table.c.version < statement.excluded.version
    )


@lru_cache(_TABLES)
def rows_where(table: Table, *columns: str) -> Select[Any]:
    """Rows in which each of `columns` equals the parameter of its name."""
    return select(table).where(*(table.c[name] == bindparam(name) for name in columns))
