"""Readings as a workbook."""

from __future__ import annotations

from typing import ClassVar

from aimak.files.workbook import NAMES, is_workbook, open_workbook
from aimak.plugins.reading_sources import INTERFACE_VERSION, READINGS, Document, Fit, ReadingSource, Source

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


class XlsxReadings(ReadingSource):
    """XLSX; the first sheet whose columns fit. The old binary .xls is claimed too, to say what to do with it."""

    code: ClassVar[str] = "xlsx"
    interface_version: ClassVar[int] = INTERFACE_VERSION
    names: ClassVar[dict[str, str]] = {"ky": "XLSX китеби", "ru": "Книга XLSX", "en": "XLSX workbook"}

    def recognises(self, name: str, head: bytes) -> Fit:
        """Certain by the name, where only the old one may be another format's; perhaps by the first bytes alone: other
        formats are archives too."""
        if head.startswith((_ZIP, _OLE)):
            return Fit.CERTAIN if name.lower().endswith((*NAMES, ".xls")) else Fit.PERHAPS
        return Fit.CERTAIN if head and name.lower().endswith(NAMES) else Fit.NO

    def open(self, source: Source) -> Document:
        """The sheet as rows. Raises Refused for .xls, what is no workbook, a damaged or too large one, or no such
        sheet."""
        is_workbook(source)
        return open_workbook(source, READINGS)
