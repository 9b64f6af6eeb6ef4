"""Finding the header among a table's first lines, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aimak import texts
from aimak.files import faults
from aimak.files.columns import Columns, fold_header
from aimak.problems import Place, Problem, Refused

# A title, the town's name, the date of the list: a header further down than this is not looked for.
SEARCH_LINES = 20


@dataclass(frozen=True)
class Header:
    """The header's place: `lines` before the first row of data (0 where there is none), its texts and columns."""

    lines: int
    texts: tuple[str, ...]
    names: tuple[str | None, ...]
    warnings: tuple[Problem, ...] = ()


def is_reason(cell: str) -> bool:
    """Whether a header is that of the column in which refused rows are given back with the reason, in any language:
    mended, such a file is brought again as it is."""
    said = (texts.translate("aimak", "intake.reason", lang) for lang in texts.LANGUAGES)
    return fold_header(cell) in {fold_header(word) for word in said if word}


def score(columns: Columns, cells: Sequence[str]) -> int:
    """How many declared columns a line names."""
    return len({columns.known(cell) for cell in cells} - {None})


def find(file: str, columns: Columns, numbered: Sequence[tuple[int, Sequence[str]]]) -> Header:
    """The header among the first lines, each with its number. Raises Refused: none, missing or doubled columns."""
    if not columns.header:
        names = tuple(column.name for column in columns.columns)
        return Header(0, names, names)
    if not numbered:
        raise faults.file_fault(faults.EMPTY, file)
    best = max(numbered, key=lambda item: (score(columns, item[1]), -item[0]))
    line, cells = best
    if score(columns, cells) == 0:
        raise faults.file_fault(faults.NO_HEADER, file, expected=_names(columns))
    return _checked(file, columns, line, _without_empty_end(cells))


def _checked(file: str, columns: Columns, line: int, cells: Sequence[str]) -> Header:
    names = tuple(columns.known(cell) for cell in cells)
    problems = [
        Problem(faults.COLUMN_TWICE, {"column": column.name}, Place(file, line, column.name))
        for column in columns.columns
        if names.count(column.name) > 1
    ]
    found = ", ".join(cell.strip() for cell in cells)
    problems += [
        Problem(
            faults.COLUMN_MISSING,
            {"column": column.name, "found": found, "names": ", ".join((column.name, *column.aliases))},
            Place(file, line, column.name),
        )
        for column in columns.columns
        if column.required and column.name not in names
    ]
    if problems:
        raise Refused(*problems)
    unknown = tuple(
        Problem(faults.COLUMN_UNKNOWN, {"column": cell.strip()}, Place(file, line, cell.strip()), "warning")
        for cell, name in zip(cells, names, strict=True)
        if name is None and cell.strip() and not is_reason(cell)
    )
    return Header(line, tuple(cell.strip() for cell in cells), names, unknown)


def _without_empty_end(cells: Sequence[str]) -> Sequence[str]:
    width = len(cells)
    while width and not cells[width - 1].strip():
        width -= 1
    return cells[:width]


def _names(columns: Columns) -> str:
    return ", ".join(column.name for column in columns.columns)
