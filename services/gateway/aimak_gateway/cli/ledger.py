"""ledger close-day|days|hash|export|verify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from aimak.problems import Problem, Refused

from aimak_gateway.cli import listing
from aimak_gateway.cli.connect import Api, connected
from aimak_gateway.cli.frame import VALIDATION, Failed, Ui, command, table
from aimak_gateway.cli.nouns import noun
from aimak_gateway.cli.progress import Progress

# The services that keep a ledger.
KEEPERS = ("billing", "payments")
Through = Annotated[str | None, typer.Option(help="The last day: 2026-10-31 (default: all that are over).")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = noun(app, "ledger", "Closed days, their hashes, a copy that proves itself.")
    _days(group)
    _copies(group)


def _days(group: typer.Typer) -> None:
    @command(group, "close-day", changes=True)
    def close_day(ui: Ui, through: Through = None) -> None:
        """Close the days that are over and hash them (done daily by itself).  Example: aimak ledger close-day"""
        with connected(ui) as api:
            answers = [api.post(f"/{service}/ledger/close-day", through=through) for service in KEEPERS]
        closed = [day for answer in answers for day in answer["closed"]]
        ui.result({"services": answers}, _hashes(ui, closed) if closed else [ui.word("ui.nothing_to_close")])

    @command(group, "days", lists=True)
    def days(ui: Ui, through: Through = None) -> None:
        """Every closed day with its rows and its hash.  Example: aimak ledger days"""
        with connected(ui) as api:
            records = _records(api, through)
        rows = [
            (record["service"], day["day"], sum(held["rows"] for held in day["tables"]), day["hash"])
            for record in records
            for day in record["days"]
        ]
        listing.show(ui, records, ("part", "date", "rows:count", "hash"), rows)

    @command(group, "hash", lists=True)
    def last_hash(
        ui: Ui, day: Annotated[str | None, typer.Option(help="A day (default: the last closed).")] = None
    ) -> None:
        """The hash to publish: it stands for that day and all before it.  Example: aimak ledger hash"""
        with connected(ui) as api:
            records = _records(api, day)
        found = [
            {"service": record["service"], "day": record["days"][-1]["day"], "hash": record["days"][-1]["hash"]}
            for record in records
            if record["days"] and day in (None, record["days"][-1]["day"])
        ]
        rows = [(row["service"], row["day"], row["hash"]) for row in found]
        # Lines as `verify --against FILE` reads them, without a head.
        listing.show(ui, found, ("service", "date", "hash"), rows, screen=[" ".join(row) for row in rows])


def _copies(group: typer.Typer) -> None:
    @command(group, "export")
    def export(
        ui: Ui, folder: Annotated[Path, typer.Argument(help="A new or empty folder.")], through: Through = None
    ) -> None:
        """A copy without personal data, with the tool that proves it.  Example: aimak ledger export copy"""
        from aimak.ledger.copy import write_copy

        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise Refused(Problem("AIM-G040", {"folder": str(folder)}))
        with connected(ui) as api, Progress(ui, "export") as progress:
            records = _records(api, through)
            write_copy(folder, records, api.download, progress.show)
        counts = [(record["service"], len(record["days"])) for record in records]
        heads = [ui.word("ui.part"), ui.word("ui.days")]
        ui.result(
            {"folder": str(folder), "days": dict(counts)},
            [*table(counts, heads, (1,)), str(folder)],
            f"aimak ledger verify {folder}",
        )

    @command(group, "verify", lists=True)
    def verify(
        ui: Ui,
        folder: Annotated[Path, typer.Argument(help="What `aimak ledger export` made.")],
        against: Annotated[
            list[str] | None, typer.Option(help="A published hash, or a file of lines SERVICE DAY HASH.")
        ] = None,
    ) -> None:
        """Prove a copy: no server, no database, no network.  Example: aimak ledger verify copy --against 1f3a…"""
        from aimak.ledger.copy import problem
        from aimak.ledger.verify import published
        from aimak.ledger.verify import verify as prove

        findings, proved = prove(folder, published(against or []))
        if findings:
            raise Failed(VALIDATION, [ui.problem(problem(finding)) for finding in findings])
        rows = [[row[key] for key in ("service", "days", "rows", "through", "hash")] for row in proved]
        columns = ("part", "days:count", "rows:count", "through", "hash")
        listing.show(ui, proved, columns, rows, after=[ui.word("ui.ledger_proved")])


def _records(api: Api, through: str | None) -> list[dict[str, Any]]:
    return [api.get(f"/{service}/ledger/days", through=through) for service in KEEPERS]


def _hashes(ui: Ui, days: list[dict[str, str]]) -> list[str]:
    heads = [ui.word(f"ui.{key}") for key in ("part", "date", "hash")]
    return table([(day["service"], day["day"], day["hash"]) for day in days], heads)
