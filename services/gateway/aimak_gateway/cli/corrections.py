"""correction …, connection …, and verbs of `bill` and `account`: documents that another approves."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer
from aimak.money import parse_som
from aimak.problems import Problem, Refused

from aimak_gateway.cli import listing
from aimak_gateway.cli.connect import connected
from aimak_gateway.cli.frame import Ui, command
from aimak_gateway.cli.nouns import noun
from aimak_gateway.cli.quantities import comes_to
from aimak_gateway.cli.runs import begin

Account = Annotated[str, typer.Argument(help="An account's number, old or new.")]
Bill = Annotated[str, typer.Argument(help="A bill's number.")]
Provider = Annotated[str, typer.Option(help="The creditor.")]
Amount = Annotated[str, typer.Option(help="Som: 12.50")]
Reason = Annotated[str, typer.Option(help="Why; it stays on record.")]
Ground = Annotated[str, typer.Option(help="The act or paper that it stands on.")]
Day = Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="The first day: 2026-11-01")]
Number = Annotated[int, typer.Argument(help="A document's number.")]


def register(app: typer.Typer) -> None:
    """Add the nouns of this module."""
    group = noun(app, "correction", "Documents that correct: entered by one, approved by another.")
    _shown(group)
    _decided(group)
    connections = noun(app, "connection", "Services at accounts.")
    _connections(connections)
    _changed(connections)


def enter(ui: Ui, kind: str, **asked: Any) -> None:
    """Enter a document and show it, with what it comes to where it bills something."""
    said = {"kind": kind, **{name: value for name, value in asked.items() if value not in (None, "")}}
    with connected(ui) as api:
        answer = api.post("/billing/corrections", said)
    document = answer["correction"]
    lines = [*_lines(ui, document), *comes_to(ui, document["facts"])]
    ui.result(answer, lines, f"aimak correction approve {document['number']}")


def tyiyn(text: str) -> int:
    """Som in tyiyn. Raises Refused for what is no amount."""
    try:
        return parse_som(text)
    except ValueError:
        raise Refused(Problem("AIM-G035", {"text": text[:40]})) from None


COLUMNS = (
    "number:count",
    "kind",
    "account",
    "provider",
    "amount:som",
    "state",
    "entered_by",
    "decided_by",
    "reason",
    "ground",
)


def _rows(ui: Ui, documents: list[dict[str, Any]]) -> list[list[Any]]:
    rows = []
    for document in documents:
        kind, state = (ui.named("document", document[key]) for key in ("kind", "state"))
        what = [document["facts"].get(key) for key in ("provider", "amount_tyiyn")]
        who = [document[key] for key in ("entered_by", "decided_by", "reason", "ground")]
        rows.append([document["number"], kind, document["account"], *what, state, *who])
    return rows


def _lines(ui: Ui, document: dict[str, Any]) -> list[str]:
    names, kinds = zip(*(column.partition(":")[::2] for column in COLUMNS), strict=True)
    cells = _rows(ui, [document])[0]
    shown = [listing.spoken(kind, cell) for kind, cell in zip(kinds, cells, strict=True)]
    return listing.pairs([ui.word(f"ui.{name}") for name in (*names, *_ABOUT)], [*shown, *_about(document["facts"])])


# What some kinds of documents are about besides an account and a sum.
_ABOUT = ("to_account", "of_bill", "of_months", "of_document", "of_run", "origin")


def _about(facts: dict[str, Any]) -> list[Any]:
    months = " – ".join(dict.fromkeys(filter(None, (facts.get("since"), facts.get("through")))))
    bill, document, run = (facts.get(name) for name in ("bill_number", "document", "run"))
    return [facts.get("to_account"), bill, months, document, run, facts.get("origin")]


def _shown(group: typer.Typer) -> None:
    @command(group, "list", lists=True)
    def listed(
        ui: Ui,
        account: Annotated[str | None, typer.Option(help="Of one account.")] = None,
        state: Annotated[str | None, typer.Option(help="entered, approved or refused")] = None,
    ) -> None:
        """Documents, those that wait for a decision too.  Example: aimak correction list --state entered"""
        with connected(ui) as api:
            found = api.pages("/billing/corrections", "corrections", account=account, state=state)
        listing.show(ui, found, COLUMNS, _rows(ui, found))

    @command(group, "show")
    def show(ui: Ui, number: Number) -> None:
        """One document.  Example: aimak correction show 3"""
        with connected(ui) as api:
            answer = api.get(f"/billing/corrections/{number}")["correction"]
        ui.result(answer, _lines(ui, answer))

    @command(group, "cancel-bills", changes=True)
    def cancel_bills(
        ui: Ui,
        reason: Reason,
        ground: Ground = "",
        since: Annotated[str | None, typer.Option(help="The first month: 2026-09")] = None,
        through: Annotated[str | None, typer.Option(help="The last month (default: the first).")] = None,
        account: Annotated[str | None, typer.Option(help="Of one account.")] = None,
        run: Annotated[int | None, typer.Option(help="Of one run.")] = None,
    ) -> None:
        """Cancel bills of months, a run, an account.

        Example: aimak correction cancel-bills --since 2026-10 --reason wrong
        """
        enter(ui, "cancel", reason=reason, ground=ground, since=since, through=through, account=account, run=run)


def _decided(group: typer.Typer) -> None:
    @command(group, "approve", changes=True)
    def approve(ui: Ui, number: Number) -> None:
        """Approve a document that somebody else entered; it is posted.  Example: aimak correction approve 3"""
        with connected(ui) as api:
            answer = api.post(f"/billing/corrections/{number}/approve")
        account = answer["correction"]["account"]
        ui.result(answer, _lines(ui, answer["correction"]), f"aimak account show {account}" if account else None)

    @command(group, "refuse", changes=True)
    def refuse(ui: Ui, number: Number, reason: Reason) -> None:
        """Refuse a document, or take it back.  Example: aimak correction refuse 3 --reason "wrong account" """
        with connected(ui) as api:
            answer = api.post(f"/billing/corrections/{number}/refuse", {"reason": reason})
        ui.result(answer, _lines(ui, answer["correction"]))

    @command(group, "storno", changes=True)
    def storno(ui: Ui, number: Number, reason: Reason, ground: Ground = "") -> None:
        """Take back what a document posted.  Example: aimak correction storno 3 --reason mistake"""
        enter(ui, "storno", document=number, reason=reason, ground=ground)


def of_bills(group: typer.Typer) -> None:
    """Add the verbs of `bill` that correct."""

    @command(group, "cancel", changes=True)
    def cancel(ui: Ui, bill: Bill, reason: Reason, ground: Ground = "") -> None:
        """Cancel a bill; it stays on record.  Example: aimak bill cancel 15 --reason "nobody lived there" """
        enter(ui, "cancel", bill=bill, reason=reason, ground=ground)

    @command(group, "rebill", changes=True)
    def rebill(ui: Ui, bill: Bill, reason: Reason) -> None:
        """Make a bill anew from what is known now.  Example: aimak bill rebill 15 --reason "wrong reading" """
        with connected(ui) as api:
            period = api.get(f"/billing/bills/{bill}")["period"]
        begin(ui, {"period": period, "selection": f"bill:{bill}", "replaces": True, "reason": reason})


def of_accounts(group: typer.Typer) -> None:
    """Add the verbs of `account` that correct or change it."""
    _money(group)
    _two(group)
    _life(group)
    _homes(group)


def _money(group: typer.Typer) -> None:
    @command(group, "adjust", changes=True)
    def adjust(
        ui: Ui,
        account: Account,
        provider: Provider,
        amount: Amount,
        reason: Reason,
        service: Annotated[str | None, typer.Option(help="The service it is of.")] = None,
        origin: Annotated[str | None, typer.Option(help="The month it is of: 2026-10")] = None,
        ground: Ground = "",
    ) -> None:
        """Charge an amount, or take one back (below zero).

        Example: aimak account adjust 17 --provider p --amount -12.50 --reason x
        """
        facts = {"account": account, "provider": provider, "amount_tyiyn": tyiyn(amount), "service": service}
        enter(ui, "adjust", **facts, origin=origin, reason=reason, ground=ground)

    @command(group, "write-off", changes=True)
    def write_off(
        ui: Ui,
        account: Account,
        provider: Provider,
        amount: Amount,
        ground: Annotated[str, typer.Option(help="The act that writes it off.")],
        reason: Reason,
    ) -> None:
        """Write off a debt, the oldest first.

        Example: aimak account write-off 17 --provider p --amount 40 --ground 'act 12' --reason x
        """
        facts = {"account": account, "provider": provider, "amount_tyiyn": tyiyn(amount)}
        enter(ui, "write_off", **facts, ground=ground, reason=reason)

    @command(group, "refund", changes=True)
    def refund(
        ui: Ui,
        account: Account,
        provider: Provider,
        amount: Amount,
        reason: Reason,
        ground: Ground = "",
    ) -> None:
        """Pay back an advance.  Example: aimak account refund 17 --provider p --amount 40 --reason "they asked" """
        facts = {"account": account, "provider": provider, "amount_tyiyn": tyiyn(amount)}
        enter(ui, "refund", **facts, reason=reason, ground=ground)


def _two(group: typer.Typer) -> None:
    @command(group, "transfer", changes=True)
    def transfer(
        ui: Ui,
        account: Account,
        to: Annotated[str, typer.Option(help="The other account.")],
        provider: Provider,
        amount: Amount,
        reason: Reason,
        ground: Ground = "",
    ) -> None:
        """Bring a debt (or, below zero, an advance) to another account.

        Example: aimak account transfer 17 --to 18 --provider p --amount 5 --reason x
        """
        facts = {"account": account, "to": to, "provider": provider, "amount_tyiyn": tyiyn(amount)}
        enter(ui, "transfer", **facts, reason=reason, ground=ground)

    @command(group, "merge", changes=True)
    def merge(
        ui: Ui,
        account: Account,
        to: Annotated[str, typer.Option(help="The account that stays.")],
        reason: Reason,
        ground: Ground = "",
    ) -> None:
        """Close an account and bring all it owes to another.

        Example: aimak account merge 17 --to 18 --reason twice
        """
        enter(ui, "merge", account=account, to=to, reason=reason, ground=ground)


def change(ui: Ui, path: str, following: str | None = None, **asked: Any) -> None:
    """Change something, and show what was."""
    said = {name: value for name, value in asked.items() if value is not None}
    with connected(ui) as api:
        answer = api.post(path, said)
    ui.result(answer, changed_lines(ui, answer["changed"]), following)


# What codes of a change are named by, where that is not the name of the fact.
_KINDS = {"customer_class": "class", "services": "service"}


def changed_lines(ui: Ui, facts: dict[str, Any]) -> list[str]:
    """What a change came to, in words; ids that only the program knows are left out."""
    shown = {name: value for name, value in facts.items() if name not in ("account_id", "street")}
    return listing.pairs([ui.word(f"ui.{name}") for name in shown], [_fact(ui, *fact) for fact in shown.items()])


def _fact(ui: Ui, name: str, value: Any) -> str:
    if isinstance(value, dict):
        said = {key: str(one).lower() if isinstance(one, bool) else one for key, one in value.items()}
        return ", ".join(f"{ui.named('service', key)}={one}" for key, one in said.items())
    return ui.named(_KINDS.get(name, name), value)


def iso(day: datetime) -> str:
    """A day as the API takes it."""
    return day.date().isoformat()


def _life(group: typer.Typer) -> None:
    @command(group, "move-out", changes=True)
    def move_out(ui: Ui, account: Account, on: Day) -> None:
        """Nobody is charged from a day on.  Example: aimak account move-out 17 --on 2026-11-15"""
        last = f"aimak run start --period {on:%Y-%m} --selection account:{account} --reason final"
        change(ui, f"/billing/accounts/{account}/move-out", last, day=iso(on))

    @command(group, "move-in", changes=True)
    def move_in(
        ui: Ui,
        account: Account,
        new: Annotated[str, typer.Option("--as", help="The new account's number.")],
        on: Day,
        holder: Annotated[str, typer.Option(help="Who moves in.")],
        persons: Annotated[int, typer.Option(help="How many.")],
        phone: Annotated[str | None, typer.Option(help="Their phone.")] = None,
    ) -> None:
        """A new account where somebody moved out.

        Example: aimak account move-in 17 --as 170 --on 2026-11-15 --holder A --persons 2
        """
        who = {"as": new, "day": iso(on), "holder": holder, "persons": persons, "phone": phone}
        change(ui, f"/billing/accounts/{account}/move-in", **who)


def _homes(group: typer.Typer) -> None:
    @command(group, "split", changes=True)
    def split(
        ui: Ui,
        account: Account,
        new: Annotated[str, typer.Option("--as", help="The new account's number.")],
        on: Day,
        service: Annotated[list[str], typer.Option(help="A service that goes over; may come again.")],
        persons: Annotated[int | None, typer.Option(help="Persons of the new account.")] = None,
    ) -> None:
        """Give some services to a second account.

        Example: aimak account split 17 --as 170 --on 2026-11-01 --service waste
        """
        facts = {"as": new, "day": iso(on), "services": service, "persons": persons}
        change(ui, f"/billing/accounts/{account}/split", **facts)

    @command(group, "residents", changes=True)
    def residents(
        ui: Ui,
        account: Account,
        persons: Annotated[int, typer.Option(help="How many.")],
        on: Day,
        pensioners: Annotated[int, typer.Option(help="How many of them.")] = 0,
        ground: Ground = "",
    ) -> None:
        """So many persons from a day on, also one long past.

        Example: aimak account residents 17 --persons 4 --on 2026-09-01
        """
        facts = {"persons": persons, "pensioners": pensioners, "day": iso(on), "ground": ground}
        change(ui, f"/billing/accounts/{account}/residents", **facts)


def _connections(group: typer.Typer) -> None:
    @command(group, "provider", changes=True)
    def provider(
        ui: Ui,
        service: Annotated[str, typer.Option(help="The service.")],
        provider: Provider,
        to: Annotated[str, typer.Option(help="The new creditor.")],
        on: Day,
        account: Annotated[str | None, typer.Option(help="One account alone.")] = None,
    ) -> None:
        """Another creditor gives a service to all, or to one account.

        Example: aimak connection provider --service waste --provider a --to b --on 2026-11-01
        """
        facts = {"service": service, "provider": provider, "to": to, "day": iso(on), "account": account}
        change(ui, "/billing/connections/provider", **facts)


def _changed(group: typer.Typer) -> None:
    @command(group, "change", changes=True)
    def facts_change(
        ui: Ui,
        account: Account,
        service: Annotated[str, typer.Option(help="The service.")],
        on: Day,
        customer_class: Annotated[str | None, typer.Option("--class", help="household, budget or other")] = None,
        having: Annotated[
            list[str] | None, typer.Option("--set", help="An attribute: norm=flat. May come again.")
        ] = None,
        ground: Ground = "",
    ) -> None:
        """Another class or attributes from a day on.

        Example: aimak connection change 17 --service water --on 2026-09-01
        """
        attributes = {name: _value(text) for name, _, text in (part.partition("=") for part in having or [])}
        facts = {"service": service, "day": iso(on), "customer_class": customer_class, "ground": ground}
        path = f"/billing/accounts/{account}/connection"
        change(ui, path, **facts, attributes=attributes or None)


def _value(text: str) -> Any:
    return {"true": True, "false": False}.get(text, text)
