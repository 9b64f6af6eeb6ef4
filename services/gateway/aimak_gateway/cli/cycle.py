"""cycle preview|status|approve|issue|close|pause|resume|retry --period 2026-10."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from aimak.money import format_som
from aimak.problems import Problem

from aimak_gateway.cli import listing, outsorts
from aimak_gateway.cli.connect import Api, connected
from aimak_gateway.cli.frame import USAGE, VALIDATION, Failed, Ui, command, table
from aimak_gateway.cli.nouns import noun
from aimak_gateway.cli.progress import Progress

Period = Annotated[str, typer.Option(help="The month: 2026-10")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]
SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = noun(app, "cycle", "The month: preview, approve, issue, close.")

    @command(group, "status", lists=True)
    def status(
        ui: Ui, period: Period, holds: Annotated[bool, typer.Option("--holds", help="List what is held.")] = False
    ) -> None:
        """Totals beside last month's, warnings, holds.  Example: aimak cycle status --period 2026-10"""
        with connected(ui) as api:
            answer = api.get(f"/billing/cycles/{period}")
            held = api.pages(f"/billing/cycles/{period}/holds", "holds") if holds or ui.exports else []
        lines, keys = cycle_lines(ui, answer), ("account", "service", "code", "reason")
        if not holds:
            ui.result(answer, lines, _next(ui, answer))
            return
        rows = [(row["account"], ui.named("service", row["service"]), row["code"], _warned(ui, row)) for row in held]
        listing.show(ui, {**answer, "held_rows": held}, keys, rows, before=[*lines, ""], next_step=_next(ui, answer))

    _passes(group)
    _decisions(group)
    _stops(group)
    outsorts.add(group)


def _passes(group: typer.Typer) -> None:
    @command(group, "preview", changes=True)
    def preview(ui: Ui, period: Period) -> None:
        """Rate everything and show it before anything is issued.  Example: aimak cycle preview --period 2026-10"""
        _run(ui, period, "preview", "previewing")

    @command(group, "issue", changes=True)
    def issue(ui: Ui, period: Period, yes: Yes = False) -> None:
        """Issue the approved bills; they never change afterwards.  Example: aimak cycle issue --period 2026-10 --yes"""
        with connected(ui) as api:
            answer = issued(ui, api, f"/billing/cycles/{period}", ask=not yes)
        ui.result(answer, cycle_lines(ui, answer), _next(ui, answer))


def _decisions(group: typer.Typer) -> None:
    @command(group, "approve", changes=True)
    def approve(ui: Ui, period: Period) -> None:
        """Approve a preview that somebody else started.  Example: aimak cycle approve --period 2026-10"""
        _run(ui, period, "approve", "")

    @command(group, "close", changes=True)
    def close(ui: Ui, period: Period, yes: Yes = False) -> None:
        """Close the month; later changes go to the next.  Example: aimak cycle close --period 2026-10 --yes"""
        _run(ui, period, "close", "", ask=not yes)


def _stops(group: typer.Typer) -> None:
    @command(group, "pause", changes=True)
    def pause(ui: Ui, period: Period) -> None:
        """Leave the chunks that are not begun.  Example: aimak cycle pause --period 2026-10"""
        _of_run(ui, period, "pause")

    @command(group, "resume", changes=True)
    def resume(ui: Ui, period: Period) -> None:
        """Go on with a month that was paused.  Example: aimak cycle resume --period 2026-10"""
        _of_run(ui, period, "resume")

    @command(group, "retry", changes=True)
    def retry(ui: Ui, period: Period) -> None:
        """Give the chunks that failed to the workers again.  Example: aimak cycle retry --period 2026-10"""
        _of_run(ui, period, "retry")


def _of_run(ui: Ui, period: str, verb: str) -> None:
    with connected(ui) as api:
        seen = outsorts.begun(api, period)
        running = "" if verb == "pause" else seen["state"]
        answer = follow(ui, api, f"/billing/runs/{seen['run_id']}", verb, running)
    ui.result(answer, cycle_lines(ui, answer), _next(ui, answer))


def _run(ui: Ui, period: str, verb: str, running: str, *, ask: bool = False) -> None:
    with connected(ui) as api:
        path = f"/billing/cycles/{period}"
        if ask and not ui.dry_run:
            confirm(ui, api.get(path)["bills"])
        answer = follow(ui, api, path, verb, running)
        # Without a decision they count for nothing, and their accounts are billed as if nobody had read.
        waiting = api.get("/metering/held")["total"] if verb in ("preview", "approve") else 0
    ui.result(answer, cycle_lines(ui, answer), _next(ui, answer))
    if waiting:
        ui.note(ui.word("ui.readings_wait", count=waiting))


def follow(ui: Ui, api: Api, path: str, verb: str, running: str) -> dict[str, Any]:
    """Start a step of the month and follow it to its end; one that is only tried ends where it would begin."""
    answer: dict[str, Any] = api.post(f"{path}/{verb}")
    if answer["state"] != running or ui.dry_run:
        return answer
    with Progress(ui, f"{verb} {answer['period']}") as progress:
        return dict(
            api.wait(
                lambda: api.get(path),
                lambda seen: seen["state"] == running,
                lambda seen: pace_shown(ui, progress, seen),
            )
        )


