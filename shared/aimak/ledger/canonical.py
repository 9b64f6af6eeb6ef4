r"""A ledger row as text: what is hashed, what is copied, the same on both databases.

The values of a row stand in the order of its columns with a tab between them, written as PostgreSQL's COPY does: \N
for none, a backslash before what would be taken for something else (\\, \t, \n, \r, \b, \f, \v). A date is ISO text,
an instant UTC with six digits of its second, a JSON value the text that is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import chain, islice
from typing import Any

from sqlalchemy import Column, Integer, Select, String, Table, collate, func, select, type_coerce

from aimak.ledger.tables import DAY
from aimak.ledger.verify import BLOCK_ROWS
from aimak.storage.copying import copy_out
from aimak.storage.types import Instant
from aimak.storage.work import UnitOfWork

_TENANT = "tenant"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f", "\v": "\\v"})
_OTHERS = re.compile("[\n\r\b\f\v]")
# Rows taken from SQLite at once: one by one, each costs more than its text.
_FETCHED = 1_000


def keys(table: Table) -> list[str]:
    """The columns that a row is known and sorted by: its key without the tenant."""
    return [column.name for column in table.primary_key if column.name != _TENANT]


def columns(table: Table) -> list[str]:
    """The columns of a row's text, in the order of the table; the tenant is the copy's own."""
    return [column.name for column in table.columns if column.name != _TENANT]


def blocks(work: UnitOfWork, table: Table, day: date, names: list[str] | None = None) -> Iterator[list[bytes]]:
    """The rows of `table` of one ledger day as text, in the order of their keys, some thousand at a time. `names`
    (default: all) are the columns that the day was closed with."""
    query = _query(work, table, day, names or columns(table))
    rows = _sqlite(work, query) if work.is_sqlite else copy_out(work, query, "FORMAT text")
    while block := [line.rstrip(b"\n") for line in islice(rows, BLOCK_ROWS)]:
        yield block


def _query(work: UnitOfWork, table: Table, day: date, names: list[str]) -> Select[Any]:
    query = select(*(_value(work, table.c[name]) for name in names)).where(table.c.tenant == work.tenant)
    dated = table
    if DAY not in table.c:
        parent, key = table.info["ledger_parent"]
        dated = work.table(parent)
        query = query.join(dated, (dated.c.tenant == table.c.tenant) & (dated.c.id == table.c[key]))
    return query.where(dated.c[DAY] == day).order_by(*(_order(work, table.c[name]) for name in keys(table)))


def _value(work: UnitOfWork, column: Column[Any]) -> Any:
    if work.is_sqlite:
        return type_coerce(column, String()).label(column.name)
    if isinstance(column.type, Instant):
        utc = func.timezone("UTC", type_coerce(column, String()))
        return (func.to_char(utc, 'YYYY-MM-DD"T"HH24:MI:SS.US') + "+00:00").label(column.name)
    return type_coerce(column, String()).label(column.name)


def _order(work: UnitOfWork, column: Column[Any]) -> Any:
    if work.is_sqlite or isinstance(column.type, Integer):
        return column
    # By bytes on both: a language's own order differs between machines.
    return collate(column, "C")


def _sqlite(work: UnitOfWork, query: Select[Any]) -> Iterator[bytes]:
    for row in chain.from_iterable(work.execute(query).partitions(_FETCHED)):
        cells = ["\\N" if value is None else value if value.__class__ is str else str(value) for value in row]
        line = "\t".join(cells)
        # Hardly any row holds what must be escaped, and a look at the whole line is a tenth of one at each cell.
        plain = line.count("\t") == len(cells) - 1 and line.count("\\") == row.count(None)
        if not plain or _OTHERS.search(line):
            line = "\t".join(map(_cell, row))
        yield line.encode()


def _cell(value: Any) -> str:
    if value is None:
        return "\\N"
    return value.translate(_ESCAPES) if isinstance(value, str) else str(value)
