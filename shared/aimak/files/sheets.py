"""A list as a file for spreadsheets: CSV, or one sheet of a workbook, with numbers that can be added."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from aimak.money import plain_som
from aimak.problems import Problem, Refused

XLSX_ROWS = 1_048_000
# The decimals that the whole numbers of a column hide, and how a workbook shows them.
SCALES = {"som": 2, "quantity": 3, "count": 0, "decimal": 0}
_FORMATS = {"som": "#,##0.00", "quantity": "#,##0.000", "count": "#,##0", "decimal": "General"}

Row = Sequence[Any]


def to_csv(heads: Sequence[str], kinds: Sequence[str], rows: Iterable[Row]) -> bytes:
    """Semicolons and a mark that spreadsheets read as UTF-8. A cell of kind "som" is whole tyiyn and one of "quantity"
    whole thousandths, written with a point; "decimal" is the text of a number."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(heads)
    for row in rows:
        writer.writerow([_plain(kind, cell) for kind, cell in zip(kinds, row, strict=True)])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _plain(kind: str, cell: Any) -> Any:
    if cell is None:
        return ""
    if kind == "som":
        return plain_som(cell)
    if kind == "quantity":
        return str(Decimal(cell).scaleb(-SCALES[kind]))
    return cell.isoformat() if isinstance(cell, date) else cell


def to_xlsx(heads: Sequence[str], kinds: Sequence[str], rows: Sequence[Row], name: str | None = None) -> bytes:
    """One sheet, called `name`, with a head that stays; cells as for `to_csv`. Raises Refused for more rows than a
    sheet has."""
    import xlsxwriter  # type: ignore[import-untyped]

    if len(rows) > XLSX_ROWS:
        raise Refused(Problem("AIM-F060", {"rows": len(rows), "most": XLSX_ROWS}))
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    # The instant of making would make two equal lists two different files.
    book.set_properties({"created": date(2000, 1, 1)})
    sheet, bold = book.add_worksheet(name), book.add_format({"bold": True})
    formats = {kind: book.add_format({"num_format": text}) for kind, text in _FORMATS.items()}
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    sheet.write_row(0, 0, heads, bold)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(heads) - 1, 16)
    for line, row in enumerate(rows, start=1):
        for place, (kind, cell) in enumerate(zip(kinds, row, strict=True)):
            if cell is None:
                continue
            if kind in SCALES:
                sheet.write_number(line, place, Decimal(cell).scaleb(-SCALES[kind]), formats[kind])
            elif isinstance(cell, date):
                sheet.write_datetime(line, place, cell, day)
            elif isinstance(cell, str):
                sheet.write_string(line, place, cell)
            else:
                sheet.write(line, place, cell)
    book.close()
    return made.getvalue()
