"""tariff simulate: a draft tried on the real accounts and usage."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from aimak.money import format_som

from aimak_gateway.cli.connect import Api, connected
from aimak_gateway.cli.frame import Ui, command, table
from aimak_gateway.cli.progress import Progress

PATH = "/billing/simulations"


def add(group: typer.Typer) -> None:
    """Add the command."""

    @command(group, "simulate", changes=True)
    def simulate(
        ui: Ui,
        tariff: Annotated[list[str], typer.Option("--tariff", help="A draft: CODE or CODE@DATE; as often as needed.")],
        periods: Annotated[str, typer.Option(help="Months: 2026-01..2026-10, or one.")],
        xlsx: Annotated[Path | None, typer.Option(help="Write the report as a workbook.")] = None,
        pdf: Annotated[Path | None, typer.Option(help="Write the report with pictures, in ky or ru.")] = None,
    ) -> None:
        """What a draft would change: revenue, who pays more and by how much, the subsidy needed. Ctrl-C stops it.
        Example: aimak tariff simulate --tariff water@2027-01-01 --periods 2026-01..2026-10 --pdf report.pdf"""
        with connected(ui) as api:
            told = _done(ui, api, {"tariffs": tariff, "periods": periods})
            for file, form in ((xlsx, "xlsx"), (pdf, "pdf")):
                if file and not ui.dry_run:
                    file.write_bytes(api.raw(f"{PATH}/{told['simulation']}/report.{form}", lang=ui.lang))
                    ui.note(str(file))
        ui.result(told, lambda: _lines(ui, told))


def _done(ui: Ui, api: Api, body: dict[str, Any]) -> dict[str, Any]:
    """Start it and wait; whoever stops the command stops the simulation."""
    started: dict[str, Any] = api.post(PATH, body)
    if ui.dry_run:
        return started
    path = f"{PATH}/{started['simulation']}"
    try:
        with Progress(ui, " ".join(body["tariffs"])) as progress:
            told: dict[str, Any] = api.wait(
                lambda: api.get(path),
                lambda answer: answer["state"] == "running",
                lambda answer: progress.show(answer["done"], answer["total"]),
            )
    except KeyboardInterrupt:
        api.post(f"{path}/stop")
        raise
    return told


def _lines(ui: Ui, told: dict[str, Any]) -> list[str]:
    report = told["report"]
    if report is None:
        return [ui.word(f"ui.simulation.{told['state']}")]
    lines = [f"{', '.join(told['tariffs'])}: {told['periods'][0]} – {told['periods'][-1]}"]
    for part in (_revenue, _payers, _histogram, _deciles, _hardest, _subsidy, _held):
        lines += ["", *part(ui, report)]
    return lines


def _who(ui: Ui, row: dict[str, Any]) -> tuple[str, str]:
    return ui.named("service", row["service"]), ui.named("class", row["customer_class"])


def _revenue(ui: Ui, report: dict[str, Any]) -> list[str]:
    rows = [[*_who(ui, row), row["connections"], *_change(row, "old_gross", "new_gross")] for row in report["revenue"]]
    rows.append([ui.word("ui.total"), "", "", *_change(report["total"], "old_gross", "new_gross")])
    return table(rows, _heads(ui, "service", "class", "simulation.bills", *_CHANGE), (2, 3, 4, 5, 6))


_CHANGE = ("simulation.old", "simulation.new", "simulation.difference", "simulation.percent")


def _change(row: dict[str, Any], old: str, new: str) -> list[str]:
    return [format_som(row[old]), format_som(row[new]), _signed(row["difference"]), percent(row["permille"])]


def _heads(ui: Ui, *names: str) -> list[str]:
    return [ui.word(f"ui.{name}") for name in names]


def _signed(amount: int) -> str:
    return ("+" if amount > 0 else "") + format_som(amount)


def percent(permille: int | None) -> str:
    """A change in thousandths as per cent with its sign: "+14.8 %"; nothing where there was no base."""
    if permille is None:
        return ""
    sign = "+" if permille > 0 else "-" if permille < 0 else ""
    return f"{sign}{abs(permille) // 10}.{abs(permille) % 10} %"


def _payers(ui: Ui, report: dict[str, Any]) -> list[str]:
    payers = report["payers"]
    said = {name: format_som(payers[name]) for name in ("more_by", "less_by", "median")}
    counts = {name: payers[name] for name in ("more", "less", "same")}
    return [ui.word("ui.simulation.payers", accounts=report["accounts"], **said, **counts)]


def _histogram(ui: Ui, report: dict[str, Any]) -> list[str]:
    most = max((bar["accounts"] for bar in report["histogram"]), default=0) or 1
    rows = [[bar_text(ui, bar), bar["accounts"], "█" * -(-40 * bar["accounts"] // most)] for bar in report["histogram"]]
    return table(rows, [*_heads(ui, "simulation.change", "simulation.accounts"), ""], (1,))


def bar_text(ui: Ui, bar: dict[str, Any]) -> str:
    """The bounds of a bar of the histogram in whole som."""
    ends = {name: bar[name] for name in ("from", "to")}
    low, high = (None if end is None else f"{end // 100:+d}" if end else "0" for end in ends.values())
    return ui.word(f"ui.simulation.{bar['kind']}", low=low, high=high)


def _deciles(ui: Ui, report: dict[str, Any]) -> list[str]:
    rows = [[row["decile"], row["accounts"], *_change(row, "old", "new")] for row in report["deciles"]]
    return table(rows, _heads(ui, "simulation.decile", "simulation.accounts", *_CHANGE), range(6))


def _hardest(ui: Ui, report: dict[str, Any]) -> list[str]:
    rows = [
        [row["account"], ui.named("class", row["customer_class"]), *_change(row, "old", "new")]
        for row in report["hardest"]
    ]
    return table(rows, _heads(ui, "simulation.hardest", "class", *_CHANGE), (2, 3, 4, 5))


def _subsidy(ui: Ui, report: dict[str, Any]) -> list[str]:
    subsidy = report["subsidy"]
    if subsidy["gap"] is None:
        return [ui.word("ui.simulation.no_cost")]
    said = {name: format_som(subsidy[name]) for name in ("gap", "surplus")}
    key = "ui.simulation.subsidy" if subsidy["known"] else "ui.simulation.subsidy_partly"
    return [ui.word(key, **said)]


def _held(ui: Ui, report: dict[str, Any]) -> list[str]:
    said = {"old": ui.word("ui.simulation.old"), "new": ui.word("ui.simulation.new")}
    rows = [
        [said[row["side"]], ui.named("service", row["service"]), row["code"], row["accounts"]] for row in report["held"]
    ]
    heads = _heads(ui, "simulation.side", "service", "simulation.held", "simulation.bills")
    return table(rows, heads, (3,)) if rows else []
