"""Readings as CSV."""

from __future__ import annotations

from typing import ClassVar

from aimak.files.csv_table import CsvDocument
from aimak.plugins.reading_sources import INTERFACE_VERSION, READINGS, Document, Fit, ReadingSource, Source

_OTHER_FORMATS = (b"PK", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG")


class CsvReadings(ReadingSource):
    """CSV in any of the usual encodings, with `;`, `,` or a tab between columns."""

    code: ClassVar[str] = "csv"
    interface_version: ClassVar[int] = INTERFACE_VERSION
    names: ClassVar[dict[str, str]] = {"ky": "CSV таблицасы", "ru": "Таблица CSV", "en": "CSV table"}

    def recognises(self, name: str, head: bytes) -> Fit:
        """Perhaps, for anything that may be text: nothing marks a CSV."""
        return Fit.NO if head.startswith(_OTHER_FORMATS) else Fit.PERHAPS

    def open(self, source: Source) -> Document:
        """The file as rows."""
        return CsvDocument(source, READINGS)
