"""account benefit."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from aimak_gateway.cli.connect import connected
from aimak_gateway.cli.corrections import changed_lines
from aimak_gateway.cli.frame import Ui, command

_DAY = ["%Y-%m-%d"]


def add_benefit(group: typer.Typer) -> None:
    """Add the command."""

    @command(group, "benefit", changes=True)
    def benefit(
        ui: Ui,
        account: Annotated[str, typer.Argument(help="An account's number, old or new.")],
        on: Annotated[datetime, typer.Option("--on", formats=_DAY, help="The first day: 2026-09-01, also long past.")],
        ground: Annotated[str, typer.Option(help="The paper that it stands on.")],
        category: Annotated[str | None, typer.Option(help="As the tariff names it; none: it ends.")] = None,
        until: Annotated[
            datetime | None, typer.Option(formats=_DAY, help="The first day without it again: 2027-09-01")
        ] = None,
        service: Annotated[str | None, typer.Option(help="One service alone.")] = None,
    ) -> None:
        """Grant a family a benefit, or end it; bills of months that it touches are corrected.

        Example: aimak account benefit 17 --category veteran --on 2026-09-01 --ground "certificate 4471"
        """
        said: dict[str, Any] = {"day": on.date().isoformat(), "ground": ground, "category": category}
        said |= {"until": until.date().isoformat() if until else None, "service": service}
        with connected(ui) as api:
            path = f"/billing/accounts/{account}/benefit"
            answer = api.post(path, {name: value for name, value in said.items() if value is not None})
        ui.result(answer, changed_lines(ui, answer["changed"]))
