"""Bulk load: a frame into a table, by COPY on PostgreSQL and by one prepared statement on SQLite."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Table

if TYPE_CHECKING:
    import polars as pl

    from aimak.storage.work import UnitOfWork

_COPY_BYTES = 1 << 20


def load(work: UnitOfWork, table: Table, frame: pl.DataFrame) -> int:
    """Insert every row of `frame` (columns named as the table's; bytes are not supported) and say how many.

    Text columns may hold anything but NUL; dates are pl.Date or ISO text; instants are ISO text. Raises what the
    database raises: the caller's transaction is then lost as a whole.
    """
    if frame.is_empty():
        return 0
    if work.is_sqlite:
        _load_sqlite(work, table, frame)
    else:
        _load_postgres(work, table, frame)
    return frame.height


def _load_sqlite(work: UnitOfWork, table: Table, frame: pl.DataFrame) -> None:
    import polars as pl

    plain = frame.with_columns(pl.selectors.date().dt.to_string("%Y-%m-%d"))
    columns = ", ".join(f'"{name}"' for name in plain.columns)
    marks = ", ".join("?" * len(plain.columns))
    raw = cast(Any, work.connection.connection.driver_connection)
    raw.executemany(f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})', plain.iter_rows())


def _load_postgres(work: UnitOfWork, table: Table, frame: pl.DataFrame) -> None:
    columns = ", ".join(f'"{name}"' for name in frame.columns)
    buffer = io.BytesIO()
    # Text is always quoted, so that an empty text is not read back as null.
    frame.write_csv(buffer, include_header=False, quote_style="non_numeric", null_value="\\N")
    raw = cast(Any, work.connection.connection.driver_connection)
    with (
        raw.cursor() as cursor,
        cursor.copy(f"COPY \"{table.name}\" ({columns}) FROM STDIN (FORMAT csv, NULL '\\N')") as copy,
    ):
        view = buffer.getbuffer()
        for first in range(0, len(view), _COPY_BYTES):
            copy.write(view[first : first + _COPY_BYTES])
