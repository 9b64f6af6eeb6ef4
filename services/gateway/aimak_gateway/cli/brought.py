"""Files that a person names. Small ones beside an answer are read whole, every fault told at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aimak.problems import Problem, Refused


def existing(file: Path) -> Path:
    """The file itself. Raises Refused where there is none, or a folder stands there."""
    if file.is_dir():
        raise Refused(Problem("AIM-G037", {"file": str(file)}))
    if not file.is_file():
        raise Refused(Problem("AIM-G020", {"file": str(file), "folder": str(Path.cwd())}))
    return file


def rows_of(file: Path, *columns: Any) -> list[dict[str, Any]]:
    """The rows of a CSV or XLSX file by `columns` (aimak.files.Column); a column that the file has not is None in
    every row. Raises Refused with every fault."""
    from aimak.files import Columns, PathSource, TableReader

    blocks = list(TableReader(Columns(*columns)).open(PathSource(existing(file))).blocks())
    faults = [problem for block in blocks for row in block.bad for problem in row.problems]
    if faults:
        raise Refused(*faults)
    return [row.values for block in blocks for row in block.good]
