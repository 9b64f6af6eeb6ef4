"""bill show|explain|pdf, account show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from aimak.figures import price_text, quantity_text, share_text
from aimak.money import format_som

from aimak_gateway.cli import corrections, listing, one_off
from aimak_gateway.cli.benefits import add_benefit
from aimak_gateway.cli.connect import connected
from aimak_gateway.cli.frame import Ui, command, table
from aimak_gateway.cli.nouns import noun
from aimak_gateway.cli.printing import add_printing
from aimak_gateway.cli.reports import add_statement

Bill = Annotated[str, typer.Argument(help="A bill's number.")]
Limit = Annotated[int | None, typer.Option(min=1, help="At most so many (a file gets all, unless said).")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    bills = noun(app, "bill", "Issued bills.")
    _bills(bills)
    corrections.of_bills(bills)
    one_off.add(bills)
    add_printing(bills)
    accounts = noun(app, "account", "Accounts.")
    _accounts(accounts)
    corrections.of_accounts(accounts)
    add_benefit(accounts)
    add_statement(accounts)


def _bills(group: typer.Typer) -> None:
    @command(group, "list", lists=True)
    def listed(
        ui: Ui,
        period: Annotated[str | None, typer.Option(help="The month: 2026-10")] = None,
        account: Annotated[str | None, typer.Option(help="An account's number.")] = None,
        limit: Limit = None,
    ) -> None:
        """Bills of a month or an account.  Example: aimak bill list --period 2026-10 --limit 5"""
        with connected(ui) as api:
            bills = api.pages("/billing/bills", "bills", most(ui, limit, 50), period=period, account=account)
        listing.show(ui, bills, *_bills_shown(ui, bills, ("number", "account", "period")))

    @command(group, "show")
    def show(ui: Ui, bill: Bill) -> None:
        """A bill with its lines and readings.  Example: aimak bill show 1"""
        with connected(ui) as api:
            answer = api.get(f"/billing/bills/{bill}", lang=ui.lang)
        ui.result(answer, lambda: _bill_lines(ui, answer))

    @command(group, "explain")
    def explain(ui: Ui, bill: Bill) -> None:
        """Why it is what it is, in sentences.  Example: aimak bill explain 1 --lang ky"""
        with connected(ui) as api:
            answer = api.get(f"/billing/bills/{bill}/explain", lang=ui.lang)
        ui.result(answer, answer["sentences"])

    @command(group, "pdf")
    def pdf(
        ui: Ui,
        bill: Bill,
        out: Annotated[Path | None, typer.Option(help="Where to write it (default: bill-NUMBER.pdf).")] = None,
    ) -> None:
        """The bill as it is printed, with the payment QR.  Example: aimak bill pdf 1 --lang ky"""
        file = out or Path(f"bill-{bill}.pdf")
        with connected(ui) as api:
            file.write_bytes(api.raw(f"/billing/bills/{bill}/pdf", lang=ui.lang))
        ui.result({"file": str(file)}, [str(file)])


def _accounts(group: typer.Typer) -> None:
    @command(group, "show")
    def show(ui: Ui, account: Annotated[str, typer.Argument(help="Number, old or new.")]) -> None:
        """Who, where, services, meters, debt by creditor and month, bills.  Example: aimak account show 0100042"""
        with connected(ui) as api:
            answer = api.get(f"/billing/accounts/{account}")
            answer["meters"] = api.get(f"/metering/accounts/{answer['number']}").get("meters", [])
        ui.result(answer, lambda: account_lines(ui, answer))

    @command(group, "find", lists=True)
    def find(
        ui: Ui, text: Annotated[str, typer.Argument(help="Number, name, street or phone.")], limit: Limit = None
    ) -> None:
        """Accounts that match.  Example: aimak account find Ленина"""
        with connected(ui) as api:
            found = api.pages("/billing/accounts", "accounts", most(ui, limit, 100), search=text)
        rows = [
            [row["number"], row["holder"], row["address"], *(ui.named(key, row[key]) for key in ("kind", "status"))]
            for row in found
        ]
        listing.show(ui, found, ("number", "holder", "address", "kind", "status"), rows)


def _bills_shown(
    ui: Ui, bills: list[dict[str, Any]], keys: tuple[str, ...]
) -> tuple[tuple[str, ...], list[list[object]]]:
    """The columns of a list of bills, and its rows."""
    sums = ("gross_tyiyn", "due_tyiyn")
    rows = [
        [bill[key] for key in keys] + [ui.named("bill", bill["state"])] + [bill[key] for key in sums] for bill in bills
    ]
    # A bill's recalculation has a figure of its own on it; a list has both in one.
    return (*keys, "state", "charged_in_all:som", "due:som"), rows


def _bill_lines(ui: Ui, bill: dict[str, Any]) -> list[str]:
    keys = ("number", "period", "account", "holder", "address", "issued_on", "due_on")
    facts = [*(bill[key] for key in keys), ui.named("bill", bill["state"])]
    lines = listing.pairs([ui.word(f"ui.{key}") for key in (*keys, "state")], facts)
    lines += _by_creditor(ui, bill, _charged) + _recalculated(ui, bill)
    lines += ["", *(_reading(ui, reading) for reading in bill["readings"])] if bill["readings"] else []
    rows = [(said, format_som(amount), ui.word("ui.som")) for said, amount in _account(ui, bill)]
    return [*lines, "", *table(rows, None, (1,))]


def _account(ui: Ui, bill: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """The figures of a bill as they stand on paper: a recalculation only where there is one, what was paid over in the
    place of what is to be paid."""
    yield ui.word("ui.earlier_bills"), bill["before_tyiyn"]
    yield ui.word("ui.charged"), bill["charged_tyiyn"]
    if any(creditor["corrected_tyiyn"] for creditor in bill["creditors"]):
        yield ui.word("ui.recalculated"), bill["corrected_tyiyn"]
    yield ui.word("ui.paid_since", date=bill["moved_since"]), bill["paid_tyiyn"]
    owed = bill["balance_tyiyn"]
    yield ui.word("ui.due" if owed >= 0 else "ui.overpaid"), abs(owed)


Rows = Callable[[Ui, dict[str, Any], dict[str, Any]], list[str]]


def _by_creditor(ui: Ui, bill: dict[str, Any], rows: Rows) -> list[str]:
    """What `rows` makes of each creditor, below its name where the bill has more than one."""
    found = [(creditor, rows(ui, bill, creditor)) for creditor in bill["creditors"]]
    several = len(found) > 1
    return [line for creditor, made in found if made for line in ("", *([creditor["name"]] if several else []), *made)]


def _charged(ui: Ui, bill: dict[str, Any], creditor: dict[str, Any]) -> list[str]:
    """What is charged of the bill's own month."""
    columns = ("service", "component", "quantity:decimal", "unit", "price:decimal", "amount:som")
    rows = [_line(line) for line in _of(bill, creditor) if line["origin"] is None]
    return listing.shown(ui, columns, rows) if rows else []


