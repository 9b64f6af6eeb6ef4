"""Statements that were built once, run by SQLite's driver itself.

A row found by its key costs SQLite a twentieth of what SQLAlchemy's execution costs around it. Text, the order of the
values and how each is converted come from SQLAlchemy, once for each statement. On PostgreSQL, where a statement crosses
a socket anyway, SQLAlchemy runs it as ever.
"""

from __future__ import annotations

import re
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Executable, exc
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.compiler import SQLCompiler

# Statements of all services of a process, and of the services that a test run makes.
_STATEMENTS = 1024
_LIST = re.compile(r"\(__\[POSTCOMPILE_(\w+)\]\)")
_DIALECT: Any = sqlite.dialect()

Values = Mapping[str, Any] | Sequence[Mapping[str, Any]]


def fetch(connection: Connection, statement: Executable, values: Values) -> Sequence[Any]:
    """Run a statement that is built once (`statements`, `lru_cache`) and give its rows, whose columns are attributes;
    no rows where it returns none. `values`: its parameters, or for an insert those of several rows. Raises what
    SQLAlchemy raises."""
    if connection.dialect.name == "sqlite":
        first = values if isinstance(values, Mapping) else values[0]
        prepared = _prepare(statement, tuple(first))
        if prepared.takes(values):
            return prepared.run(connection, values)
    result = connection.execute(statement, values)
    return result.all() if result.returns_rows else ()


class _Prepared:
    """One statement with the columns of its values."""

    def __init__(self, statement: Any, keys: tuple[str, ...]) -> None:
        compiled: SQLCompiler = statement.compile(dialect=_DIALECT, column_keys=list(keys))
        self._text = compiled.string
        self._values = [(name, _to_driver(compiled.binds[name].type)) for name in compiled.positiontup or ()]
        self._to_convert = [(place, convert) for place, (_, convert) in enumerate(self._values) if convert]
        self._lists = {name for name, bind in compiled.binds.items() if bind.expanding}
        self._constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        self._single = _LIST.sub("(?)", self._text)
        columns = list(statement.exported_columns)
        self._row: Any = namedtuple("Row", [column.key for column in columns], rename=True) if columns else None
        found = ((place, _from_driver(column.type)) for place, column in enumerate(columns))
        self._converted = [(place, convert) for place, convert in found if convert]

    def takes(self, values: Values) -> bool:
        """Whether the driver can run it as it is: an empty list or rows that come back one by one it cannot."""
        if isinstance(values, Mapping):
            return all(values[name] for name in self._lists)
        return not self._lists and (self._row is None or len(values) == 1)

    def run(self, connection: Connection, values: Values) -> Sequence[Any]:
        """Run it and give its rows."""
        driver: Any = connection.connection.driver_connection
        one = values if isinstance(values, Mapping) else values[0] if len(values) == 1 else None
        text = self._text if one is None else self._written(one)
        given: Any = self._parameters(one) if one is not None else self._of_rows(values)  # type: ignore[arg-type]
        connection.engine.dispatch.before_cursor_execute(connection, None, text, given, None, one is None)
        try:
            cursor = driver.execute(text, given) if one is not None else driver.executemany(text, given)
            return self._rows(cursor.fetchall()) if self._row else ()
        except sqlite3.Error as error:
            raised: type[exc.DBAPIError] = getattr(exc, type(error).__name__, exc.DBAPIError)
            raise raised(text, given, error) from error

    def _written(self, values: Mapping[str, Any]) -> str:
        """The text with a mark for each value of its lists."""
        if all(len(values[name]) == 1 for name in self._lists):
            return self._single
        return _LIST.sub(lambda found: f"({', '.join('?' * len(values[found[1]]))})", self._text)

    def _parameters(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        known = {**self._constants, **values} if self._constants else values
        if self._lists:
            return self._with_lists(known)
        plain = [known[name] for name, _ in self._values]
        for place, convert in self._to_convert:
            plain[place] = convert(plain[place])
        return tuple(plain)

    def _of_rows(self, rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        """The parameters of several rows, column by column."""
        names = [name for name, _ in self._values]
        if len(names) == 1 or self._constants:
            return [self._parameters(row) for row in rows]
        given: list[tuple[Any, ...]] = list(map(itemgetter(*names), rows))
        if not self._to_convert:
            return given
        columns: list[Sequence[Any]] = list(zip(*given, strict=True))
        for place, convert in self._to_convert:
            columns[place] = _each_once(convert, columns[place])
        return list(zip(*columns, strict=True))

    def _with_lists(self, known: Mapping[str, Any]) -> tuple[Any, ...]:
        given: list[Any] = []
        for name, convert in self._values:
            found = known[name] if name in self._lists else (known[name],)
            given += map(convert, found) if convert else found
        return tuple(given)

    def _rows(self, found: Sequence[Any]) -> Sequence[Any]:
        if not self._converted:
            return [self._row(*row) for row in found]
        rows = []
        for row in found:
            cells = list(row)
            for place, convert in self._converted:
                cells[place] = convert(cells[place])
            rows.append(self._row(*cells))
        return rows


def _each_once(convert: Callable[[Any], Any], column: Sequence[Any]) -> list[Any]:
    """A column converted; one object that stands in many rows is converted once."""
    objects = {id(value): value for value in column}
    if 2 * len(objects) > len(column):
        return list(map(convert, column))
    known = {key: convert(value) for key, value in objects.items()}
    return [known[id(value)] for value in column]


_prepare = lru_cache(_STATEMENTS)(_Prepared)


def _to_driver(kind: Any) -> Callable[[Any], Any] | None:
    converting: Callable[[Any], Any] | None = kind.dialect_impl(_DIALECT).bind_processor(_DIALECT)
    return converting


def _from_driver(kind: Any) -> Callable[[Any], Any] | None:
    converting: Callable[[Any], Any] | None = kind.dialect_impl(_DIALECT).result_processor(_DIALECT, None)
    return converting
