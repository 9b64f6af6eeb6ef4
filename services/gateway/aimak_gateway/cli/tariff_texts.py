"""tariff export, diff, sheet: a tariff as a file again, what changes between versions, what is published."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from aimak.problems import Problem, Refused

from aimak_gateway.cli.connect import connected
from aimak_gateway.cli.frame import Ui, command, table
from aimak_gateway.cli.tariff_simulate import percent

Out = Annotated[Path | None, typer.Option(help="Where to write it.")]


def add(group: typer.Typer) -> None:
    """Add the commands."""

    @command(group, "export")
    def export(
        ui: Ui,
        tariffs: Annotated[list[str] | None, typer.Argument(help="CODE or CODE@DATE; none for all.")] = None,
        out: Out = None,
    ) -> None:
        """Tariffs as the YAML that enters them.  Example: aimak tariff export water --out water.yaml"""
        with connected(ui) as api:
            text = api.raw("/billing/tariffs/export", tariff=tariffs or None).decode()
        if out:
            out.write_text(text, encoding="utf-8")
            ui.result({"file": str(out)}, [str(out)])
        else:
            ui.result({"yaml": text}, text.splitlines())

    @command(group, "diff")
    def diff(
        ui: Ui,
        tariffs: Annotated[list[str], typer.Argument(help="Two as CODE@DATE; one is held against that before it.")],
    ) -> None:
        """What changes, from what to what.  Example: aimak tariff diff water@2026-06-01 water@2027-01-01"""
        with connected(ui) as api:
            answer = api.get("/billing/tariffs/diff", tariff=tariffs, lang=ui.lang)
        ui.result(answer, lambda: _lines(ui, answer))

    @command(group, "sheet")
    def sheet(
        ui: Ui,
        tariff: Annotated[str, typer.Argument(help="CODE or CODE@DATE.")],
        form: Annotated[str, typer.Option("--format", help="pdf or html.")] = "pdf",
        out: Out = None,
    ) -> None:
        """The sheet that is published: prices, norms, grounds.  Example: aimak tariff sheet water --format html"""
        if form not in ("pdf", "html"):
            raise Refused(Problem("AIM-G061", {"format": form}))
        file = out or Path(f"{tariff}-{ui.lang}.{form}")
        with connected(ui) as api:
            file.write_bytes(api.raw(f"/billing/tariffs/{tariff}/sheet.{form}", lang=ui.lang))
        ui.result({"file": str(file)}, [str(file)])


def _lines(ui: Ui, answer: dict[str, Any]) -> list[str]:
    rows = [
        [row["what"], row["old"] or "–", "→", row["new"] or "–", percent(row["permille"])]
        for row in answer["differences"]
    ]
    return table(rows, ["", answer["old"], "", answer["new"], ""], (1, 3, 4))
