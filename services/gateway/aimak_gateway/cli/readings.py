"""reading held|release|reject."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from aimak_gateway.cli.connect import connected
from aimak_gateway.cli.frame import Ui, command, table
from aimak_gateway.cli.nouns import noun

Reading = Annotated[int, typer.Argument(help="The reading's id (aimak reading held).")]
Reason = Annotated[str, typer.Option(help="Why; it is kept with your name.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the reading; decide nothing.")]
Csv = Annotated[Path | None, typer.Option("--csv", help="Write the list to this file.")]
KEYS = ("id", "account", "meter", "last_date", "last_reading", "date", "reading", "reason")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = noun(app, "reading", "Readings that wait for a decision.")

    @command(group, "held")
    def held(ui: Ui, csv: Csv = None) -> None:
        """Held readings with the reason, the oldest first.  Example: aimak reading held"""
        with connected(ui) as api:
            answer = api.get("/metering/held")
        if csv:
            write_csv(ui, csv, answer["held"])
        ui.result(answer, held_lines(ui, answer["held"]))

    @command(group, "release")
    def release(ui: Ui, reading: Reading, reason: Reason, dry_run: DryRun = False) -> None:
        """Accept a held reading.  Example: aimak reading release ID --reason 'seen again by the inspector'"""
        _decide(ui, reading, "release", reason, dry_run=dry_run)

    @command(group, "reject")
    def reject(ui: Ui, reading: Reading, reason: Reason, dry_run: DryRun = False) -> None:
        """Set a held reading aside.  Example: aimak reading reject ID --reason 'digits were swapped'"""
        _decide(ui, reading, "reject", reason, dry_run=dry_run)


def _decide(ui: Ui, reading: int, decision: str, reason: str, *, dry_run: bool) -> None:
    with connected(ui) as api:
        if dry_run:
            found = [row for row in api.get("/metering/held")["held"] if row["reading"] == reading]
            answer: dict[str, Any] = {"held": found}
        else:
            answer = api.post(f"/metering/held/{reading}/{decision}", {"reason": reason})
    ui.result(answer, held_lines(ui, answer["held"]) if dry_run else [f"{reading}: {answer['state']}"])


def _rows(readings: list[dict[str, Any]]) -> list[list[object]]:
    keys = ("reading", "account", "serial", "last_date", "last_value", "date", "value")
    return [[row[key] for key in keys] + ["; ".join(one["message"] for one in row["findings"])] for row in readings]


def held_lines(ui: Ui, readings: list[dict[str, Any]]) -> list[str]:
    """Held readings beside the meter's last ones."""
    return table(_rows(readings), [ui.word(f"ui.{key}") for key in KEYS], (4, 6))


def write_csv(ui: Ui, file: Path, readings: list[dict[str, Any]]) -> None:
    """The same list for a spreadsheet."""
    import csv

    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow([ui.word(f"ui.{key}") for key in KEYS])
        writer.writerows(_rows(readings))
