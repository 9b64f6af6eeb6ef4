"""Many rows at once: a query into columns, and a query's rows into another table, without a Python object per value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import polars as pl
from aimak.storage.work import UnitOfWork
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from sqlalchemy import Select, Table, insert
from sqlalchemy import cast as cast_to
from sqlalchemy.dialects import postgresql

_NULL = "\\N"
_COPY_BYTES = 1 << 20


def read(work: UnitOfWork, query: Select[Any], schema: Mapping[str, Any]) -> pl.DataFrame:
    """The rows of `query` as a frame; `schema` names its columns in order with their Polars types.

    PostgreSQL answers by COPY; the query's values are written into its text, so they must be ours, never a caller's.
    """
    if work.is_sqlite:
        rows = work.execute(query).fetchall()
        return pl.DataFrame(rows, schema=dict(schema), orient="row")
    answer = _copy_out(work, query, f"FORMAT csv, NULL '{_NULL}'")
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
    """The answer of COPY as it comes. libpq is asked itself: psycopg hands a row through four layers of Python."""
    text = str(query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))  # type: ignore[no-untyped-call]
    server = _raw(work).pgconn
    server.send_query(f"COPY ({text}) TO STDOUT ({options})".encode())
    while server.flush():
        pass
    answer = server.get_result()
    if answer.status != ExecStatus.COPY_OUT:
        _finish(server, answer)
    blocks: list[bytes] = []
    while True:
        size, block = server.get_copy_data(0)
        if size < 0:
            break
        blocks.append(bytes(block))
    _finish(server, server.get_result())
    return b"".join(blocks)


def _finish(server: Any, answer: Any) -> None:
    """Read the connection to the end of its command. Raises what the database says."""
    while server.get_result() is not None:
        pass
    if answer.status != ExecStatus.COMMAND_OK:
        raise error_from_result(answer)


def _raw(work: UnitOfWork) -> Any:
    return cast(Any, work.connection.connection.driver_connection)
