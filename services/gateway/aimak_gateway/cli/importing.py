"""import accounts|meters|residents|tariffs|balances|readings|facts FILE."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from aimak_gateway.cli.connect import Api, connected
from aimak_gateway.cli.frame import PARTIAL, VALIDATION, Failed, Ui, command, error_lines
from aimak_gateway.cli.nouns import noun
from aimak_gateway.cli.progress import Progress

OWNERS = {
    "accounts": "billing",
    "residents": "billing",
    "balances": "billing",
    "tariffs": "billing",
    "meters": "metering",
    "readings": "metering",
    "facts": "billing",
}
ABOUT = {
    "accounts": "Accounts with their connections (CSV, XLSX).",
    "residents": "Who lives where, with dates and ground (CSV, XLSX).",
    "balances": "Opening balances by month of origin (CSV, XLSX).",
    "tariffs": "Tariffs and taxes, whole or not at all (YAML).",
    "meters": "Meters with serial, seal and verification (CSV, XLSX).",
    "readings": "Readings; what is implausible is held (CSV, XLSX).",
    "facts": "What comes anew each period: days attended, containers, visits (CSV, XLSX).",
}
SHOWN = 20
TARIFFS = "tariffs"
ADOPT = 'aimak tariff adopt --all --ground "…"'

File = Annotated[Path, typer.Argument(help="The file.")]
RefusedTo = Annotated[Path | None, typer.Option("--refused", help="Write the refused rows, with reasons, to this CSV.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = noun(app, "import", "Take files in: good rows stand, faulty ones are listed and given back.")
    for kind in OWNERS:
        _add(group, kind)


def _add(group: typer.Typer, kind: str) -> None:
    @command(
        group,
        kind,
        changes=True,
        help=f"{ABOUT[kind]}  Example: aimak import {kind} {kind}.{'yaml' if kind == TARIFFS else 'csv'}",
    )
    def take(ui: Ui, file: File, refused: RefusedTo = None) -> None:
        with connected(ui) as api:
            state = import_file(ui, api, OWNERS[kind], kind, file, refused=refused)
        finish(ui, kind, state)


def import_file(
    ui: Ui,
    api: Api,
    service: str,
    kind: str,
    file: Path,
    *,
    refused: Path | None = None,
    **params: Any,
) -> dict[str, Any]:
    """Upload a file, wait until it has been taken, and write refused rows where asked. Gives the import's state."""
    started = send_file(api, service, kind, file, **params)
    state = follow_import(ui, api, service, file.name, started)
    if refused and state.get("refused"):
        refused.write_bytes(api.raw(f"/{service}/imports/{started['import']}/refused.csv"))
    return state


def send_file(api: Api, service: str, kind: str, file: Path, **params: Any) -> dict[str, Any]:
    """Upload a file; gives what follows it, or the whole answer where the service takes the file in at once."""
    return dict(api.upload(f"/{service}/imports/{kind}", file, **params))


def follow_import(ui: Ui, api: Api, service: str, name: str, started: dict[str, Any]) -> dict[str, Any]:
    """Wait until an upload has been taken; gives the import's state, whether it had been taken before, and how many of
    its rows were."""
    if "import" not in started:
        return started
    asked: list[dict[str, Any]] = []

    def ask() -> dict[str, Any]:
        asked.append(api.get(f"/{service}/imports/{started['import']}"))
        return asked[-1]

    with Progress(ui, name) as progress:
        state: dict[str, Any] = api.wait(
            ask,
            lambda answer: answer["state"] not in ("done", "refused"),
            lambda answer: progress.show(answer["done"], answer["total"]),
        )
    # One that was broken off by Ctrl+C is known, too, but goes on only now.
    replayed = bool(started.get("replayed")) and asked[0]["state"] == "done"
    return {**state, "replayed": replayed, "taken_before": started.get("taken_before", 0)}


def finish(ui: Ui, kind: str, state: dict[str, Any], more: Sequence[str] = ()) -> None:
    """Print what was taken, and `more` below it; exit 5 when the file was refused, 6 when some of its rows were."""
    problems = state.get("problems") or []
    if state["state"] == "refused":
        raise Failed(VALIDATION, problems)
    key = "ui.checked" if state.get("dry_run") else "ui.taken"
    drafts = kind == TARIFFS and state["taken"] and not state.get("dry_run")
    before = state.get("taken_before", 0)
    said = ui.word(key, kind=ui.named("import", kind), taken=state["taken"] - before, refused=state["refused"])
    ui.result(state, [said, *more], ADOPT if drafts else None)
    if drafts:
        ui.note(ui.word("ui.drafts"))
    if state.get("replayed"):
        ui.note(ui.word("ui.taken_before"))
    if before:
        ui.note(ui.word("ui.rows_before", count=before))
    if state["refused"]:
        for problem in problems[:SHOWN]:
            for line in error_lines(ui, problem):
                ui.note(line)
        raise typer.Exit(PARTIAL)
