"""What a service says of a kind of file that it takes in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aimak.files.columns import Columns
from aimak.files.rows import BLOCK_ROWS, Block, Document, Reader, Row, TableReader
from aimak.problems import Problem
from aimak.storage.work import UnitOfWork


@dataclass(frozen=True)
class Incoming:
    """A file that is being taken in. `params` are the query's parameters that its importer declares."""

    tenant: str
    id: int
    kind: str
    name: str
    sha256: str
    params: Mapping[str, str]
    actor: str
    received_at: datetime
    dry_run: bool


class Rows(list[Row]):
    """The good rows of a block, with the file they come from."""

    def __init__(self, rows: Iterable[Row], file: Incoming) -> None:
        super().__init__(rows)
        self.file = file


Take = Callable[[UnitOfWork, Rows], list[Problem]]
Scan = Callable[[Incoming, Document, Iterable[Block]], list[Problem]]


@dataclass(frozen=True)
class Importer:
    """One kind of file.

    `take(work, rows)` writes the rows of one block in one transaction, which the caller commits. It returns a
    problem, with the row's line as its place, for each row that it left out (severity "error") or took with a note
    ("warning"). Raising Refused stops the import there.

    `scan(file, document, blocks)` looks at the whole file before anything is taken and returns what refuses it
    (severity "error") or is to be noted: totals, rows that stand twice. `document.trailer` is known after `blocks`.

    `reader` gives the format for one file where it is not a table with `columns`.

    Rows that were left out are looked at anew when the same file comes once more: those with a problem of the codes in
    `again`, or all where it is None. Not one that was put down as it was found: it would be put down twice.
    """

    kind: str
    columns: Columns | None
    take: Take
    scan: Scan | None = None
    reader: Callable[[Incoming], Reader] | None = None
    params: tuple[str, ...] = ()
    roles: tuple[str, ...] = ("clerk", "admin")
    block_rows: int = field(default=BLOCK_ROWS)
    again: Collection[str] | None = None

    def reader_for(self, file: Incoming) -> Reader:
        """What reads this file."""
        if self.reader is not None:
            return self.reader(file)
        assert self.columns is not None, "an importer has columns or a reader"
        return TableReader(self.columns)
