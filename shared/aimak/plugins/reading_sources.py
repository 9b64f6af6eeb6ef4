"""The kind "reading source": a file format turned into readings. Host: metering.

A plugin reads; the host (metering) owns the upload, the transactions and every check of what was read. An entry point
of the group `aimak.reading_sources` names the class. The built-in sources are `csv` and `xlsx`.
"""

from __future__ import annotations

from abc import abstractmethod
from enum import IntEnum

from aimak.files.columns import Column, Columns
from aimak.files.rows import Block, Document, Row
from aimak.files.source import Source
from aimak.plugins.base import Plugin

__all__ = [
    "GROUP",
    "HEAD_BYTES",
    "INTERFACE_VERSION",
    "READINGS",
    "Block",
    "Document",
    "Fit",
    "ReadingSource",
    "Row",
    "Source",
]

GROUP = "aimak.reading_sources"
INTERFACE_VERSION = 1
HEAD_BYTES = 4096

READINGS = Columns(
    Column(
        "account",
        required=True,
        max_length=64,
        aliases=("account number", "лицевой счёт", "лицевой", "л/с", "номер счёта", "жеке эсеп", "өздүк эсеп"),
    ),
    Column(
        "serial",
        required=True,
        max_length=64,
        aliases=("meter", "serial number", "счётчик", "номер счётчика", "заводской номер", "эсептегич"),
    ),
    Column("date", "date", required=True, aliases=("дата", "дата показания", "күнү", "дата снятия")),
    Column(
        "reading",
        "thousandths",
        required=True,
        aliases=("value", "показание", "показания", "текущее показание", "көрсөткүч"),
    ),
    Column("reader", max_length=100, aliases=("контролёр", "инспектор", "снял")),
    Column("note", max_length=500, aliases=("примечание", "комментарий", "эскертүү")),
)
"""What every reading source gives for each row, whatever its format calls it: `values` has account, serial, date
(datetime.date), reading (whole thousandths of the meter's unit), reader and note (None where unknown)."""


class Fit(IntEnum):
    """How sure a source is that a file is its own."""

    NO = 0
    PERHAPS = 1
    CERTAIN = 2


class ReadingSource(Plugin):
    """One format. An instance serves one file and is thrown away; it keeps nothing between files."""

    @abstractmethod
    def recognises(self, name: str, head: bytes) -> Fit:
        """Whether a file of this `name` that begins with `head` (up to 4096 bytes) is of this format. The surest
        source takes the file, the first by code among equals. Must not raise, whatever the bytes."""

    @abstractmethod
    def open(self, source: Source) -> Document:
        """The file as a document of rows. `source` can be read from its start more than once; hold no more than a
        block of it in memory.

        Raise Refused when the file as a whole cannot be used: then nothing of it is taken. A row that cannot be
        read is a `Row` with problems in `Block.bad`, never left out silently. Reading the same file again gives the
        same rows in the same order: an import that was cut off goes on by counting them. Must not judge readings,
        write anything or call out."""
