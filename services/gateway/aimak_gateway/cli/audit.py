"""audit list|bill-trail|changes|write-offs: an auditor's questions, one command each."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from aimak.money import format_som

from aimak_gateway.cli.connect import connected
from aimak_gateway.cli.frame import Ui, command, table
from aimak_gateway.cli.installation import OWNERS
from aimak_gateway.cli.nouns import noun
from aimak_gateway.cli.reports import Period, Since, Until


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = noun(app, "audit", "Who did what, on what ground; from a bill back to the council.")
    _who(group)
    _questions(group)


def _who(group: typer.Typer) -> None:
    @command(group, "list")
    def listed(
        ui: Ui,
        account: Annotated[str | None, typer.Option(help="An account's number.")] = None,
        actor: Annotated[str | None, typer.Option(help="A person.")] = None,
        since: Since = None,
        until: Until = None,
    ) -> None:
        """Who did what, before and after, with what ground; the newest first.  Example: aimak audit list --actor ayna
        --from 2026-10-01 --to 2026-10-31"""
        with connected(ui) as api:
            account_id = api.get(f"/billing/accounts/{account}")["account_id"] if account else None
            asked = {"account_id": account_id, "actor": actor, "from": since, "to": until}
            answers = [api.get(f"/{service}/audit", **asked) for service in OWNERS]
        rows = [{**row, "service": answer["service"]} for answer in answers for row in answer["audit"]]
        rows.sort(key=lambda row: row["at"], reverse=True)
        shown = [
            (row["at"][:19], row["actor"], row["action"], row["path"], _change(row), row["ground"]) for row in rows
        ]
        heads = [ui.word(f"ui.{key}") for key in ("date", "actor", "action", "subject", "change", "ground")]
        ui.result(rows, table(shown, heads))


def _change(row: dict[str, Any]) -> str:
    sides = [json.dumps(row[side], ensure_ascii=False) for side in ("before", "after") if row[side] is not None]
    return " → ".join(sides)


def _questions(group: typer.Typer) -> None:
    @command(group, "bill-trail")
    def bill_trail(
        ui: Ui,
        accounts: Annotated[int, typer.Option(help="How many bills to draw by lot.")] = 25,
        seed: Annotated[int, typer.Option(help="The same number draws the same bills.")] = 1,
        period: Period = None,
    ) -> None:
        """Bill → reading or residents → paper → tariff → decision → letter.  Example: aimak audit bill-trail
        --accounts 25 --seed 7 --period 2026-10"""
        with connected(ui) as api:
            asked = {"accounts": accounts, "seed": seed, "period": period, "lang": ui.lang}
            bills = api.get("/billing/audit/bill-trail", **asked)["bills"]
        ui.result(bills, lambda: [line for bill in bills for line in _trail(ui, bill)])

    @command(group, "changes")
    def changes(ui: Ui, period: Period = None, since: Since = None, until: Until = None) -> None:
        """Who changed what after the bill, with what paper, and the som that went away.  Example: aimak audit changes
        --period 2026-11"""
        with connected(ui) as api:
            answer = api.get("/billing/audit/changes", period=period, **{"from": since, "to": until})
        people = [(row["actor"], format_som(row["moved_tyiyn"])) for row in answer["employees"]]
        heads = [ui.word("ui.actor"), ui.word("ui.amount")]
        ui.result(answer, lambda: [*_changes(ui, answer["changes"]), "", *table(people, heads, (1,))])

    @command(group, "write-offs")
    def write_offs(ui: Ui, period: Period = None, since: Since = None, until: Until = None) -> None:
        """What left accounts without being paid: reason, act, approver.  Example: aimak audit write-offs
        --from 2026-01-01 --to 2026-12-31"""
        with connected(ui) as api:
            answer = api.get("/billing/audit/write-offs", period=period, **{"from": since, "to": until})
        ui.result(answer, lambda: _changes(ui, answer["changes"]))


def _changes(ui: Ui, changes: list[dict[str, Any]]) -> list[str]:
    keys = ("date", "actor", "approved_by", "account", "what", "period", "ground", "amount")
    rows = []
    for change in changes:
        texts = [change[key] or "" for key in ("actor", "approved_by", "account", "what", "period", "ground")]
        moved = change["moved_tyiyn"]
        rows.append([change["at"][:10], *texts, "" if moved is None else format_som(moved)])
    return table(rows, [ui.word(f"ui.{key}") for key in keys], (7,))


def _trail(ui: Ui, bill: dict[str, Any]) -> list[str]:
    said = f"{ui.word('ui.bill')} {bill['number']} ({bill['period']}), {bill['account']}: "
    lines = [said + format_som(bill["gross_tyiyn"])]
    for reading in bill["readings"]:
        seen = [str(reading[f"{key}_thousandths"] // 1000) for key in ("previous", "current")]
        dates = f"{reading['from_date']} – {reading['to_date']}"
        lines.append(f"  {ui.word('ui.meter')} {reading['serial']}: {seen[0]} → {seen[1]} ({dates})")
    for entry in bill["residents"]:
        lines.append(f"  {ui.word('ui.residents')} {entry['persons']}, {entry['from']}: {entry['ground']}")
    lines += [f"  {sentence}" for sentence in bill["explanations"]]
    for tariff in bill["tariffs"]:
        lines.append(f"  {tariff['code']} {tariff['valid_from']}: {tariff['decision']}")
        for step in tariff["steps"]:
            facts = [str(step[key]) for key in ("body", "number", "day", "ground") if key in step]
            lines.append(f"    {step['step']}: {', '.join(facts) or step['actor']}")
    return [*lines, ""]
