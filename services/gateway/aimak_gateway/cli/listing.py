"""A list as people read it and, with --csv or --xlsx, as a file: one description of its columns for all three."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from aimak.money import format_som

from aimak_gateway.cli.frame import Ui, table

NBSP = "\u00a0"
NUMBERS = ("som", "quantity", "count", "decimal")


def show(
    ui: Ui,
    data: Any,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    before: Sequence[str] = (),
    after: Sequence[str] = (),
    screen: Sequence[str] | None = None,
    next_step: str | None = None,
) -> None:
    """Print a list, and write it to the files that were asked for.

    A column is the name of its head in the catalogue, with a kind where it holds numbers: "gross:som" (whole tyiyn),
    "used:quantity" (whole thousandths), "bills:count", "value:decimal" (the text of a number); "=2026-09" is a head
    as it stands. `data` is what --json gives; `before` and `after` are lines around the table on the screen, `screen`
    stands there instead of all that.
    """
    heads, kinds = _columns(ui, columns)
    cells = [list(row) for row in rows]
    write(ui, heads, kinds, cells)
    ui.result(data, lambda: screen or [*before, *lines(heads, kinds, cells), *after], next_step)


def shown(ui: Ui, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    """A list inside of something else: the table alone."""
    return lines(*_columns(ui, columns), rows)


def _columns(ui: Ui, columns: Sequence[str]) -> tuple[list[str], list[str]]:
    names, kinds = zip(*(part.partition(":")[::2] for part in columns), strict=True)
    return [name[1:] if name.startswith("=") else ui.word(f"ui.{name}") for name in names], list(kinds)


def lines(heads: Sequence[str], kinds: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    """The aligned table on the screen."""
    shown = [[spoken(kind, cell) for kind, cell in zip(kinds, row, strict=True)] for row in rows]
    return table(shown, heads, [place for place, kind in enumerate(kinds) if kind in NUMBERS])


def pairs(names: Iterable[str], values: Iterable[Any]) -> list[str]:
    """One thing's facts, a line each, the names padded alike; what it has not is left out."""
    known = [(name, str(value)) for name, value in zip(names, values, strict=True) if value not in (None, "")]
    width = max((len(name) for name, _ in known), default=0)
    return [f"{name.ljust(width)}  {value}" for name, value in known]


def spoken(kind: str, cell: Any) -> str:
    """A cell as people read it: som with two decimals, quantities with three, thousands apart."""
    if cell is None:
        return ""
    if kind == "som":
        return format_som(cell)
    if kind == "quantity":
        sign, whole = ("-" if cell < 0 else ""), abs(cell)
        return f"{sign}{_apart(whole // 1000)}.{whole % 1000:03d}"
    return _apart(cell) if kind == "count" and isinstance(cell, int) else str(cell)


def owed(ui: Ui, tyiyn: int) -> tuple[str, str]:
    """What a balance is called, and its amount: a debt, or below zero what was paid over."""
    return ui.word("ui.balance" if tyiyn >= 0 else "ui.overpaid"), f"{format_som(abs(tyiyn))} {ui.word('ui.som')}"


def _apart(number: int) -> str:
    return f"{number:,}".replace(",", NBSP)


def write(ui: Ui, heads: Sequence[str], kinds: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write a list to the files that were asked for; a workbook's sheet is called as the list is."""
    if not ui.exports:
        return
    from aimak.files import sheets

    called = ui.word(f"ui.sheet.{ui.name}")
    made = {
        ui.csv: lambda: sheets.to_csv(heads, kinds, rows),
        ui.xlsx: lambda: sheets.to_xlsx(heads, kinds, rows, called),
    }
    for file, body in made.items():
        if file:
            file.write_bytes(body())
            ui.note(str(file))
