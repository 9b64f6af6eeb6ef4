"""Many rows at once: a query into columns, and a query's rows into another table, without a Python object per value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

import polars as pl
from aimak.storage.copying import copy_out
from aimak.storage.work import UnitOfWork
from sqlalchemy import Select, Table, insert
from sqlalchemy import cast as cast_to

_NULL = "\\N"
_CSV = f"FORMAT csv, NULL '{_NULL}'"
_COPY_BYTES = 1 << 20
_PART_BYTES = 1 << 25


def read(work: UnitOfWork, query: Select[Any], schema: Mapping[str, Any]) -> pl.DataFrame:
    """The rows of `query` as a frame; `schema` names its columns in order with their Polars types.

    PostgreSQL answers by COPY; the query's values are written into its text, so they must be ours, never a caller's.
    """
    if work.is_sqlite:
        rows = work.execute(query).fetchall()
        return pl.DataFrame(rows, schema=dict(schema), orient="row")
    return _parsed(_copy_out(work, query, _CSV), schema)


def read_by_parts(work: UnitOfWork, query: Select[Any], schema: Mapping[str, Any]) -> Iterator[pl.DataFrame]:
    """The same in frames of some hundred thousand rows, for answers that are too long to stand in memory as text. The
    connection can do nothing else until the last has been taken."""
    if work.is_sqlite:
        yield read(work, query, schema)
        return
    rows, size = [], 0
    for row in copy_out(work, query, _CSV):
        rows.append(row)
        size += len(row)
        if size >= _PART_BYTES:
            yield _parsed(b"".join(rows), schema)
            rows, size = [], 0
    yield _parsed(b"".join(rows), schema)


def _parsed(answer: bytes, schema: Mapping[str, Any]) -> pl.DataFrame:
    if not answer:
        return pl.DataFrame(schema=dict(schema))
    return pl.read_csv(
        answer,
        has_header=False,
        new_columns=list(schema),
        schema=dict(schema),
        null_values=_NULL,
        empty_string_is_null=False,
    )


def move(work: UnitOfWork, query: Select[Any], table: Table) -> None:
    """Insert the rows of `query` into `table`; its columns bear the table's names."""
    names = [column.name for column in query.selected_columns]
    if work.is_sqlite:
        work.execute(insert(table).from_select(names, query))
        return
    # Binary rows are taken as they are, and PostgreSQL makes a small number in a query's text a smaller type.
    typed = query.with_only_columns(
        *(cast_to(column, table.c[column.name].type).label(column.name) for column in query.selected_columns)
    )
    view = memoryview(_copy_out(work, typed, "FORMAT binary"))
    columns = ", ".join(f'"{name}"' for name in names)
    with (
        _raw(work).cursor() as cursor,
        cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN (FORMAT binary)') as copy,
    ):
        for first in range(0, len(view), _COPY_BYTES):
            copy.write(view[first : first + _COPY_BYTES])


def _copy_out(work: UnitOfWork, query: Select[Any], options: str) -> bytes:
    return b"".join(copy_out(work, query, options))


def _raw(work: UnitOfWork) -> Any:
    return cast(Any, work.connection.connection.driver_connection)