def _recalculated(ui: Ui, bill: dict[str, Any]) -> list[str]:
    """What is corrected of earlier months, each with its month, and what documents moved: the recalculation."""
    lines = _by_creditor(ui, bill, _corrected)
    return ["", ui.word("ui.recalculation"), *lines[1:]] if lines else []


def _corrected(ui: Ui, bill: dict[str, Any], creditor: dict[str, Any]) -> list[str]:
    names = ("origin", "service_name", "label", "amount_tyiyn")
    rows = [[line[name] for name in names] for line in _of(bill, creditor) if line["origin"] is not None]
    if creditor["documents_tyiyn"]:
        said = ui.word("ui.by_documents", date=bill["moved_since"])
        rows.append(["", said, "", creditor["documents_tyiyn"]])
    return listing.shown(ui, ("month", "service", "component", "amount:som"), rows) if rows else []


def _of(bill: dict[str, Any], creditor: dict[str, Any]) -> list[dict[str, Any]]:
    return [line for line in bill["lines"] if line["provider"] == creditor["provider"]]


def _line(line: dict[str, Any]) -> list[Any]:
    asked = price(line["price"], line["price_scale"], line["kind"])
    told = [line[name] for name in ("service_name", "label", "quantity", "unit")]
    return [*told, asked, line["amount_tyiyn"]]


def _reading(ui: Ui, reading: dict[str, Any]) -> str:
    seen = [quantity_text(reading[f"{key}_thousandths"]) for key in ("previous", "current", "quantity")]
    dates = f"{reading['from_date']} – {reading['to_date']}"
    return f"{ui.word('ui.meter')} {reading['serial']}: {seen[0]} → {seen[1]} = {seen[2]} ({dates})"


def account_lines(ui: Ui, account: dict[str, Any]) -> list[str]:
    """An account as people read it."""
    facts = {key: account[key] for key in ("number", "holder", "address")}
    facts["kind"] = ui.named("kind", account["kind"])
    facts["customer_class"] = ui.named("class", account["customer_class"])
    facts |= {"phone": account["phone"], "status": ui.named("status", account["status"])}
    facts["aliases"] = ", ".join(account["aliases"])
    said, amount = listing.owed(ui, account["balance_tyiyn"])
    lines = listing.pairs([*(ui.word(f"ui.{key}") for key in facts), said], [*facts.values(), amount])
    for balance in account["balances"]:
        origins = ", ".join(f"{row['origin']} {format_som(row['owed_tyiyn'])}" for row in balance["origins"])
        said, amount = listing.owed(ui, balance["balance_tyiyn"])
        paid_over = f"{said} " if balance["balance_tyiyn"] < 0 else ""
        lines.append(f"  {balance['provider']}: {paid_over}{amount}" + (f" ({origins})" if origins else ""))
    lines += ["", *_services(ui, account["connections"])]
    for meter in account["meters"]:
        accepted = [row for row in meter["readings"] if row["state"] == "accepted"]
        last = f": {accepted[0]['value']} ({accepted[0]['date']})" if accepted else ""
        lines.append(f"{ui.word('ui.meter')} {meter['serial']} ({ui.named('service', meter['service'])}){last}")
    return [*lines, "", *listing.shown(ui, *_bills_shown(ui, account["bills"], ("number", "period")))]


def _services(ui: Ui, connections: list[dict[str, Any]]) -> list[str]:
    """Services with the day from which each holds, and the one before which it ends where any does."""
    keys = ["service", "provider", "class", "valid_from"]
    ends = ["valid_to"] if any(row["valid_to"] for row in connections) else []
    rows = [
        [
            ui.named("service", row["service"]),
            row["provider"],
            ui.named("class", row["customer_class"]),
            *(row[key] for key in ("valid_from", *ends)),
        ]
        for row in connections
    ]
    heads = [*keys, *("until" for _ in ends)]
    return table(rows, [ui.word(f"ui.{key}") for key in heads])


def most(ui: Ui, limit: int | None, usual: int) -> int | None:
    """How many rows to ask for: as many as was said; else all for a file, and what fits a screen."""
    return limit if limit or ui.exports else usual


def price(value: int | None, scale: int | None, kind: str) -> str:
    """A price in som with two decimals or as many as it has, or a tax's share in per cent."""
    if value is None or scale is None:
        return ""
    return f"{share_text(value, scale)} %" if kind == "tax" else price_text(value, scale)
