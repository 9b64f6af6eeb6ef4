"""Rows of a table, good and bad, in blocks; and what every reader of a format offers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

from aimak.files import faults
from aimak.files.cells import column_converter, converter
from aimak.files.columns import Columns
from aimak.files.faults import CellFault
from aimak.files.source import Source
from aimak.problems import Place, Problem

BLOCK_ROWS = 5_000
# What a message shows of a value that does not fit.
_SHOWN = 60


@dataclass(slots=True)
class Row:
    """One line of a file. `line` is its place as an editor or Excel counts; `values` holds every declared column;
    `cells` are the texts as they stand in the file; `problems` is empty for a good row."""

    line: int
    values: dict[str, Any]
    cells: Sequence[str] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Block:
    """Some hundred rows that follow each other: those that can be used and those that cannot."""

    good: list[Row] = field(default_factory=list)
    bad: list[Row] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Rows of both kinds."""
        return len(self.good) + len(self.bad)


class Document(Protocol):
    """An opened file. `header` are the names as they stand in it; `trailer` the cells of its last line, once the
    rows have been read, where its kind has one."""

    header: tuple[str, ...]
    warnings: tuple[Problem, ...]
    trailer: tuple[str, ...] | None

    def count(self) -> int:
        """How many rows there are, without looking into their cells. Raises Refused for what spoils the whole file."""
        ...

    def blocks(self, size: int = BLOCK_ROWS, skip: int = 0) -> Iterator[Block]:
        """The rows after the first `skip`, in blocks of `size`. Raises Refused for what spoils the whole file."""
        ...


class Reader(Protocol):
    """A format of files."""

    def open(self, source: Source) -> Document:
        """Look at the file's head. Raises Refused for what spoils the whole file."""
        ...


class RowMaker:
    """Turns the cells of a line into a row, column by column."""

    def __init__(self, file: str, columns: Columns, header: Sequence[str | None]) -> None:
        """`header`: the name of the column at each place, None where the file has one that nobody asked for."""
        self._file = file
        self._width = len(header)
        present = {name: place for place, name in enumerate(header) if name is not None}
        self._plan: list[tuple[str, int, Callable[[str], Any]]] = [
            (column.name, present[column.name], converter(column))
            for column in columns.columns
            if column.name in present
        ]
        self._by_column = [
            (present[column.name], column_converter(column)) for column in columns.columns if column.name in present
        ]
        self._absent = {column.name: None for column in columns.columns if column.name not in present}

    def row(self, line: int, cells: Sequence[str]) -> Row:
        """The row of one line; its `problems` name every cell that does not fit."""
        values: dict[str, Any] = dict(self._absent)
        problems: list[Problem] = []
        count = len(cells)
        for name, place, convert in self._plan:
            try:
                values[name] = convert(cells[place] if place < count else "")
            except CellFault as fault:
                shown = cells[place][:_SHOWN] if place < count else ""
                problems.append(self._problem(fault.code, line, name, {"value": shown, **fault.fields}))
        if count > self._width and any(cell.strip() for cell in cells[self._width :]):
            fields = {"cells": count, "columns": self._width}
            problems.append(self._problem(faults.CELLS_TOO_MANY, line, None, fields))
        return Row(line, values, cells, tuple(problems))

    def blocks(self, lines: Iterator[tuple[int, Sequence[str]]], size: int) -> Iterator[Block]:
        """Numbered lines as blocks of `size` rows."""
        while numbered := list(islice(lines, size)):
            good = self._all_good(numbered)
            if good is not None:
                yield Block(good)
                continue
            rows = [self.row(line, cells) for line, cells in numbered]
            yield Block([row for row in rows if not row.problems], [row for row in rows if row.problems])

    def _all_good(self, numbered: list[tuple[int, Sequence[str]]]) -> list[Row] | None:
        """The rows of lines without any fault, column by column; None when there is one, or widths differ."""
        if {len(cells) for _, cells in numbered} != {self._width}:
            return None
        places = list(zip(*(cells for _, cells in numbered), strict=True))
        try:
            columns = [convert(places[place]) for place, convert in self._by_column]
        except CellFault:
            return None
        columns += [[None] * len(numbered)] * len(self._absent)
        names = (*(name for name, _, _ in self._plan), *self._absent)
        return [
            Row(line, dict(zip(names, values)), cells)  # noqa: B905 - as many values as names, a million times
            for (line, cells), values in zip(numbered, zip(*columns, strict=True), strict=True)
        ]

    def _problem(self, code: str, line: int, column: str | None, fields: dict[str, Any]) -> Problem:
        shown = {"column": column, **fields} if column else fields
        return Problem(code, shown, Place(file=self._file, line=line, column=column))


class TableReader:
    """Reads CSV and XLSX by the declared columns; the format is told by the file's first bytes."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns

    def open(self, source: Source) -> Document:
        """Find encoding, separator and header. Raises Refused with every fault that concerns the whole file."""
        from aimak.files.csv_table import CsvDocument
        from aimak.files.workbook import is_workbook, open_workbook

        if is_workbook(source):
            return open_workbook(source, self.columns)
        return CsvDocument(source, self.columns)
