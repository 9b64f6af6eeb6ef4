"""reading held|release|reject."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from aimak_gateway.cli import listing
from aimak_gateway.cli.connect import connected
from aimak_gateway.cli.frame import Ui, command
from aimak_gateway.cli.nouns import noun

Reading = Annotated[int, typer.Argument(help="The reading's id (aimak reading held).")]
Reason = Annotated[str, typer.Option(help="Why; it is kept with your name.")]
COLUMNS = ("id", "account", "meter", "last_date", "last_reading:decimal", "date", "reading:decimal", "reason")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = noun(app, "reading", "Readings that wait for a decision.")

    @command(group, "held", lists=True)
    def held(ui: Ui) -> None:
        """Held readings with the reason, the oldest first.  Example: aimak reading held"""
        with connected(ui) as api:
            answer = api.get("/metering/held")
        listing.show(ui, answer, COLUMNS, _rows(answer["held"]))

    @command(group, "release", changes=True)
    def release(ui: Ui, reading: Reading, reason: Reason) -> None:
        """Accept a held reading.  Example: aimak reading release ID --reason 'seen again by the inspector'"""
        _decide(ui, reading, "release", reason)

    @command(group, "reject", changes=True)
    def reject(ui: Ui, reading: Reading, reason: Reason) -> None:
        """Set a held reading aside.  Example: aimak reading reject ID --reason 'digits were swapped'"""
        _decide(ui, reading, "reject", reason)


def _decide(ui: Ui, reading: int, decision: str, reason: str) -> None:
    with connected(ui) as api:
        answer = api.post(f"/metering/held/{reading}/{decision}", {"reason": reason})
    ui.result(answer, [f"{reading}: " + ui.word(f"ui.reading_{answer['state']}")])


def _rows(readings: list[dict[str, Any]]) -> list[list[object]]:
    keys = ("reading", "account", "serial", "last_date", "last_value", "date", "value")
    return [[row[key] for key in keys] + ["; ".join(one["message"] for one in row["findings"])] for row in readings]
