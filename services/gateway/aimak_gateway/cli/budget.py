"""budget pay: what a budget line pays of the reliefs that it owes in the place of residents."""

from __future__ import annotations

from typing import Annotated

import typer

from aimak_gateway.cli.corrections import Amount, Provider, Reason, enter, tyiyn
from aimak_gateway.cli.frame import Ui, command
from aimak_gateway.cli.nouns import noun


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = noun(app, "budget", "What the budget owes in the place of residents.")

    @command(group, "pay", changes=True)
    def pay(
        ui: Ui,
        provider: Provider,
        payer: Annotated[str, typer.Option(help="The budget line, as the tariff names it.")],
        amount: Amount,
        ground: Annotated[str, typer.Option(help="The payment order.")],
        reason: Reason = "payment",
    ) -> None:
        """A budget line has paid (below zero: a payment is taken back); another approves. See `report debtors`.

        Example: aimak budget pay --provider vodokanal --payer budget-benefits --amount 4000 --ground "118 of 5.11.2026"
        """
        facts = {"provider": provider, "payer": payer, "amount_tyiyn": tyiyn(amount)}
        enter(ui, "budget_payment", **facts, reason=reason, ground=ground)
