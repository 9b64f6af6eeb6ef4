"""From the bytes of a file to its text, and what a file is that is no tariff file."""

from __future__ import annotations

from pathlib import PurePath

from aimak.problems import Place, Problem, Refused

_BEGINNINGS = {b"PK\x03\x04": "XLSX", b"\xd0\xcf\x11\xe0": "XLS", b"%PDF": "PDF"}
_TABLES = (".csv", ".tsv", ".txt")
_SHOWN = 40


def text_of(body: bytes, file: str) -> str:
    """The text of a file in UTF-8. Raises Refused."""
    for beginning, kind in _BEGINNINGS.items():
        if body.startswith(beginning):
            raise Refused(Problem("AIM-T037", {"given": kind}, Place(file)))
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        raise Refused(Problem("AIM-B057", {"file": file, "byte": broken.start})) from None


def no_tariffs(text: str, file: str | None) -> Problem:
    """That this is no tariff file, with how it begins."""
    line = text.lstrip().partition("\n")[0].rstrip()
    begins = line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
    kind = "CSV: " if is_table(file) else ""
    return Problem("AIM-T037", {"given": f"{kind}{begins}"}, Place(file, 1))


def is_table(file: str | None) -> bool:
    """Whether a file's name says that it is a table."""
    return PurePath(file or "").suffix.lower() in _TABLES
