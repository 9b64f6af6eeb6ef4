"""bill print: the print house's files, in the order in which bills are carried out, with a list beside them."""

from __future__ import annotations

import csv
import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import typer
from aimak.batches import in_batches
from aimak.money import plain_som
from aimak.problems import Conflict, Problem

from aimak_gateway.cli.connect import Api, connected
from aimak_gateway.cli.frame import Ui, command
from aimak_gateway.cli.progress import Progress

# Laying out leaves Python's lock, so that two threads keep two cores busy; memory grows with the bills of a file.
PRESSES = max(2, os.cpu_count() or 2)
BILLS_A_FILE = 500


def add_printing(group: typer.Typer) -> None:
    """Add `bill print`."""

    @command(group, "print")
    def print_bills(
        ui: Ui,
        period: Annotated[str, typer.Option(help="The month: 2026-10")],
        out: Annotated[Path, typer.Option(help="A folder; what is there already is not made again.")],
        per_file: Annotated[int, typer.Option(help="Bills in one PDF, up to 1000.")] = BILLS_A_FILE,
    ) -> None:
        """All bills of a month sorted by route, as PDF with a CSV beside them.  Example: aimak bill print
        --period 2026-10 --out print --lang ky"""
        with connected(ui) as api:
            bills = api.get(f"/billing/print/{period}")["bills"]
            files = _files(bills, f"bills-{period}-{ui.lang}", per_file)
            out.mkdir(parents=True, exist_ok=True)
            listed = _write_list(out / f"bills-{period}-{ui.lang}.csv", files)
            with Progress(ui, f"print {period}") as progress:
                made = _press(api, ui.lang, out, files, progress)
        result = {"folder": str(out), "bills": len(bills), "files": len(files), "made": made, "list": str(listed)}
        ui.result(result, [ui.word("ui.printed", bills=len(bills), files=len(files), folder=str(out)), str(listed)])


def _files(bills: list[dict[str, Any]], stem: str, per_file: int) -> dict[str, list[dict[str, Any]]]:
    parts = list(in_batches(bills, per_file))
    return {f"{stem}-{place:04d}.pdf": part for place, part in enumerate(parts, 1)}


def _write_list(file: Path, files: dict[str, list[dict[str, Any]]]) -> Path:
    """What lies where. Raises Conflict where another list stands there: its files would be others."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(("file", "place", "number", "account", "holder", "address", "due"))
    for name, bills in files.items():
        for place, bill in enumerate(bills, 1):
            facts = (bill["number"], bill["account"], bill["holder"], bill["address"], plain_som(bill["due_tyiyn"]))
            writer.writerow((name, place, *facts))
    body = b"\xef\xbb\xbf" + text.getvalue().encode()
    if file.exists() and file.read_bytes() != body:
        raise Conflict(Problem("AIM-G041", {"file": str(file)}))
    file.write_bytes(body)
    return file


def _press(api: Api, lang: str, out: Path, files: dict[str, list[dict[str, Any]]], progress: Progress) -> int:
    """Make what is not there yet; a file appears under its name only when it is whole."""
    missing = {name: bills for name, bills in files.items() if not (out / name).exists()}
    done = sum(len(bills) for name, bills in files.items() if name not in missing)
    total = sum(len(bills) for bills in files.values())

    def make(name: str) -> int:
        body = {"numbers": [bill["number"] for bill in missing[name]]}
        part = out / f"{name}.part"
        part.write_bytes(api.made("/billing/print", body, lang=lang))
        part.replace(out / name)
        return len(missing[name])

    with ThreadPoolExecutor(PRESSES) as presses:
        for count in presses.map(make, missing):
            done += count
            progress.show(done, total)
    return len(missing)
