"""tariff import|list|show and the steps of a tariff's life."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from aimak.problems import Problem, Refused

from aimak_gateway.cli import listing
from aimak_gateway.cli.connect import Api, connected
from aimak_gateway.cli.frame import PARTIAL, USAGE, Failed, Ui, command, error_lines, table
from aimak_gateway.cli.importing import File, finish, import_file
from aimak_gateway.cli.tariff_show import shown

Tariffs = Annotated[list[str], typer.Argument(help="Tariffs by code, or CODE@DATE where several are on their way.")]
Ground = Annotated[str | None, typer.Option(help="On what it stands: a document, a law, a reason.")]
Body = Annotated[str | None, typer.Option(help="Who agreed or decided.")]
Number = Annotated[str | None, typer.Option(help="The number of the letter, protocol or decision.")]
Date = Annotated[str | None, typer.Option(help="The day it happened: 2026-10-31.")]
Scan = Annotated[Path | None, typer.Option(help="The document (PDF, PNG, JPEG), kept with its hash.")]
NotRequired = Annotated[bool, typer.Option("--not-required", help="The law asks no such step here; --ground says why.")]


def add(group: typer.Typer) -> None:
    """Add the commands."""
    _views(group)
    _before_the_council(group)
    _decided(group)
    _aside(group)


def _views(group: typer.Typer) -> None:
    @command(group, "import", changes=True)
    def take(
        ui: Ui,
        file: File,
        form: Annotated[str, typer.Option("--format", help="aimak, or owrs: one tariff for each class.")] = "aimak",
        provider: Annotated[str | None, typer.Option(help="Whose tariffs those of an OWRS file are.")] = None,
    ) -> None:
        """Enter a file of tariffs as drafts, whole or not at all.  Example: aimak tariff import tariffs.yaml"""
        with _ours(ui, file, form, provider) as ours, connected(ui) as api:
            state = import_file(ui, api, "billing", "tariffs", ours)
        finish(ui, "tariffs", state)

    @command(group, "list", lists=True)
    def listed(ui: Ui) -> None:
        """All versions of all tariffs with the state of each.  Example: aimak tariff list"""
        with connected(ui) as api:
            answer = api.get("/billing/tariffs")
        listing.show(ui, answer, COLUMNS, _rows(ui, answer["tariffs"]))

    @command(group, "show")
    def show(ui: Ui, code: Annotated[str | None, typer.Argument(help="A tariff's code; none for all.")] = None) -> None:
        """A tariff with its versions: prices, norms, grounds, steps. As a file: tariff export.
        Example: aimak tariff show water-household"""
        with connected(ui) as api:
            answer = api.get(f"/billing/tariffs/{code}" if code else "/billing/tariffs", lang=ui.lang)
        ui.result(answer, lambda: shown(ui, answer) if code else _list(ui, answer["tariffs"]))


@contextmanager
def _ours(ui: Ui, file: Path, form: str, provider: str | None) -> Iterator[Path]:
    """The file in our own form: as it is, or translated beside."""
    if form == "aimak":
        yield file
        return
    if provider is None:
        raise Failed(USAGE, [ui.problem(Problem("AIM-G031", {"missing": "--provider"}))])
    from aimak_gateway.offline import translated

    text = translated(file, form, provider)
    with TemporaryDirectory() as folder:
        ours = Path(folder) / f"{file.stem}.yaml"
        ours.write_text(text, encoding="utf-8")
        yield ours


def _before_the_council(group: typer.Typer) -> None:
    @command(group, "submit", changes=True)
    def submit(ui: Ui, tariffs: Tariffs, ground: Ground = None, scan: Scan = None) -> None:
        """The draft is ready and justified.  Example: aimak tariff submit water --ground "calculation of 3 October\""""
        _take(ui, "submit", tariffs, scan, ground=ground)

    @command(group, "hear", changes=True)
    def hear(
        ui: Ui,
        tariffs: Tariffs,
        ground: Ground = None,
        date: Date = None,
        scan: Scan = None,
        not_required: NotRequired = False,
    ) -> None:
        """The public hearing was held.  Example: aimak tariff hear water --date 2026-10-10 --ground "protocol 3\""""
        _take(ui, "hear", tariffs, scan, ground=ground, date=date, not_required=not_required)

    @command(group, "agree", changes=True)
    def agree(
        ui: Ui,
        tariffs: Tariffs,
        body: Body = None,
        number: Number = None,
        date: Date = None,
        ground: Ground = None,
        scan: Scan = None,
        not_required: NotRequired = False,
    ) -> None:
        """The antimonopoly body agreed.  Example: aimak tariff agree water --body "Antimonopoly body"
        --number 02-17/88 --date 2026-10-20"""
        said = {"body": body, "number": number, "date": date, "ground": ground, "not_required": not_required}
        _take(ui, "agree", tariffs, scan, **said)


