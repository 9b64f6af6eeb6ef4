"""A report as a file: CSV or XLSX, with its heads in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aimak.files import sheets
from aimak.texts import translate


def heads(columns: Sequence[str], lang: str) -> list[str]:
    """What columns are called."""
    return [translate("aimak_billing", f"report.{name}", lang) or name for name in columns]


def to_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]], money: Sequence[str], lang: str) -> bytes:
    """Semicolons and a mark that spreadsheets read as UTF-8; money in som with a point."""
    return sheets.to_csv(heads(columns, lang), _kinds(columns, money), rows)


def to_xlsx(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], money: Sequence[str], lang: str, name: str = ""
) -> bytes:
    """One sheet, called as the report `name` is, with a head that stays and sums that can be added. Raises Refused for
    more rows than a sheet has."""
    called = translate("aimak_billing", f"report.sheet.{name}", lang) or name
    return sheets.to_xlsx(heads(columns, lang), _kinds(columns, money), rows, called)


def _kinds(columns: Sequence[str], money: Sequence[str]) -> list[str]:
    return ["som" if name in money else "text" for name in columns]
