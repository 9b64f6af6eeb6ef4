"""reading held|release|reject|correct|insert|list."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from aimak_gateway.cli import listing
from aimak_gateway.cli.connect import connected
from aimak_gateway.cli.frame import Ui, command
from aimak_gateway.cli.nouns import noun
from aimak_gateway.cli.quantities import thousandths

Reading = Annotated[int, typer.Argument(help="The reading's id (aimak reading held).")]
Reason = Annotated[str, typer.Option(help="Why; it is kept with your name.")]
Date = Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="The day it was read: 2026-10-31")]
COLUMNS = ("id", "account", "meter", "last_date", "last_reading:decimal", "date", "reading:decimal", "reason")
KEPT = ("meter", "id", "date", "reading:decimal", "use:decimal", "state", "decided_by", "reason")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = noun(app, "reading", "Readings: those that wait for a decision, and those that were wrong.")

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

    _corrected(group)


def _corrected(group: typer.Typer) -> None:
    @command(group, "list", lists=True)
    def listed(ui: Ui, account: Annotated[str, typer.Argument(help="An account's number, old or new.")]) -> None:
        """The last readings of an account's meters, with what became of each.  Example: aimak reading list 0100042"""
        with connected(ui) as api:
            answer = api.get(f"/metering/accounts/{account}")
        rows = [_row(ui, meter["serial"], row) for meter in answer["meters"] for row in meter["readings"]]
        listing.show(ui, answer, KEPT, rows)

    @command(group, "correct", changes=True)
    def correct(
        ui: Ui,
        reading: Annotated[int, typer.Argument(help="The reading's id (aimak reading list ACCOUNT).")],
        value: Annotated[str, typer.Option(help="What the meter really showed: 131.5")],
        reason: Reason,
    ) -> None:
        """Put another value in the place of an accepted reading; both stay, and bills of what it touches are corrected.

        Example: aimak reading correct ID --value 131.5 --reason 'digits were swapped'
        """
        asked = {"value": thousandths(value), "reason": reason}
        with connected(ui) as api:
            answer = api.post(f"/metering/readings/{reading}/correct", asked)
        head = f"{answer['date']}: {answer['before']['value']} → {answer['after']['value']} ({answer['reading']})"
        ui.result(answer, [head, *_uses(answer)])

    @command(group, "insert", changes=True)
    def insert(
        ui: Ui,
        account: Annotated[str, typer.Argument(help="An account's number, old or new.")],
        serial: Annotated[str, typer.Option(help="The meter's number.")],
        on: Date,
        value: Annotated[str, typer.Option(help="What the meter showed: 131.5")],
        reason: Reason,
    ) -> None:
        """Put a reading between two that are kept, as of a month that was billed by the norm; bills are corrected.

        Example: aimak reading insert 0100042 --serial W-7 --on 2026-10-31 --value 88.5 --reason 'a photo of 31 October'
        """
        asked = {"serial": serial, "day": f"{on:%Y-%m-%d}", "value": thousandths(value), "reason": reason}
        with connected(ui) as api:
            answer = api.post(f"/metering/accounts/{account}/readings", asked)
        ui.result(answer, [f"{answer['date']}: {answer['value']} ({answer['reading']})", *_uses(answer)])


def _uses(answer: dict[str, Any]) -> list[str]:
    told = [use for use in answer["uses"] if use["state"] == "accepted"]
    return [f"  {use['from']} – {use['to']}: {use['use']}" for use in told]


def _row(ui: Ui, serial: str, row: dict[str, Any]) -> list[object]:
    seen = [serial, row["reading"], row["date"], row["value"], row["use"], ui.word(f"ui.reading_{row['state']}")]
    return [*seen, row["decided_by"], row["decided_why"]]


def _decide(ui: Ui, reading: int, decision: str, reason: str) -> None:
    with connected(ui) as api:
        answer = api.post(f"/metering/held/{reading}/{decision}", {"reason": reason})
    ui.result(answer, [f"{reading}: " + ui.word(f"ui.reading_{answer['state']}")])


def _rows(readings: list[dict[str, Any]]) -> list[list[object]]:
    keys = ("reading", "account", "serial", "last_date", "last_value", "date", "value")
    return [[row[key] for key in keys] + ["; ".join(one["message"] for one in row["findings"])] for row in readings]