def _decided(group: typer.Typer) -> None:
    @command(group, "approve", changes=True)
    def approve(
        ui: Ui, tariffs: Tariffs, body: Body = None, number: Number = None, date: Date = None, scan: Scan = None
    ) -> None:
        """The council decided; not by whoever entered it.  Example: aimak tariff approve water --body "City council"
        --number 21 --date 2026-10-28 --scan decision-21.pdf"""
        _take(ui, "approve", tariffs, scan, body=body, number=number, date=date)

    @command(group, "publish", changes=True)
    def publish(ui: Ui, tariffs: Tariffs, ground: Ground = None, date: Date = None, scan: Scan = None) -> None:
        """It is made public, and its notice runs.  Example: aimak tariff publish water --ground "newspaper, 44\""""
        _take(ui, "publish", tariffs, scan, ground=ground, date=date)


def _aside(group: typer.Typer) -> None:
    @command(group, "withdraw", changes=True)
    def withdraw(ui: Ui, tariffs: Tariffs, ground: Ground = None) -> None:
        """Take back what is not published yet.  Example: aimak tariff withdraw water --ground "wrong price\""""
        _take(ui, "withdraw", tariffs, None, ground=ground)

    @command(group, "adopt", changes=True)
    def adopt(
        ui: Ui,
        tariffs: Annotated[list[str] | None, typer.Argument(help="Tariffs by code or CODE@DATE.")] = None,
        every: Annotated[bool, typer.Option("--all", help="Every draft that may be adopted.")] = False,
        ground: Ground = None,
    ) -> None:
        """Take over tariffs decided before this program was there, by their files' decisions.
        Example: aimak tariff adopt --all --ground "in force since 2025\""""
        with connected(ui) as api:
            refs = list(tariffs or []) or (_drafts(api) if every else [])
            if not refs:
                if every:
                    # Where the municipality is not defined that is what is wrong, and it is refused with that.
                    api.get("/billing/tenants/current")
                raise Refused(Problem("AIM-G065" if every else "AIM-G060"))
            answer = api.post("/billing/tariffs/adopt", {"tariffs": refs, "ground": ground, "fitting": not tariffs})
        ui.result(answer, _list(ui, answer["tariffs"]))
        if answer["left_out"]:
            for line in (line for problem in answer["left_out"] for line in error_lines(ui, problem)):
                ui.note(line)
            raise typer.Exit(PARTIAL)


def _drafts(api: Api) -> list[str]:
    rows = api.get("/billing/tariffs")["tariffs"]
    return [f"{row['code']}@{row['valid_from']}" for row in rows if row["state"] == "draft" and row["decision"]]


def _take(ui: Ui, step: str, tariffs: list[str], scan: Path | None, **said: Any) -> None:
    with connected(ui) as api:
        kept = api.upload("/billing/tariffs/scans", scan)["scan"] if scan else None
        answer = api.post(f"/billing/tariffs/{step}", {"tariffs": tariffs, "scan": kept, **said})
    following = [name for row in answer["tariffs"] for name in row["following"] if name != "withdraw"]
    hint = f"aimak tariff {following[0]} {' '.join(tariffs)}" if following else None
    ui.result(answer, _list(ui, answer["tariffs"]), hint)


COLUMNS = ("code", "service", "provider", "valid_from", "begins", "valid_to", "state", "decision")


def _rows(ui: Ui, tariffs: Iterable[dict[str, Any]]) -> list[list[Any]]:
    facts = COLUMNS[:-2]
    return [
        [
            tariff["code"],
            ui.named("service", tariff["service"]),
            *(tariff.get(key) for key in facts[2:]),
            ui.word(f"ui.tariff.{tariff['state']}"),
            tariff["decision"],
        ]
        for tariff in tariffs
    ]


def _list(ui: Ui, tariffs: Iterable[dict[str, Any]]) -> list[str]:
    return table(_rows(ui, tariffs), [ui.word(f"ui.{key}") for key in COLUMNS])
