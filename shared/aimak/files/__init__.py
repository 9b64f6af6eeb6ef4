"""Reading tables that people make: CSV in any of the usual encodings, XLSX. Pure; memory does not grow with a CSV."""

from aimak.files.columns import Column, Columns
from aimak.files.rows import Block, Document, Row, TableReader
from aimak.files.source import BytesSource, PathSource, Source

__all__ = ["Block", "BytesSource", "Column", "Columns", "Document", "PathSource", "Row", "Source", "TableReader"]
