"""A report as a table on the screen and, with --csv or --xlsx, as a file: the same words and the same total in both."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import typer

from aimak_gateway.cli import listing
from aimak_gateway.cli.connect import connected
from aimak_gateway.cli.frame import VALIDATION, Failed, Ui, error_lines

_RED, _PLAIN = "\x1b[31m", "\x1b[0m"
# What names the codes of a column; a file has the codes beside the words, as another program looks for them.
NAMES = {"service": "service", "class": "class", "kind": "posting", "debit": "book", "credit": "book"}


def show_report(ui: Ui, name: str, asked: Mapping[str, Any], *, check: bool = False) -> None:
    """Print a report of billing, or write it whole to a file; one that does not equal the ledger says so and fails."""
    path = f"/billing/reports/{name}"
    with connected(ui) as api:
        answer = api.get(path, **asked)
        if ui.exports:
            whole = whole_rows(api.raw(path, **asked, format="csv", lang=ui.lang), answer)
            heads, kinds = _columns(ui, answer, coded=True)
            listing.write(ui, heads, kinds, [*(_worded(ui, answer, row) for row in whole), _total(ui, answer, True)])
    if check:
        _checked(ui, answer)
        return
    ui.result(answer, lambda: _lines(ui, answer))
    _say_problems(ui, answer)


def _checked(ui: Ui, answer: dict[str, Any]) -> None:
    """Whether the sheet equals the ledger; a sheet that does not ends the command with 5."""
    if answer["problems"]:
        raise Failed(VALIDATION, answer["problems"])
    ui.result(answer, lambda: [*_lines(ui, answer), ui.word("ui.equals_the_ledger")])


def _say_problems(ui: Ui, answer: dict[str, Any]) -> None:
    """In red, below the figures."""
    if not answer["problems"]:
        return
    red = sys.stderr.isatty()
    for problem in answer["problems"]:
        for line in error_lines(ui, problem):
            print(f"{_RED}{line}{_PLAIN}" if red else line, file=sys.stderr)
    raise typer.Exit(VALIDATION)


def _money(answer: Mapping[str, Any], name: str) -> bool:
    return f"{name}_tyiyn" in answer["totals"]


def _columns(ui: Ui, answer: Mapping[str, Any], *, coded: bool) -> tuple[list[str], list[str]]:
    """Heads and kinds of the columns, with a column of codes beside each of words where `coded`."""
    from aimak.texts import translate

    heads, kinds = [], []
    for name in answer["columns"]:
        head = translate("aimak_billing", f"report.{name}", ui.lang) or name
        heads.append(head)
        kinds.append("som" if _money(answer, name) else "count" if name == "count" else "text")
        if coded and name in NAMES:
            heads.append(ui.word("ui.code_of", name=head))
            kinds.append("text")
    return heads, kinds


def _said(ui: Ui, name: str, code: Any) -> Any:
    """A cell in words; an account of the books that has no name of its own is called as the operation is."""
    if name not in NAMES:
        return code
    word = ui.named(NAMES[name], code)
    return ui.named("posting", code) if word == code and NAMES[name] == "book" else word


def _worded(ui: Ui, answer: Mapping[str, Any], row: Sequence[Any]) -> list[Any]:
    cells: list[Any] = []
    for name, cell in zip(answer["columns"], row, strict=True):
        cells += [_said(ui, name, cell), cell] if name in NAMES else [cell]
    return cells


def _total(ui: Ui, answer: Mapping[str, Any], coded: bool) -> list[Any]:
    """The row of totals, its name in the first column that holds no sum."""
    cells: list[Any] = []
    for name in answer["columns"]:
        cells.append(answer["totals"][f"{name}_tyiyn"] if _money(answer, name) else None)
        cells += [None] if coded and name in NAMES else []
    cells[0] = cells[0] if _money(answer, answer["columns"][0]) else ui.word("ui.total")
    return cells


def whole_rows(body: bytes, answer: Mapping[str, Any]) -> Iterator[list[Any]]:
    """The rows of the service's own file, which leaves none out; sums as whole tyiyn again."""
    names = answer["columns"]
    for row in list(csv.reader(io.StringIO(body.decode("utf-8-sig")), delimiter=";"))[1:]:
        yield [_cell(answer, name, text) for name, text in zip(names, row, strict=True)]


def _cell(answer: Mapping[str, Any], name: str, text: str) -> Any:
    if _money(answer, name):
        return int(text.replace(".", ""))
    return int(text) if name == "count" and text else text


def _lines(ui: Ui, answer: Mapping[str, Any]) -> list[str]:
    rows = [
        [row[f"{name}_tyiyn"] if _money(answer, name) else _said(ui, name, row[name]) for name in answer["columns"]]
        for row in answer["rows"]
    ]
    lines = listing.lines(*_columns(ui, answer, coded=False), [*rows, _total(ui, answer, False)])
    return lines + ([ui.word("ui.rows_left_out", count=answer["left_out"])] if answer["left_out"] else [])
