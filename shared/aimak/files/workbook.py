"""XLSX, read by calamine as the texts that stand in the cells; bounded by size, as a workbook has no stream."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from aimak.files import faults, header
from aimak.files.columns import Columns
from aimak.files.rows import BLOCK_ROWS, Block, RowMaker
from aimak.files.source import Source
from aimak.problems import Problem, Refused

if TYPE_CHECKING:
    import polars as pl

# A sheet of 450,000 rows and six columns; unpacked it takes twice its size in memory, beside the service.
MAX_BYTES = 16 << 20
MAX_UNPACKED_BYTES = 160 << 20
_ZIP, _OLE = b"PK", b"\xd0\xcf\x11\xe0"
NAMES = (".xlsx", ".xlsm")
"""How the names of workbooks end."""


def is_workbook(source: Source) -> bool:
    """Whether the file begins as a workbook does. Raises Refused for the old binary format (.xls), and for a file that
    is named as a workbook and is none."""
    head = next(source.chunks(), b"")
    if head[:4] == _OLE:
        raise faults.file_fault(faults.OLD_WORKBOOK, source.name)
    if head[:2] != _ZIP and source.name.lower().endswith(NAMES):
        raise faults.file_fault(faults.WORKBOOK_DAMAGED if head else faults.EMPTY, source.name)
    return head[:2] == _ZIP


class WorkbookDocument:
    """One sheet of a workbook whose header has been found."""

    def __init__(self, file: str, columns: Columns, sheet: pl.DataFrame) -> None:
        """Raises Refused for a header that does not fit."""
        self._file = file
        self._columns = columns
        self._sheet = sheet
        found = header.find(file, columns, list(islice(self._lines(), header.SEARCH_LINES)))
        self._first_line = found.lines
        self._maker = RowMaker(file, columns, found.names)
        self.header: tuple[str, ...] = found.texts
        self.warnings: tuple[Problem, ...] = found.warnings
        self.trailer: tuple[str, ...] | None = None

    def count(self) -> int:
        """How many rows there are. Raises Refused as `blocks` does."""
        rows = sum(1 for _ in self._data())
        self._must_have_trailer()
        return rows

    def blocks(self, size: int = BLOCK_ROWS, skip: int = 0) -> Iterator[Block]:
        """The rows after the first `skip`, in blocks. Raises Refused when quotes go wrong or the trailer is not
        there: then the file has been cut off."""
        yield from self._maker.blocks(islice(self._data(), skip, None), size)
        self._must_have_trailer()

    def _must_have_trailer(self) -> None:
        if self._columns.trailer is not None and self.trailer is None:
            raise faults.file_fault(faults.NO_TRAILER, self._file, trailer=self._columns.trailer)

    def _data(self) -> Iterator[tuple[int, Sequence[str]]]:
        self.trailer = None
        for line, cells in self._lines():
            if line <= self._first_line:
                continue
            if self._columns.trailer is not None and cells[0].strip() == self._columns.trailer:
                self.trailer = tuple(cells)
                return
            yield line, cells

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        for line, cells in enumerate(self._sheet.iter_rows(buffer_size=BLOCK_ROWS), 1):
            if any(cells):
                yield line, [cell or "" for cell in cells]


def open_workbook(source: Source, columns: Columns) -> WorkbookDocument:
    """The first sheet that has the columns. Raises Refused: too large, damaged or truncated, no such sheet."""
    body = _body(source)
    refusal: Refused | None = None
    for sheet in _sheets(source.name, body):
        try:
            return WorkbookDocument(source.name, columns, sheet)
        except Refused as refused:
            refusal = refusal or refused
    raise refusal or faults.file_fault(faults.EMPTY, source.name)


def _body(source: Source) -> bytes:
    if source.size > MAX_BYTES:
        raise _too_large(source, source.size, MAX_BYTES)
    body = b"".join(source.chunks())
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError) as wrong:
        raise faults.file_fault(faults.WORKBOOK_DAMAGED, source.name) from wrong
    if unpacked > MAX_UNPACKED_BYTES:
        raise _too_large(source, unpacked, MAX_UNPACKED_BYTES)
    return body


def _too_large(source: Source, size: int, limit: int) -> Refused:
    return faults.file_fault(faults.WORKBOOK_TOO_LARGE, source.name, size_mb=(size >> 20) + 1, limit_mb=limit >> 20)


def _sheets(file: str, body: bytes) -> Iterator[pl.DataFrame]:
    import fastexcel

    try:
        workbook: Any = fastexcel.read_excel(body)
        for name in workbook.sheet_names:
            # skip_rows=0 keeps empty lines at the top, so that line numbers are Excel's own.
            sheet = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
            yield sheet.to_polars()
    except fastexcel.FastExcelError as wrong:
        raise faults.file_fault(faults.WORKBOOK_DAMAGED, file) from wrong
