"""CSV, read as a stream: what is in memory is one block."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice

from aimak.files import encoding, faults, header
from aimak.files.columns import Columns
from aimak.files.rows import BLOCK_ROWS, Block, RowMaker
from aimak.files.source import Source, SourceStream
from aimak.problems import Problem, Refused

SEPARATORS = (";", "\t", ",")
_BUFFER_BYTES = 1 << 18


class CsvDocument:
    """A CSV file whose encoding, separator and header have been found."""

    def __init__(self, source: Source, columns: Columns) -> None:
        """Raises Refused for what spoils the whole file."""
        self._source = source
        self._columns = columns
        self.encoding = encoding.detect(source)
        self.separator, found = self._look()
        self._first_line = found.lines
        self._maker = RowMaker(source.name, columns, found.names)
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
            raise faults.file_fault(faults.NO_TRAILER, self._source.name, trailer=self._columns.trailer)

    def _data(self) -> Iterator[tuple[int, Sequence[str]]]:
        self.trailer = None
        trailer = self._columns.trailer
        for line, cells in self._lines(self.separator):
            if line <= self._first_line:
                continue
            if trailer is not None and cells[0].strip() == trailer:
                self.trailer = tuple(cells)
                return
            yield line, cells

    def _lines(self, separator: str) -> Iterator[tuple[int, list[str]]]:
        """Lines that hold anything, with the number of the line where each begins."""
        stream = io.BufferedReader(SourceStream(self._source), _BUFFER_BYTES)
        text = io.TextIOWrapper(stream, encoding=self.encoding, newline="")
        reader = csv.reader(text, delimiter=separator, strict=True)
        begins = 1
        try:
            for cells in reader:
                if cells and (cells[0] or any(cells)):
                    yield begins, cells
                begins = reader.line_num + 1
        except csv.Error as wrong:
            raise faults.file_fault(faults.QUOTES, self._source.name, begins) from wrong

    def _look(self) -> tuple[str, header.Header]:
        """The separator under which the first lines name the most columns, and the header found with it."""
        allowed = (self._columns.separator,) if self._columns.separator else SEPARATORS
        heads = {separator: self._head(separator) for separator in allowed}
        best = max(heads, key=lambda separator: self._fit(heads[separator]))
        return best, header.find(self._source.name, self._columns, heads[best])

    def _head(self, separator: str) -> list[tuple[int, list[str]]]:
        """The first lines under one separator; under a wrong one the quotes may not work out."""
        lines: list[tuple[int, list[str]]] = []
        with suppress(Refused):
            lines.extend(islice(self._lines(separator), header.SEARCH_LINES))
        return lines

    def _fit(self, lines: list[tuple[int, list[str]]]) -> int:
        if self._columns.header:
            return max((header.score(self._columns, cells) for _, cells in lines), default=0)
        width = len(self._columns.columns)
        return sum(len(cells) == width for _, cells in lines)
