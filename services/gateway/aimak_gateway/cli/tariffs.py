"""tariff quote; what else there is stands in the modules beside."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from aimak.money import format_som
from aimak.problems import Problem, Refused

from aimak_gateway.cli import tariff_life
from aimak_gateway.cli.connect import connected
from aimak_gateway.cli.frame import Ui, command
from aimak_gateway.cli.nouns import noun


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = noun(app, "tariff", "Tariffs: what they are, what they would cost, and their way from draft to sheet.")
    tariff_life.add(group)

    @command(group, "quote")
    def quote(
        ui: Ui,
        service: Annotated[str, typer.Option(help="water, sewerage, waste, street_lighting …")],
        provider: Annotated[str, typer.Option(help="The creditor's code.")],
        customer_class: Annotated[str, typer.Option("--class", help="household, budget or other.")],
        date: Annotated[str, typer.Option(help="On which day: 2026-10-31.")],
        usage: Annotated[str | None, typer.Option(help="In the service's unit: 12.3")] = None,
        persons: Annotated[int | None, typer.Option(help="How many live there.")] = None,
        attribute: Annotated[list[str] | None, typer.Option("--set", help="name=value, as often as needed.")] = None,
    ) -> None:
        """What a service would cost.  Example: aimak tariff quote --service water --provider vodokanal
        --class household --date 2026-10-31 --usage 12.3 --set metered=true"""
        body = {
            "service": service,
            "provider": provider,
            "customer_class": customer_class,
            "date": date,
            "persons": persons,
            "quantity_thousandths": thousandths(usage) if usage else None,
            "attributes": attributes(attribute or []),
        }
        with connected(ui) as api:
            answer = api.post("/billing/tariffs/quote", body)
        total = f"{ui.word('ui.total')}: {format_som(answer['gross_tyiyn'])} {ui.word('ui.som')}"
        ui.result(answer, [*answer["sentences"], total])


def thousandths(text: str) -> int:
    """A quantity as whole thousandths. Raises Refused for more than three decimals or no number."""
    whole, _, fraction = text.replace(",", ".").partition(".")
    if not whole.isdigit() or (fraction and not fraction.isdigit()) or len(fraction) > 3:
        raise Refused(Problem("AIM-G025", {"value": text}))
    return int(whole) * 1000 + int((fraction or "0").ljust(3, "0"))


def attributes(pairs: list[str]) -> dict[str, Any]:
    """name=value pairs; true, false and whole numbers are taken as such."""
    made: dict[str, Any] = {}
    for pair in pairs:
        name, mark, value = pair.partition("=")
        if not mark:
            raise Refused(Problem("AIM-G026", {"value": pair}))
        made[name] = {"true": True, "false": False}.get(value, int(value) if value.isdigit() else value)
    return made
