"""cycle outsort|release|correct|exclude|complete|rules: what a person looks at before a month is approved."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from aimak.problems import NotFound, Problem, Refused

from aimak_gateway.cli import listing
from aimak_gateway.cli.connect import Api, connected
from aimak_gateway.cli.frame import Ui, command

Period = Annotated[str, typer.Option(help="The month: 2026-10")]
Run = Annotated[str | None, typer.Option(help="A run's id (default: the month's own).")]
Reason = Annotated[str, typer.Option(help="Why; it stays on record.")]
Account = Annotated[str, typer.Argument(help="An account's number.")]


def add(group: typer.Typer) -> None:
    """Add the verbs to the noun `cycle`."""
    _shown(group)
    _decided(group)


def begun(api: Api, period: str) -> dict[str, Any]:
    """A month as it stands. Raises NotFound for one of which nothing has begun: it has no run to ask for."""
    seen: dict[str, Any] = api.get(f"/billing/cycles/{period}")
    if seen["run_id"] is None:
        raise NotFound(Problem("AIM-B034", {"period": period}))
    return seen


def _run(api: Api, period: str, run: str | None) -> str:
    return run or str(begun(api, period)["run_id"])


def _shown(group: typer.Typer) -> None:
    @command(group, "outsort", lists=True)
    def outsort(ui: Ui, period: Period, run: Run = None) -> None:
        """Bills that rules sorted out, and what was decided.  Example: aimak cycle outsort --period 2026-10"""
        with connected(ui) as api:
            _told(ui, api, _run(api, period, run))

    @command(group, "complete", lists=True)
    def complete(ui: Ui, period: Period, run: Run = None) -> None:
        """Connections active, billed, in preview, held, exempt.  Example: aimak cycle complete --period 2026-10"""
        with connected(ui) as api:
            rows = api.get(f"/billing/runs/{_run(api, period, run)}/completeness")["completeness"]
        keys = ("service", "provider", "active", "billed", "previewed", "held", "exempt")
        columns = (*keys[:2], *(f"{key}:count" for key in keys[2:]))
        shown = [[ui.named("service", row["service"]), *(row[key] for key in keys[1:])] for row in rows]
        listing.show(ui, rows, columns, shown)

    @command(group, "compare", lists=True)
    def compare(
        ui: Ui,
        period: Period,
        by: Annotated[str, typer.Option(help="service, provider, customer_class or street")] = "service",
        run: Run = None,
    ) -> None:
        """A run beside the last three months.  Example: aimak cycle compare --period 2026-10 --by street"""
        with connected(ui) as api:
            rows = api.get(f"/billing/runs/{_run(api, period, run)}/comparison", by=by)["comparison"]
        months = [name for name in rows[0] if name not in (by, "gross_tyiyn")] if rows else []
        kind = by.removeprefix("customer_")
        shown = [[ui.named(kind, row[by]), row["gross_tyiyn"], *(row[name] for name in months)] for row in rows]
        listing.show(ui, rows, (by, *(f"={month}:som" for month in (period, *months))), shown)

    @command(group, "rules", changes=True)
    def rules(
        ui: Ui,
        have: Annotated[
            list[str] | None, typer.Option("--have", help="A rule, with its times: median=3. May come again.")
        ] = None,
    ) -> None:
        """The rules that sort bills out, or others in their place.

        Example: aimak cycle rules --have median=3 --have negative
        """
        with connected(ui) as api:
            path = "/billing/outsort-rules"
            answer = api.post(path, {"rules": dict(map(_rule, have))}) if have else api.get(path)
        ui.result(answer, [_spoken(ui, rule, times) for rule, times in answer["rules"].items()])


def _spoken(ui: Ui, rule: str, times: int) -> str:
    return f"{rule}: {ui.named('rule', rule)}" + (f", × {times / 1000:g}" if times else "")


def _rule(text: str) -> tuple[str, int]:
    name, _, times = text.partition("=")
    whole, _, part = times.partition(".")
    if not (whole or "0").isdigit() or not (part or "0").isdigit() or len(part) > 3:
        raise Refused(Problem("AIM-G036", {"text": text[:40]}))
    return name, int(whole or 0) * 1000 + int((part or "0").ljust(3, "0"))


def _decided(group: typer.Typer) -> None:
    @command(group, "release", changes=True)
    def release(ui: Ui, account: Account, period: Period, reason: Reason, run: Run = None) -> None:
        """The bill is right as it is.

        Example: aimak cycle release 17 --period 2026-10 --reason "they fill a pool"
        """
        _decide(ui, account, period, run, "release", reason)

    @command(group, "correct", changes=True)
    def correct(ui: Ui, account: Account, period: Period, reason: Reason, run: Run = None) -> None:
        """It waits for a correction and the next preview.

        Example: aimak cycle correct 17 --period 2026-10 --reason misread
        """
        _decide(ui, account, period, run, "correct", reason)

    @command(group, "exclude", changes=True)
    def exclude(ui: Ui, account: Account, period: Period, reason: Reason, run: Run = None) -> None:
        """No bill from this run.  Example: aimak cycle exclude 17 --period 2026-10 --reason "at court" """
        _decide(ui, account, period, run, "exclude", reason)


def _decide(ui: Ui, account: str, period: str, run: str | None, decision: str, reason: str) -> None:
    with connected(ui) as api:
        number = _run(api, period, run)
        answer = api.post(f"/billing/runs/{number}/outsorts/{account}", {"decision": decision, "reason": reason})
        if ui.dry_run:
            ui.result(answer, [f"{account}: {ui.named('decided', decision)}"])
            return
        _told(ui, api, number)


def _told(ui: Ui, api: Api, run: str) -> None:
    rows: list[dict[str, Any]] = api.get(f"/billing/runs/{run}/outsorts")["outsorts"]
    sums = ("gross", "usual", "last")
    shown = [
        [
            row["account"],
            ", ".join(ui.named("rule", rule) for rule in row["rules"]),
            *(row[key] for key in sums),
            ui.named("decided", row["decision"]),
            row["reason"],
        ]
        for row in rows
    ]
    columns = ("account", "rule", "gross:som", "usual:som", "last_month:som", "verdict", "reason")
    listing.show(ui, rows, columns, shown)
