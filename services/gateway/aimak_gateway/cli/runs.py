"""run start|list|show|preview|approve|issue|pause|resume|retry|abandon: runs beside the month's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from aimak.period import Period as Month
from aimak.problems import NotFound, Problem

from aimak_gateway.cli import listing
from aimak_gateway.cli.brought import existing
from aimak_gateway.cli.connect import Api, connected
from aimak_gateway.cli.cycle import Yes, cycle_lines, follow, issued, pace_shown
from aimak_gateway.cli.frame import Ui, command
from aimak_gateway.cli.nouns import noun
from aimak_gateway.cli.progress import Progress
from aimak_gateway.cli.street_names import selection_named, street_id, street_names

Run = Annotated[str, typer.Argument(help="A run's id, as `aimak run list` shows it.")]
Reason = Annotated[str, typer.Option(help="Why; it stays on record.")]
SELECTIONS = "all, service:…, provider:…, street:…, account:…, bill:…, route:NAME, list:NAME, touched"
NAMED = "For route:NAME and list:NAME: account numbers, one a line (none: those of the last time)."
_VERBS = {
    "preview": ("Rate it anew.", "previewing"),
    "approve": ("Approve a run that somebody else started.", ""),
    "pause": ("Leave the chunks that are not begun.", ""),
    "resume": ("Go on with a run that was paused.", "going on"),
    "retry": ("Give the chunks that failed to the workers again.", "going on"),
    "abandon": ("Give up a run that was not issued.", ""),
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = noun(app, "run", "Runs over a part of the town, once more, or anew.")

    @command(group, "start", changes=True)
    def start(
        ui: Ui,
        period: Annotated[str, typer.Option(help="The month: 2026-10")],
        reason: Reason,
        selection: Annotated[
            str,
            typer.Option(
                help="all, service:…, provider:…, street:…, account:…, bill:…, route:NAME, list:NAME, touched"
            ),
        ] = "all",
        replaces: Annotated[bool, typer.Option("--replaces", help="Bill anew and cancel what is replaced.")] = False,
        accounts: Annotated[
            Path | None,
            typer.Option(help="For route:NAME and list:NAME: account numbers, one a line (none: as last time)."),
        ] = None,
    ) -> None:
        """Rate a part of the town.  Example: aimak run start --period 2026-10 --selection service:waste --reason new"""
        selection = _by_id(ui, period, selection)
        numbers = existing(accounts).read_text(encoding="utf-8").split() if accounts else []
        asked = {"period": period, "selection": selection, "replaces": replaces, "reason": reason, "accounts": numbers}
        begin(ui, asked)

    @command(group, "list", lists=True)
    def listed(ui: Ui, period: Annotated[str | None, typer.Option(help="The month: 2026-10")] = None) -> None:
        """All runs, with what they cover and how far they are.  Example: aimak run list --period 2026-10"""
        with connected(ui) as api:
            runs = api.get("/billing/runs", period=period)["runs"]
            streets = street_names(api, runs)
        columns = ("run_id", "period", "selection", "generation:count", "state", "bills:count", "held:count", "reason")
        listing.show(ui, runs, columns, [_row(ui, run, streets) for run in runs])

    @command(group, "show")
    def show(ui: Ui, run: Run) -> None:
        """How far a run is and what it comes to.  Example: aimak run show 5432109876543210987"""
        with connected(ui) as api:
            _told(ui, api, api.get(f"/billing/runs/{run}"))

    _issue(group)
    for verb in _VERBS:
        _verb(group, verb)


def _by_id(ui: Ui, period: str, selection: str) -> str:
    """The selection, a street by its id. Raises NotFound for a street that there is not."""
    kind, _, value = selection.partition(":")
    if kind != "street":
        return selection
    try:
        return f"street:{street_id(ui, value)}"
    except NotFound as unknown:
        # Nothing more is asked of the installation then, which would say what is wrong with the month.
        raise NotFound(*_wrong_month(period), *unknown.problems) from None


def _wrong_month(period: str) -> list[Problem]:
    try:
        Month.month(period)
    except ValueError:
        return [Problem("AIM-B030", {"period": period})]
    return []


def _issue(group: typer.Typer) -> None:
    @command(group, "issue", changes=True)
    def issue(ui: Ui, run: Run, yes: Yes = False) -> None:
        """Issue its bills; what it replaces is cancelled with them.

        Example: aimak run issue 5432109876543210987 --yes
        """
        with connected(ui) as api:
            _told(ui, api, issued(ui, api, f"/billing/runs/{run}", ask=not yes))


def _verb(group: typer.Typer, verb: str) -> None:
    about, running = _VERBS[verb]

    def act(ui: Ui, run: Run) -> None:
        with connected(ui) as api:
            _told(ui, api, passed(ui, api, run, verb, running))

    act.__doc__ = f"{about}  Example: aimak run {verb} 5432109876543210987"
    command(group, verb, changes=True)(act)


def _row(ui: Ui, run: dict[str, Any], streets: Mapping[str, str]) -> list[Any]:
    state = ui.word(f"ui.state_{run['state']}")
    before = [run["run_id"], run["period"], selection_named(ui, run["selection"], streets), run["generation"]]
    return [*before, state, *(run[key] for key in ("bills", "held", "reason"))]


def passed(ui: Ui, api: Api, run: str, verb: str, running: str) -> dict[str, Any]:
    """One step of a run, followed to its end where it takes time."""
    path = f"/billing/runs/{run}"
    if running == "going on":
        running = api.get(path)["state"]
    return follow(ui, api, path, verb, running)


def begin(ui: Ui, asked: dict[str, Any]) -> None:
    """Start a run, follow its preview and show it; one that is only tried is shown as it would begin."""
    with connected(ui) as api:
        run = api.post("/billing/runs", asked)
        if not ui.dry_run:
            path = f"/billing/runs/{run['run_id']}"
            with Progress(ui, f"{asked['period']} {asked['selection']}") as progress:
                seen = api.wait(lambda: api.get(path), _previewing, lambda seen: pace_shown(ui, progress, seen))
            run = dict(seen)
        _told(ui, api, run)


def _previewing(seen: dict[str, Any]) -> bool:
    return bool(seen["state"] == "previewing")


def _told(ui: Ui, api: Api, run: dict[str, Any]) -> None:
    steps = {"previewed": "approve", "approved": "issue"}
    step = steps.get(run["state"])
    following = f"aimak run {step} {run['run_id']}" if step else None
    turn = f"{ui.word('ui.generation')} {run['generation']}"
    facts = [selection_named(ui, run["selection"], street_names(api, [run])), turn, run["reason"]]
    head = f"{run['run_id']}: {', '.join(filter(None, facts))}"
    ui.result(run, [head, *cycle_lines(ui, run)], following)
