"""Problems of files as values. Codes AIM-F0xx concern the whole file, AIM-F1xx one row."""

from __future__ import annotations

from aimak.problems import Place, Problem, Refused

EMPTY = "AIM-F001"
MIXED_ENCODING = "AIM-F002"
NOT_TEXT = "AIM-F003"
COLUMN_MISSING = "AIM-F004"
COLUMN_TWICE = "AIM-F005"
NO_HEADER = "AIM-F006"
COLUMN_UNKNOWN = "AIM-F007"
WORKBOOK_DAMAGED = "AIM-F008"
WORKBOOK_TOO_LARGE = "AIM-F009"
FILE_TOO_LARGE = "AIM-F010"
QUOTES = "AIM-F011"
OLD_WORKBOOK = "AIM-F012"
NO_ROWS = "AIM-F013"
NO_TRAILER = "AIM-F014"

VALUE_MISSING = "AIM-F101"
NOT_A_NUMBER = "AIM-F102"
TOO_FINE = "AIM-F103"
OUT_OF_BOUNDS = "AIM-F104"
NOT_A_DATE = "AIM-F105"
NOT_A_CHOICE = "AIM-F106"
TOO_LONG = "AIM-F107"
NOT_A_FLAG = "AIM-F108"
NOT_JSON = "AIM-F109"
CELLS_TOO_MANY = "AIM-F110"
NOT_A_MONTH = "AIM-F111"
BAD_CHARACTER = "AIM-F112"
NOT_WHOLE = "AIM-F113"


class CellFault(Exception):
    """A cell that does not hold what its column promises."""

    def __init__(self, code: str, **fields: str | int | None) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields


def file_fault(code: str, file: str, line: int | None = None, **fields: str | int | None) -> Refused:
    """The refusal of a whole file for one reason."""
    shown = fields if line is None else {"line": line, **fields}
    return Refused(Problem(code, shown, Place(file=file, line=line)))
