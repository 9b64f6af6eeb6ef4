"""tariff quote; what else there is stands in the modules beside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from aimak.money import format_som
from aimak.problems import Problem, Refused

from aimak_gateway.cli import tariff_life, tariff_simulate, tariff_texts
from aimak_gateway.cli.connect import connected
from aimak_gateway.cli.frame import USAGE, Failed, Ui, command, table
from aimak_gateway.cli.nouns import noun
from aimak_gateway.cli.quantities import thousandths


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = noun(app, "tariff", "Tariffs: what they are, what they would cost, and their way from draft to sheet.")
    tariff_life.add(group)
    tariff_texts.add(group)
    tariff_simulate.add(group)

    @command(group, "quote")
    def quote(
        ui: Ui,
        customer_class: Annotated[str, typer.Option("--class", help="household, budget or other; one of FILE.")],
        file: Annotated[Path | None, typer.Argument(help="Price by this file; else by the tariffs kept.")] = None,
        form: Annotated[str, typer.Option("--format", help="aimak or owrs.")] = "aimak",
        service: Annotated[
            str | None, typer.Option(help="water, sewerage, waste, street_lighting …; without FILE it must be said.")
        ] = None,
        provider: Annotated[str | None, typer.Option(help="The creditor's code; without FILE it must be said.")] = None,
        date: Annotated[str | None, typer.Option(help="On which day: 2026-10-31 (default: today).")] = None,
        usage: Annotated[str | None, typer.Option(help="In --unit, else in the tariff's unit: 12.3")] = None,
        unit: Annotated[str | None, typer.Option(help="ccf, kgal, gal, cf, m3, af …; only with FILE.")] = None,
        persons: Annotated[int | None, typer.Option(help="How many live there.")] = None,
        given: Annotated[
            list[str] | None,
            typer.Option("--set", help="name=value, often: an attribute, a part of FILE."),
        ] = None,
    ) -> None:
        """What a service would cost. With FILE no database is asked; exit 5 where it cannot be rated.
        Example: aimak tariff quote --service water --provider vodokanal --class household --usage 12"""
        if file is not None:
            values = {**named(given or []), **({"residents": str(persons)} if persons is not None else {})}
            _by_file(ui, file, form, customer_class, usage, unit, service, provider, date, values)
            return
        wanted = {"--service": service, "--provider": provider}
        missing = [name for name, value in wanted.items() if value is None]
        if missing:
            raise Failed(USAGE, [ui.problem(Problem("AIM-G031", {"missing": ", ".join(missing)}))])
        body = {
            "service": service,
            "provider": provider,
            "customer_class": customer_class,
            "date": date,
            "persons": persons,
            "quantity_thousandths": thousandths(usage) if usage else None,
            "attributes": attributes(given or []),
        }
        with connected(ui) as api:
            answer = api.ask("/billing/tariffs/quote", body)
        total = f"{ui.word('ui.total')}: {format_som(answer['gross_tyiyn'])} {ui.word('ui.som')}"
        ui.result(answer, [*answer["sentences"], total])


def _by_file(
    ui: Ui,
    file: Path,
    form: str,
    customer_class: str,
    usage: str | None,
    unit: str | None,
    service: str | None,
    provider: str | None,
    day: str | None,
    values: dict[str, str],
) -> None:
    """The price by a file; with --json its parts stand beside `data` as well: a script need not unwrap them."""
    from aimak_gateway.offline import quoted

    answer = quoted(
        file, form, customer_class, usage=usage, unit=unit, service=service, provider=provider, day=day,
        values=values, lang=ui.lang,
    )  # fmt: skip
    if ui.as_json:
        print(json.dumps({"data": answer, "errors": [], "next": None, **answer}, ensure_ascii=False))
        return
    rows = [[line[key] for key in ("label", "quantity", "price", "amount")] for line in answer["lines"]]
    heads = [ui.word(f"ui.quote_{key}") for key in ("label", "quantity", "price", "amount")]
    currency = ui.word("ui.som") if answer["currency"] == "KGS" else answer["currency"]
    total = f"{ui.word('ui.total')}: {answer['total']} {currency}"
    ui.result(answer, [*table(rows, heads, right=(1, 2, 3)), *answer.get("sentences", []), total])
    if answer.get("unused"):
        ui.note(ui.word("ui.quote_unused", names=", ".join(answer["unused"])))


def named(pairs: list[str]) -> dict[str, str]:
    """name=value pairs as they are written."""
    made: dict[str, str] = {}
    for pair in pairs:
        name, mark, value = pair.partition("=")
        if not mark or not name.strip():
            raise Refused(Problem("AIM-G026", {"value": pair}))
        made[name.strip()] = value
    return made


def attributes(pairs: list[str]) -> dict[str, Any]:
    """name=value pairs; true, false and whole numbers are taken as such."""
    made: dict[str, Any] = {}
    for pair in pairs:
        name, mark, value = pair.partition("=")
        if not mark:
            raise Refused(Problem("AIM-G026", {"value": pair}))
        made[name] = {"true": True, "false": False}.get(value, int(value) if value.isdigit() else value)
    return made
