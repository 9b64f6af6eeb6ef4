"""late-readings list|set: whether the next bill adjusts, or the bill of the period is made anew."""

from __future__ import annotations

from typing import Annotated

import typer

from aimak_gateway.cli import listing
from aimak_gateway.cli.connect import connected
from aimak_gateway.cli.frame import Ui, command


def add_late(group: typer.Typer) -> None:
    """Add the commands."""

    @command(group, "list", lists=True)
    def listed(ui: Ui) -> None:
        """The rules, the oldest first.  Example: aimak late-readings list"""
        with connected(ui) as api:
            rules = api.get("/billing/late-readings")["rules"]
        rows = [(rule["valid_from"], ui.named("method", rule["method"]), rule["ground"]) for rule in rules]
        listing.show(ui, rules, ("valid_from", "method", "ground"), rows)

    @command(group, "set", changes=True)
    def decide(
        ui: Ui,
        method: Annotated[str, typer.Option(help="adjust (the next bill) or rebill (the bill of the period anew).")],
        since: Annotated[str, typer.Option("--from", help="From which day: 2026-11-01.")],
        ground: Annotated[str, typer.Option(help="The decision it stands on.")],
    ) -> None:
        """Decide what late and corrected readings lead to.

        Example: aimak late-readings set --method rebill --from 2026-12-01 --ground "Order 7"
        """
        with connected(ui) as api:
            rule = api.post("/billing/late-readings", {"valid_from": since, "method": method, "ground": ground})
        ui.result(rule, [f"{rule['valid_from']} {ui.named('method', rule['method'])}"])
