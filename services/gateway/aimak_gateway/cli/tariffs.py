"""tariff show, tariff quote."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from aimak.money import format_som
from aimak.problems import Problem, Refused

from aimak_gateway.cli.connect import connected
from aimak_gateway.cli.frame import Ui, command, table
from aimak_gateway.cli.nouns import noun


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = noun(app, "tariff", "Tariffs: what they are, and what they would cost.")

    @command(group, "show")
    def show(ui: Ui, code: Annotated[str | None, typer.Argument(help="A tariff's code; none for all.")] = None) -> None:
        """A tariff with its versions, decisions and legal ground.  Example: aimak tariff show water"""
        with connected(ui) as api:
            answer = api.get(f"/billing/tariffs/{code}" if code else "/billing/tariffs")
        ui.result(answer, _versions(answer) if code else _list(ui, answer["tariffs"]))

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


def _list(ui: Ui, tariffs: list[dict[str, Any]]) -> list[str]:
    keys = ("code", "service", "provider", "valid_from", "valid_to")
    rows = [[tariff.get(key) for key in keys] + [_decision(tariff.get("decision"))] for tariff in tariffs]
    return table(rows, [ui.word(f"ui.{key}") for key in (*keys, "decision")])


def _decision(decision: Any) -> str:
    if not isinstance(decision, dict):
        return str(decision or "")
    return " ".join(str(decision[key]) for key in ("body", "number", "date") if decision.get(key))


def _versions(answer: dict[str, Any]) -> list[str]:
    import yaml

    return list(yaml.safe_dump(answer, allow_unicode=True, sort_keys=False).splitlines())


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
