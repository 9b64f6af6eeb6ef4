"""bill one-off: a service that was asked for once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from aimak_gateway.cli.corrections import Ground, Reason, enter
from aimak_gateway.cli.frame import Ui, command
from aimak_gateway.cli.quantities import thousandths


def add(group: typer.Typer) -> None:
    """Add the command."""

    @command(group, "one-off", changes=True)
    def one_off(
        ui: Ui,
        account: Annotated[str, typer.Option(help="The account's number, old or new.")],
        item: Annotated[str, typer.Option(help="The item of a price list: call-out")],
        reason: Reason,
        quantity: Annotated[str, typer.Option(help="How many, or how much: 2, 1.5")] = "1",
        on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="When it was done (today).")] = None,
        tariff: Annotated[str | None, typer.Option(help="The price list, where several have the item.")] = None,
        ground: Ground = "",
    ) -> None:
        """Bill a service that was asked for once, by the price list; another approves.

        Example: aimak bill one-off --account 17 --item call-out --quantity 2 --reason "request 5"
        """
        facts = {"account": account, "item": item, "quantity_thousandths": thousandths(quantity), "tariff": tariff}
        day = on.date().isoformat() if on else None
        enter(ui, "one_off", **facts, day=day, reason=reason, ground=ground)
