"""report compare: the turnover of the books beside what 1C and the tax service have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from aimak.languages import LANGUAGES
from aimak.problems import Problem, Refused

from aimak_gateway.cli import listing
from aimak_gateway.cli.brought import rows_of
from aimak_gateway.cli.connect import Api, connected
from aimak_gateway.cli.frame import VALIDATION, Failed, Ui, command
from aimak_gateway.cli.spans import Period, Since, Until

DIMENSIONS = ("provider", "service", "class")
SUMS = ("opening", "charged", "recalculated", "paid", "written_off", "closing", "tax")
COLUMNS = ("file", *DIMENSIONS, "what", "theirs:som", "ours:som", "difference:som")


def add_compare(group: typer.Typer) -> None:
    """Add the command."""

    @command(group, "compare", lists=True)
    def compare(
        ui: Ui,
        against: Annotated[list[Path], typer.Option(help="A file of theirs, CSV or XLSX; may come again.")],
        period: Period = None,
        since: Since = None,
        until: Until = None,
    ) -> None:
        """Hold the turnover against files of 1C and of the e-invoices: each row names creditor, service or class as far
        as it goes, and any of the sums; what differs is listed, and the command ends with 5.

        Example: aimak report compare --period 2026-10 --against 1c.xlsx --against esf.csv
        """
        asked = {"period": period, "from": since, "to": until}
        theirs = {file: _theirs(file) for file in against}
        with connected(ui) as api:
            found = [row for file, rows in theirs.items() for row in _differing(api, asked, file, rows)]
        counted = sum(name in row for rows in theirs.values() for row in rows for name in SUMS)
        if found:
            listing.show(ui, {"compared": counted, "differing": found}, COLUMNS, found)
            raise Failed(VALIDATION, [ui.problem(Problem("AIM-G064", {"count": len(found), "all": counted}))])
        ui.result({"compared": counted, "differing": []}, [ui.word("ui.theirs_equals", count=counted)])


def _theirs(file: Path) -> list[dict[str, Any]]:
    """The rows of a file, without what it does not name. Raises Refused where it names no sum at all."""
    from aimak.files import Column

    named = [Column(name, aliases=_heads(name)) for name in DIMENSIONS]
    rows = rows_of(file, *named, *(Column(name, "som", aliases=_heads(name)) for name in SUMS))
    totals = _words("ui.total")
    kept = [
        {name: _code(name, value) for name, value in row.items() if value is not None}
        for row in rows
        if not totals & {row[name] for name in DIMENSIONS}
    ]
    if not any(name in row for row in kept for name in SUMS):
        raise Refused(Problem("AIM-G063", {"file": file.name, "known": ", ".join(SUMS)}))
    return kept


def _words(key: str) -> set[Any]:
    """What a word of the screens is in every language."""
    from aimak.texts import LANGUAGES, translate

    return {translate("aimak_gateway", key, lang) for lang in LANGUAGES}


def _code(name: str, value: Any) -> Any:
    """The code of what a sheet of ours says in words; anything else as it stands."""
    from aimak.texts import LANGUAGES, catalogue

    if name not in DIMENSIONS:
        return value
    kind = f"ui.{name}."
    for lang in LANGUAGES:
        for key, word in catalogue("aimak_gateway", lang).items():
            if word == value and key.startswith(kind):
                return key.removeprefix(kind)
    return value


def _heads(name: str) -> tuple[str, ...]:
    """The heads that our own sheets have, so that a sheet that was sent comes back as it was."""
    from aimak.texts import translate

    found = {translate("aimak_billing", f"report.{name}", lang) for lang in LANGUAGES} - {None, name}
    return tuple(sorted(str(head) for head in found))


def _differing(api: Api, asked: Mapping[str, Any], file: Path, rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    known: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    found = []
    for row in rows:
        by = tuple(name for name in DIMENSIONS if name in row)
        if by not in known:
            known[by] = api.get("/billing/reports/turnover", **asked, by=",".join(by or DIMENSIONS[:1]))["rows"]
        mine = [one for one in known[by] if all(one[name] == row[name] for name in by)]
        for name in (name for name in SUMS if name in row):
            ours = sum(one[f"{name}_tyiyn"] for one in mine)
            if ours != row[name]:
                said = [row.get(dimension, "") for dimension in DIMENSIONS]
                found.append([file.name, *said, name, row[name], ours, row[name] - ours])
    return found
