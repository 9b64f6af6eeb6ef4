"""report turnover|ageing|postings, account statement, allocation list|set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from aimak_gateway.cli import listing
from aimak_gateway.cli.comparing import add_compare
from aimak_gateway.cli.connect import connected
from aimak_gateway.cli.frame import Ui, command
from aimak_gateway.cli.late_readings import add_late
from aimak_gateway.cli.nouns import noun
from aimak_gateway.cli.report_sheets import show_report
from aimak_gateway.cli.spans import Period, Since, Until

AsOf = Annotated[str | None, typer.Option(help="As the books stood at the end of that ledger day.")]
By = Annotated[str, typer.Option(help="provider, service, class, street, account: one or several, with commas.")]


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
        show_report(ui, "turnover", asked, check=check)

    @command(group, "ageing", lists=True)
    def ageing(
        ui: Ui,
        on: Annotated[str | None, typer.Option(help="The day (default: today).")] = None,
        by: By = "provider,class",
        as_of: AsOf = None,
    ) -> None:
        """Debt by age, the oldest paid first.  Example: aimak report ageing --on 2026-10-31 --by street"""
        show_report(ui, "ageing", {"on": on, "by": by, "as_of": as_of})

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
        show_report(ui, "postings", {"period": period, "from": since, "to": until, "as_of": as_of})

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
        show_report(ui, "debtors", {"period": period, "from": since, "to": until, "as_of": as_of})


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
        columns = ("date", "document", "provider", "raised:som", "lowered:som", "saldo:som")
        said, amount = listing.owed(ui, answer["closing_tyiyn"])
        heading = [f"{answer['account']} {answer['holder']}", ""]
        listing.show(ui, answer, columns, _entries(ui, answer), before=heading, after=[f"{said}: {amount}"])


_MOVED = ("raised", "lowered", "balance")


def _entries(ui: Ui, answer: dict[str, Any]) -> list[list[Any]]:
    rows: list[list[Any]] = [["", ui.word("ui.opening"), "", None, None, answer["opening_tyiyn"]]]
    for entry in answer["entries"]:
        document = f"{ui.named('entry', entry['kind'])} {entry['document']}"
        rows.append([entry["day"], document, entry["provider"], *(entry[f"{key}_tyiyn"] for key in _MOVED)])
    totals = [answer[f"{key}_tyiyn"] for key in ("raised", "lowered", "closing")]
    return [*rows, ["", ui.word("ui.total"), "", *totals]]
