"""street list|rename: streets, and what they are called from a day on."""

from __future__ import annotations

from typing import Annotated

import typer

from aimak_gateway.cli import listing
from aimak_gateway.cli.connect import connected
from aimak_gateway.cli.corrections import Day, change, iso
from aimak_gateway.cli.frame import Ui, command
from aimak_gateway.cli.nouns import noun
from aimak_gateway.cli.street_names import street_id

# The day that billing takes for a name that was always there.
EARLIEST = "1900-01-01"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = noun(app, "street", "Streets and their names.")

    @command(group, "list", lists=True)
    def listed(ui: Ui) -> None:
        """Streets with every name they have had.  Example: aimak street list"""
        with connected(ui) as api:
            rows = api.get("/billing/streets")["streets"]
        keys = ("street", "name", "from")
        always = ui.word("ui.since_ever")
        shown = [[row["street"], row["name"], always if row["from"] == EARLIEST else row["from"]] for row in rows]
        listing.show(ui, rows, keys, shown)

    @command(group, "rename", changes=True)
    def rename(
        ui: Ui,
        street: Annotated[str, typer.Argument(help="A street's name, or its id as `aimak street list` shows it.")],
        name: Annotated[str, typer.Option(help="The new name.")],
        on: Day,
    ) -> None:
        """A street is called otherwise from a day on.

        Example: aimak street rename Ленина --name Манас --on 2026-11-20
        """
        change(ui, f"/billing/streets/{street_id(ui, street)}/name", name=name, day=iso(on))
