"""report turnover|ageing|postings, account statement, allocation list|set."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from aimak.money import format_som

from aimak_gateway.cli import listing
from aimak_gateway.cli.comparing import add_compare
from aimak_gateway.cli.connect import connected
from aimak_gateway.cli.frame import VALIDATION, Failed, Ui, command, error_lines, table
from aimak_gateway.cli.late_readings import add_late
from aimak_gateway.cli.nouns import noun
from aimak_gateway.cli.spans import Period, Since, Until

AsOf = Annotated[str | None, typer.Option(help="As the books stood at the end of that ledger day.")]
By = Annotated[str, typer.Option(help="provider, service, class, street, account: one or several, with commas.")]
_RED, _PLAIN = "\x1b[31m", "\x1b[0m"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = noun(app, "report", "Turnover, ageing of debt, postings for 1C, debts of the budget.")
    _reports(group)
    _debtors(group)
    add_late(noun(app, "late-readings", "What late and corrected readings lead to."))
    _allocation(noun(app, "allocation", "Which debt a payment meets first."))


def _reports(group: typer.Typer) -> None:
    @command(group, "turnover", lists=True)
    def turnover(
        ui: Ui,
        period: Period = None,
        since: Since = None,
        until: Until = None,
        by: By = "provider,class",
        as_of: AsOf = None,
        check: Annotated[bool, typer.Option("--check", help="Only say whether it equals the ledger.")] = False,
    ) -> None:
        """Opening, charged, recalculated, paid, written off, closing.  Example: aimak report turnover --period 2026-10
        --by service,provider,class"""
        asked = {"period": period, "from": since, "to": until, "by": by, "as_of": as_of}
        _sheet(ui, "turnover", asked, check=check)

    @command(group, "ageing", lists=True)
    def ageing(
        ui: Ui,
        on: Annotated[str | None, typer.Option(help="The day (default: today).")] = None,
        by: By = "provider,class",
        as_of: AsOf = None,
    ) -> None:
        """Debt by age, the oldest paid first.  Example: aimak report ageing --on 2026-10-31 --by street"""
        _sheet(ui, "ageing", {"on": on, "by": by, "as_of": as_of})

    @command(group, "postings", lists=True)
    def postings(
        ui: Ui,
        period: Period = None,
        since: Since = None,
        until: Until = None,
        as_of: AsOf = None,
    ) -> None:
        """Postings by day for the accountants' books (1C).  Example: aimak report postings --period 2026-10
        --xlsx postings.xlsx"""
        _sheet(ui, "postings", {"period": period, "from": since, "to": until, "as_of": as_of})

    add_compare(group)


def _debtors(group: typer.Typer) -> None:
    @command(group, "debtors", lists=True)
    def debtors(
        ui: Ui,
        period: Period = None,
        since: Since = None,
        until: Until = None,
        as_of: AsOf = None,
    ) -> None:
        """Budget lines that owe benefits and subsidies: opening, charged, paid, closing.
        Example: aimak report debtors --period 2026-10 --xlsx debtors.xlsx"""
        _sheet(ui, "debtors", {"period": period, "from": since, "to": until, "as_of": as_of})


def _sheet(ui: Ui, name: str, asked: Mapping[str, Any], *, check: bool = False) -> None:
    path = f"/billing/reports/{name}"
    with connected(ui) as api:
        answer = api.get(path, **asked)
        for file, kind in ((ui.csv, "csv"), (ui.xlsx, "xlsx")):
            if file:
                file.write_bytes(api.raw(path, **asked, format=kind, lang=ui.lang))
    if check:
        _checked(ui, answer)
        return
    ui.result(answer, lambda: _sheet_lines(ui, answer))
    _say_problems(ui, answer)


def _checked(ui: Ui, answer: dict[str, Any]) -> None:
    """Whether the sheet equals the ledger; a sheet that does not ends the command with 5."""
    if answer["problems"]:
        raise Failed(VALIDATION, answer["problems"])
    ui.result(answer, lambda: [*_sheet_lines(ui, answer), ui.word("ui.equals_the_ledger")])


def _say_problems(ui: Ui, answer: dict[str, Any]) -> None:
    """A report that does not equal the ledger says so in red, below its figures, and fails."""
    if not answer["problems"]:
        return
    red = sys.stderr.isatty()
    for problem in answer["problems"]:
        for line in error_lines(ui, problem):
            print(f"{_RED}{line}{_PLAIN}" if red else line, file=sys.stderr)
    raise typer.Exit(VALIDATION)


def _sheet_lines(ui: Ui, answer: dict[str, Any]) -> list[str]:
    columns: Sequence[str] = answer["columns"]
    money = {name for name in columns if f"{name}_tyiyn" in answer["totals"]}
    rows = [
        [format_som(row[f"{name}_tyiyn"]) if name in money else ui.named(name, row[name]) for name in columns]
        for row in answer["rows"]
    ]
    totals = [format_som(answer["totals"][f"{name}_tyiyn"]) if name in money else "" for name in columns]
    totals[0] = totals[0] or ui.word("ui.total")
    heads = [_head(ui, name) for name in columns]
    lines = table([*rows, totals], heads, [place for place, name in enumerate(columns) if name in money])
    return lines + ([ui.word("ui.rows_left_out", count=answer["left_out"])] if answer["left_out"] else [])


def _head(ui: Ui, name: str) -> str:
    from aimak.texts import translate

    return translate("aimak_billing", f"report.{name}", ui.lang) or name


def _allocation(group: typer.Typer) -> None:
    @command(group, "list", lists=True)
    def listed(ui: Ui) -> None:
        """The rules, the oldest first.  Example: aimak allocation list"""
        with connected(ui) as api:
            rules = api.get("/billing/allocation")["rules"]
        keys = ("valid_from", "method", "priority", "ground")
        listing.show(ui, rules, keys, [_rule(ui, rule) for rule in rules])

    @command(group, "set", changes=True)
    def decide(
        ui: Ui,
        method: Annotated[str, typer.Option(help="oldest_first, service_priority, pro_rata or current_first.")],
        since: Annotated[str, typer.Option("--from", help="From which day: 2026-11-01.")],
        ground: Annotated[str, typer.Option(help="The decision it stands on.")],
        priority: Annotated[str, typer.Option(help="Services, the first paid first: water,sewerage")] = "",
    ) -> None:
        """Decide which debt a payment meets first.  Example: aimak allocation set --method service_priority
        --priority water,waste --from 2026-11-01 --ground 'Decision 14 of 28.10.2026'"""
        services = [service.strip() for service in priority.split(",") if service.strip()]
        body = {"valid_from": since, "method": method, "priority": services, "ground": ground}
        with connected(ui) as api:
            rule = api.post("/billing/allocation", body)
        ui.result(rule, ["  ".join(part for part in _rule(ui, rule)[:3] if part)])


def _rule(ui: Ui, rule: dict[str, Any]) -> list[str]:
    method = ui.named("method", rule["method"])
    return [rule["valid_from"], method, ", ".join(rule["priority"]), rule["ground"]]


def add_statement(group: typer.Typer) -> None:
    """Add `account statement`."""

    @command(group, "statement", lists=True)
    def statement(
        ui: Ui,
        account: Annotated[str, typer.Argument(help="Number, old or new.")],
        period: Period = None,
        since: Since = None,
        until: Until = None,
        provider: Annotated[
            str | None, typer.Option(help="With this creditor alone: the act of reconciliation.")
        ] = None,
        as_of: AsOf = None,
        pdf: Annotated[Path | None, typer.Option(help="Write it as PDF to this file.")] = None,
    ) -> None:
        """Every document of an account and what it moved.  Example: aimak account statement 0100042 --from 2026-01-01
        --to 2026-10-31 --provider vodokanal --pdf act.pdf"""
        asked = {"period": period, "from": since, "to": until, "provider": provider, "as_of": as_of}
        path = f"/billing/accounts/{account}/statement"
        with connected(ui) as api:
            answer = api.get(path, **asked)
            if pdf:
                pdf.write_bytes(api.raw(path, **asked, format="pdf", lang=ui.lang))
        columns = ("date", "document", "provider", *(f"{key}:som" for key in _MOVED))
        listing.show(ui, answer, columns, _entries(ui, answer), before=[f"{answer['account']} {answer['holder']}", ""])


_MOVED = ("raised", "lowered", "balance")


def _entries(ui: Ui, answer: dict[str, Any]) -> list[list[Any]]:
    rows: list[list[Any]] = [["", ui.word("ui.opening"), "", None, None, answer["opening_tyiyn"]]]
    for entry in answer["entries"]:
        document = f"{ui.named('entry', entry['kind'])} {entry['document']}"
        rows.append([entry["day"], document, entry["provider"], *(entry[f"{key}_tyiyn"] for key in _MOVED)])
    totals = [answer[f"{key}_tyiyn"] for key in ("raised", "lowered", "closing")]
    return [*rows, ["", ui.word("ui.total"), "", *totals]]
