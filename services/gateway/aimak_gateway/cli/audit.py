"""audit list|bill-trail|changes|write-offs: an auditor's questions, one command each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from aimak.batches import in_batches
from aimak.money import format_som
from aimak.problems import Problem, Refused

from aimak_gateway.cli import deeds, listing
from aimak_gateway.cli.connect import Api, connected
from aimak_gateway.cli.frame import Ui, command, table
from aimak_gateway.cli.installation import OWNERS
from aimak_gateway.cli.metered import add_of_meters
from aimak_gateway.cli.nouns import noun
from aimak_gateway.cli.spans import Period, Since, Until, first_and_last
from aimak_gateway.cli.street_names import street_names
from aimak_gateway.cli.write_offs import add_write_offs


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = noun(app, "audit", "Who did what, on what ground; from a bill back to the council.")
    _who(group)
    _questions(group)


def _who(group: typer.Typer) -> None:
    @command(group, "list", lists=True)
    def listed(
        ui: Ui,
        account: Annotated[str | None, typer.Option(help="An account's number.")] = None,
        actor: Annotated[str | None, typer.Option(help="A person.")] = None,
        period: Period = None,
        since: Since = None,
        until: Until = None,
    ) -> None:
        """Who did what, before and after, with what ground; the newest first.  Example: aimak audit list --actor ayna
        --from 2026-10-01 --to 2026-10-31"""
        with connected(ui) as api:
            asked_of = api.get(f"/billing/accounts/{account}") if account else {}
            asked = {"account_id": asked_of.get("account_id"), "actor": actor, **_days(period, since, until)}
            paths = {**{service: f"/{service}/audit" for service in OWNERS}, "gateway": "/gateway/people/audit"}
            zone = ZoneInfo(api.get("/billing/tenants/current")["tenant"]["zone"])
            rows = [
                {**row, "service": service}
                for service, path in paths.items()
                for row in api.pages(path, "audit", **asked)
            ]
            _name_accounts(api, rows, asked_of.get("number"))
            streets = street_names(api, [row["after"] for row in rows if "selection" in (row["after"] or {})])
        rows.sort(key=lambda row: row["at"], reverse=True)
        shown = [
            (
                _instant(row, zone),
                row["actor"],
                deeds.action(ui, row["action"]),
                deeds.subject(ui, row),
                deeds.change(ui, row, streets),
                row["ground"],
            )
            for row in rows
        ]
        listing.show(ui, rows, ("date", "actor", "action", "subject", "change", "ground"), shown)
        if not rows:
            # Of a name alone: within a month or of an account there may be nothing of somebody well known.
            alone = actor and not (account or period or since or until)
            ui.note(ui.word("ui.nothing_noted_of", actor=actor) if alone else ui.word("ui.nothing_noted"))


# So many ids as an address holds.
_AT_ONCE = 100


def _name_accounts(api: Api, rows: Sequence[dict[str, Any]], number: str | None) -> None:
    """Give each row the number of its account: its id is nothing that anybody knows. `number`: of all of them."""
    ids = sorted({row["account_id"] for row in rows if row["account_id"]} if number is None else ())
    known: dict[str, str] = {}
    for part in in_batches(ids, _AT_ONCE):
        known |= api.get("/billing/audit/accounts", accounts=",".join(map(str, part)))["numbers"]
    for row in rows:
        row["account"] = number if number and row["account_id"] else known.get(str(row["account_id"]))


def _days(period: str | None, since: str | None, until: str | None) -> dict[str, str | None]:
    try:
        return first_and_last(period, since, until)
    except ValueError:
        raise Refused(Problem("AIM-K048", {"day": str(period)[:40]})) from None


def _instant(row: dict[str, Any], zone: ZoneInfo) -> str:
    """When it was by the town's clock."""
    return f"{datetime.fromisoformat(row['at']).astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _questions(group: typer.Typer) -> None:
    @command(group, "bill-trail", lists=True)
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
        rows = [(bill["number"], line) for bill in bills for line in _trail(ui, bill) if line]
        listing.show(ui, bills, ("bill", "trail"), rows, screen=[line for bill in bills for line in _trail(ui, bill)])

    @command(group, "changes", lists=True)
    def changes(ui: Ui, period: Period = None, since: Since = None, until: Until = None) -> None:
        """Who changed what after the bill, with what paper, and the som that went away.  Example: aimak audit changes
        --period 2026-11"""
        with connected(ui) as api:
            answer = api.get("/billing/audit/changes", period=period, **{"from": since, "to": until})
            add_of_meters(api, answer, _days(period, since, until))
        people = [(row["actor"], format_som(row["moved_tyiyn"])) for row in answer["employees"]]
        heads = [ui.word("ui.actor"), ui.word("ui.amount")]
        listing.show(ui, answer, COLUMNS, _changes(ui, answer["changes"]), after=["", *table(people, heads, (1,))])

    add_write_offs(group, COLUMNS, _changes)


COLUMNS = ("date", "actor", "approved_by", "account", "what", "period", "ground", "amount:som")


def _changes(ui: Ui, changes: list[dict[str, Any]]) -> list[list[Any]]:
    return [[change["at"][:10], *_told(ui, change), change["moved_tyiyn"]] for change in changes]


def _told(ui: Ui, change: dict[str, Any]) -> list[str]:
    names = (ui.named(kind, change["what"]) for kind in ("changed", "document", "action"))
    what = next((name for name in names if name != change["what"]), change["what"])
    texts = [change[key] or "" for key in ("actor", "approved_by", "account", "period", "ground")]
    return [*texts[:3], what, *texts[3:]]


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
            lines.append(f"    {ui.named('step', step['step'])}: {', '.join(facts) or step['actor']}")
    return [*lines, ""]
