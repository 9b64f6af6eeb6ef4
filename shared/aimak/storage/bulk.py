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


def change(work: UnitOfWork, table: Table, frame: pl.DataFrame, keys: tuple[str, ...]) -> int:
    """Write the other columns of `frame` into the rows that `keys` name and say how many rows there were in it.

    Values as in `load`; a row that does not exist stays away. Rows should come in one order everywhere and be locked
    before, so that two transactions do not wait for each other.
    """
    if frame.is_empty():
        return 0
    if work.is_sqlite:
        _change_sqlite(work, table, frame, keys)
    else:
        _change_postgres(work, table, frame, keys)
    return frame.height


def _change_sqlite(work: UnitOfWork, table: Table, frame: pl.DataFrame, keys: tuple[str, ...]) -> None:
    import polars as pl

    names = [name for name in frame.columns if name not in keys]
    plain = frame.select(*names, *keys).with_columns(pl.selectors.date().dt.to_string("%Y-%m-%d"))
    values = ", ".join(f'"{name}" = ?' for name in names)
    same = " AND ".join(f'"{name}" = ?' for name in keys)
    raw = cast(Any, work.connection.connection.driver_connection)
    raw.executemany(f'UPDATE "{table.name}" SET {values} WHERE {same}', plain.iter_rows())


def _change_postgres(work: UnitOfWork, table: Table, frame: pl.DataFrame, keys: tuple[str, ...]) -> None:
    changed = f"changed_{table.name}"
    columns = ", ".join(f'"{name}"' for name in frame.columns)
    values = ", ".join(f'"{name}" = changed."{name}"' for name in frame.columns if name not in keys)
    same = " AND ".join(f'present."{name}" = changed."{name}"' for name in keys)
    raw = cast(Any, work.connection.connection.driver_connection)
    with raw.cursor() as cursor:
        cursor.execute(f'CREATE TEMP TABLE "{changed}" ON COMMIT DROP AS SELECT {columns} FROM "{table.name}" LIMIT 0')
        _copy(cursor, changed, columns, frame)
        cursor.execute(f'UPDATE "{table.name}" AS present SET {values} FROM "{changed}" AS changed WHERE {same}')
        cursor.execute(f'DROP TABLE "{changed}"')


def _load_sqlite(work: UnitOfWork, table: Table, frame: pl.DataFrame) -> None:
    import polars as pl

    plain = frame.with_columns(pl.selectors.date().dt.to_string("%Y-%m-%d"))
    columns = ", ".join(f'"{name}"' for name in plain.columns)
    marks = ", ".join("?" * len(plain.columns))
    raw = cast(Any, work.connection.connection.driver_connection)
    raw.executemany(f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})', plain.iter_rows())


def _load_postgres(work: UnitOfWork, table: Table, frame: pl.DataFrame) -> None:
    raw = cast(Any, work.connection.connection.driver_connection)
    with raw.cursor() as cursor:
        _copy(cursor, table.name, ", ".join(f'"{name}"' for name in frame.columns), frame)


def _copy(cursor: Any, table: str, columns: str, frame: pl.DataFrame) -> None:
    buffer = io.BytesIO()
    # Text is always quoted, so that an empty text is not read back as null.
    frame.write_csv(buffer, include_header=False, quote_style="non_numeric", null_value="\\N")
    view = buffer.getbuffer()
    with cursor.copy(f"COPY \"{table}\" ({columns}) FROM STDIN (FORMAT csv, NULL '\\N')") as copy:
        for first in range(0, len(view), _COPY_BYTES):
            copy.write(view[first : first + _COPY_BYTES])
