"""meter exchange."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from aimak_gateway.cli.connect import connected
from aimak_gateway.cli.frame import Ui, command
from aimak_gateway.cli.nouns import noun
from aimak_gateway.cli.quantities import thousandths

_DAY = ["%Y-%m-%d"]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = noun(app, "meter", "Meters at accounts.")
    _exchange(group)


def _exchange(group: typer.Typer) -> None:
    @command(group, "exchange", changes=True)
    def exchange(
        ui: Ui,
        account: Annotated[str, typer.Argument(help="An account's number, old or new.")],
        old: Annotated[str, typer.Option(help="The serial of the meter that was taken down.")],
        final: Annotated[str, typer.Option(help="What it showed then: 412.5")],
        new: Annotated[str, typer.Option(help="The serial of the new one.")],
        on: Annotated[datetime, typer.Option("--on", formats=_DAY, help="The day: 2026-09-15, also one long past.")],
        reason: Annotated[str, typer.Option(help="Why, and by which act; it stays on record.")],
        initial: Annotated[str, typer.Option(help="What the new one showed: 0")] = "0",
        seal: Annotated[str | None, typer.Option(help="Its seal.")] = None,
        until: Annotated[
            datetime | None, typer.Option("--verified-until", formats=_DAY, help="Its next verification: 2032-09-15")
        ] = None,
        size: Annotated[int | None, typer.Option(help="Its size, mm (default: as the old one).")] = None,
        dials: Annotated[int | None, typer.Option(help="Its digits (default: as the old one).")] = None,
    ) -> None:
        """Another meter took the place of one; bills of what it touches are corrected.

        Example: aimak meter exchange 17 --old S1 --final 412.5 --new S2 --on 2026-09-15 --reason "act 8"
        """
        asked: dict[str, Any] = {"old": old, "final": thousandths(final), "new": new, "initial": thousandths(initial)}
        asked |= {"day": on.date().isoformat(), "reason": reason, "seal": seal, "size": size, "dials": dials}
        asked["verified_until"] = until.date().isoformat() if until else None
        said = {name: value for name, value in asked.items() if value is not None}
        with connected(ui) as api:
            answer = api.post(f"/metering/accounts/{account}/exchange", said)
        told = ui.word("ui.exchanged", old=answer["removed"], new=answer["installed"], day=answer["day"])
        gone = answer["withdrawn"]
        ui.result(answer, [told, *([ui.word("ui.uses_withdrawn", count=gone)] if gone else [])])