def pace_shown(ui: Ui, progress: Progress, seen: dict[str, Any]) -> None:
    """Move the bar to where a run is, with its rate and the time left as the installation knows them."""
    if seen["pace"]:
        progress.show(seen["pace"]["done"], seen["pace"]["total"], _speed(ui, seen["pace"]))


def _speed(ui: Ui, pace: dict[str, Any]) -> str:
    if pace["a_second"] is None:
        return ""
    minutes, seconds = divmod(pace["left_s"], 60)
    return ui.word("ui.speed", rate=pace["a_second"], left=f"{minutes}:{seconds:02d}")


def _pace_lines(ui: Ui, answer: dict[str, Any]) -> list[str]:
    if not answer["pace"]:
        return []
    pace = answer["pace"]
    said = [ui.word("ui.pace", done=pace["done"], total=pace["total"]), _speed(ui, pace)]
    if answer["paused"]:
        said = [said[0], ui.word("ui.paused")]
    return [", ".join(filter(None, said))]


def confirm(ui: Ui, bills: int) -> None:
    """Have the number of bills typed before what cannot be undone. Raises Failed where another one was, or nobody sits
    at a terminal."""
    if not sys.stdin.isatty():
        raise Failed(USAGE, [ui.problem(Problem("AIM-G027"))])
    typed = typer.prompt(ui.word("ui.type_the_count", count=bills), err=True)
    if typed.strip() != str(bills):
        raise Failed(VALIDATION, [ui.problem(Problem("AIM-G028", {"typed": typed, "count": bills}))])


def issued(ui: Ui, api: Api, path: str, *, ask: bool) -> dict[str, Any]:
    """Have a month or a run issued and follow it to its end; of one that is issued already, that it was so is said."""
    seen = api.get(path)
    if seen["state"] in ("issued", "closed"):
        ui.note(ui.word("ui.done_already", state=ui.word(f"ui.state_{seen['state']}")))
    elif ask and not ui.dry_run:
        confirm(ui, seen["bills"])
    return follow(ui, api, path, "issue", "issuing")


def _next(ui: Ui, answer: dict[str, Any]) -> str | None:
    if answer.get("under_way") and answer["state"] in ("open", "issued"):
        # Neither a preview of the rest nor closing is what comes next: these runs wait for a word.
        return f"aimak run list --period {answer['period']}"
    steps = {"open": "preview", "previewed": "approve", "approved": "issue", "issued": "close"}
    step = steps.get(answer["state"])
    return f"aimak cycle {step} --period {answer['period']}" if step else None


def cycle_lines(ui: Ui, answer: dict[str, Any]) -> list[str]:
    """A cycle as people read it."""
    head = ui.word(
        "ui.cycle_line",
        period=answer["period"],
        state=ui.word(f"ui.state_{answer['state']}"),
        accounts=answer["accounts"],
        bills=answer["bills"],
        held=answer["held"],
    )
    lines = [head, *_pace_lines(ui, answer), *_beside(ui, answer)]
    if answer["totals"]:
        lines += ["", *_totals(ui, answer)]
    if answer["holds"]:
        rows = [(hold["count"], hold["code"], _warned(ui, hold)) for hold in answer["holds"]]
        lines += ["", *table(rows, [ui.word(f"ui.{key}") for key in ("held", "code", "reason")], (0,))]
    return lines + [f"! {_warned(ui, warning)}" for warning in answer["warnings"][:SHOWN]]


def _beside(ui: Ui, answer: dict[str, Any]) -> list[str]:
    """What the figures of a month do not hold; a run has none of that."""
    lines = []
    if others := answer.get("issued_by_others"):
        lines.append(ui.word("ui.issued_by_others", bills=others["bills"], gross=format_som(others["gross_tyiyn"])))
    if under_way := answer.get("under_way"):
        lines.append(ui.word("ui.runs_under_way", count=len(under_way), period=answer["period"]))
    return lines


def _warned(ui: Ui, warning: dict[str, Any]) -> str:
    """A warning or a reason for holding, with services and classes called as in the table above it."""
    fields = dict(warning["fields"])
    for name, kind in (("service", "service"), ("customer_class", "class")):
        if name in fields:
            fields[name] = ui.named(kind, fields[name])
    if fields == warning["fields"]:
        return str(warning["text"])
    return str(ui.problem(Problem(warning["code"], fields))["message"])


def _totals(ui: Ui, answer: dict[str, Any]) -> list[str]:
    rows: list[list[object]] = [
        [
            ui.named("service", total["service"]),
            ui.named("class", total["customer_class"]),
            total["connections"],
            _quantity(total["quantity_thousandths"]),
        ]
        + [_som(total[f"{key}_tyiyn"]) for key in ("net", "tax", "gross", "last_gross")]
        for total in answer["totals"]
    ]
    rows.append(
        [ui.word("ui.total"), "", "", "", *(_som(answer[f"{key}_tyiyn"]) for key in ("net", "tax", "gross")), ""]
    )
    keys = ("service", "class", "connections", "quantity", "net", "tax", "gross", "last_month")
    return table(rows, [ui.word(f"ui.{key}") for key in keys], range(2, 8))


def _som(tyiyn: int | None) -> str:
    return "" if tyiyn is None else format_som(tyiyn)


def _quantity(value: int | None) -> str:
    return "" if value is None else f"{value // 1000:,}".replace(",", "\u00a0") + f".{value % 1000:03d}"
