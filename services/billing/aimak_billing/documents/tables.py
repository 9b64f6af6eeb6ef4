"""A report as a file: CSV or XLSX, with its heads in the reader's language."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from aimak.money import plain_som
from aimak.problems import Problem, Refused
from aimak.texts import translate

XLSX_ROWS = 1_048_000


def heads(columns: Sequence[str], lang: str) -> list[str]:
    """What columns are called."""
    return [translate("aimak_billing", f"report.{name}", lang) or name for name in columns]


def to_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]], money: Sequence[str], lang: str) -> bytes:
    """Semicolons and a mark that spreadsheets read as UTF-8; money in som with a point."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(heads(columns, lang))
    som = [name in money for name in columns]
    for row in rows:
        writer.writerow([plain_som(cell) if is_som else _plain(cell) for cell, is_som in zip(row, som, strict=True)])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _plain(cell: Any) -> Any:
    return cell.isoformat() if isinstance(cell, date) else "" if cell is None else cell


def to_xlsx(columns: Sequence[str], rows: Sequence[Sequence[Any]], money: Sequence[str], lang: str) -> bytes:
    """One sheet with a head that stays and sums that can be added. Raises Refused for more rows than a sheet has."""
    import xlsxwriter

    if len(rows) > XLSX_ROWS:
        raise Refused(Problem("AIM-B959", {"rows": len(rows), "most": XLSX_ROWS}))
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_formulas": False})
    # The instant of making would make two equal reports two different files.
    book.set_properties({"created": date(2000, 1, 1)})
    sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
    som, day = book.add_format({"num_format": "#,##0.00"}), book.add_format({"num_format": "dd.mm.yyyy"})
    sheet.write_row(0, 0, heads(columns, lang), bold)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(columns) - 1, 16)
    for line, row in enumerate(rows, start=1):
        for place, (name, cell) in enumerate(zip(columns, row, strict=True)):
            if name in money:
                sheet.write_number(line, place, Decimal(cell).scaleb(-2), som)
            elif isinstance(cell, date):
                sheet.write_datetime(line, place, cell, day)
            elif cell is not None:
                sheet.write(line, place, cell)
    book.close()
    return made.getvalue()
