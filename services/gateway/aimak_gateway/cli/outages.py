"""outage add: streets without supply."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from aimak_gateway.cli.corrections import Ground, change, iso
from aimak_gateway.cli.frame import Ui, command
from aimak_gateway.cli.nouns import noun
from aimak_gateway.cli.registers import of_outages


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = noun(app, "outage", "Days without supply.")
    of_outages(group)

    @command(group, "add", changes=True)
    def add(
        ui: Ui,
        street: Annotated[list[str], typer.Option(help="A street's name or id; may come again.")],
        service: Annotated[str, typer.Option(help="The service.")],
        since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day without.")],
        until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day with it again.")],
        ground: Ground = "",
    ) -> None:
        """Streets were without supply.

        Example: aimak outage add --street Манас --service water --since 2026-10-05 --until 2026-10-08
        """
        facts = {"streets": street, "service": service, "since": iso(since), "until": iso(until), "ground": ground}
        change(ui, "/billing/outages", **facts)
