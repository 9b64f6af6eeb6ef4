"""One bill in words and on paper."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any

from aimak.contracts import billing
from aimak.money import share
from aimak.period import Period
from aimak.plugins.numbers import Price
from aimak.problems import Refused
from aimak.storage.types import dumps
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_billing.application.kit import Kit
from aimak_billing.application.tariffs import stored
from aimak_billing.application.views import find_bill, readings_view
from aimak_billing.documents.bill import BillDocument, BillLine, Creditor, CreditorPart, MeterReading
from aimak_billing.domain import elqr
from aimak_billing.domain.corrections.sentences import corrected
from aimak_billing.domain.rating import explain, label
from aimak_billing.domain.rating.written import price_text, quantity_text
from aimak_billing.store import accounts, parties, registers, runs
from aimak_billing.store import bills as store


@dataclass(frozen=True)
class Printed:
    """A bill ready to be laid out, with the instant of its issue."""

    document: BillDocument
    issued_at: datetime
    lang: str


class _Speaker:
    """Names lines and explains them, by the tariffs that they were rated by."""

    def __init__(self, kit: Kit, work: UnitOfWork, bill: Row[Any], lang: str) -> None:
        run = runs.run(work, bill.run_id)
        assert run is not None, "a bill has its run"
        versions, taxes = stored(kit, work)
        self.plugins, self.lang = kit.plugins, lang
        self.versions = {version.id: version for version in versions}
        earlier = [key for book in run.book.get("earlier", {}).values() for key in book["taxes"]]
        self.taxes = [tax for tax in taxes if tax.id in {*run.book["taxes"], *earlier}]

    def service(self, code: str) -> str:
        """A service's name; its code where its plugin is no longer installed."""
        plugin = self.plugins.service_types.get(code)
        return plugin.names[self.lang] if plugin else code

    def unit(self, code: str) -> str:
        """The unit of a service."""
        plugin = self.plugins.service_types.get(code)
        return str(plugin.unit_names[self.lang]) if plugin else ""

    def measured(self, line: Row[Any]) -> tuple[str, str]:
        """A line's quantity and unit: the component's own (persons), else the service's; empty where it has none."""
        component = self.versions[line.tariff_version].component(line.component)
        kind = self.plugins.rate_components.get(component.kind)
        units = kind.unit_names if kind else None
        if line.quantity is None or units == {}:
            return "", ""
        return quantity_text(line.quantity, 0), self.unit(line.service) if units is None else units[self.lang]

    def line(self, line: Row[Any]) -> str:
        """What a line is called."""
        return label(line.component, self.versions[line.tariff_version], self.plugins, self.taxes, self.lang)

    def corrected(self, lines: Sequence[Row[Any]]) -> str:
        """What was billed of an earlier period and what it is now: "October 2026: 12.3 m³ instead of 15.0: −28.22"."""
        said = corrected(
            lines, self.unit(lines[0].service), _title(Period.month(lines[0].origin), self.lang), self.lang
        )
        return f"{self.service(lines[0].service)}: {said}"

    def sentence(self, lines: Sequence[Row[Any]]) -> str:
        """How the lines of one connection came about."""
        if lines[0].origin is not None:
            return self.corrected(lines)
        told = [{**line._mapping, "tax": line.tax_code} for line in lines]
        version = self.versions[lines[0].tariff_version]
        return f"{self.service(lines[0].service)}: {explain(told, version, self.plugins, self.taxes, self.lang)}"


def _by_connection(lines: Sequence[Row[Any]]) -> Iterator[list[Row[Any]]]:
    own = [line for line in lines if line.origin is None]
    for _, group in groupby(own, key=lambda line: (line.connection_id, line.tariff_version)):
        yield list(group)
    # A correction of a period may go over two tariffs; it is one thing to be told.
    later = sorted((line for line in lines if line.origin is not None), key=_correction)
    for _, group in groupby(later, key=_correction):
        yield list(group)


def _correction(line: Row[Any]) -> tuple[str, int]:
    return line.origin, line.connection_id


def explanations(kit: Kit, work: UnitOfWork, number: str, lang: str) -> list[str]:
    """How each connection's lines on a bill were worked out, one sentence each."""
    bill = find_bill(work, number)
    speaker = _Speaker(kit, work, bill, lang)
    return [speaker.sentence(lines) for lines in _by_connection(store.lines(work, [bill.id]))]


def print_bill(kit: Kit, work: UnitOfWork, number: str, lang: str) -> Printed:
    """All that stands on the printed bill. Laying it out needs no open work: see `render`."""
    bill = find_bill(work, number)
    party = parties.of_bills(work, [bill.party_id])[bill.party_id]
    lines = store.lines(work, [bill.id])
    speaker = _Speaker(kit, work, bill, lang)
    period = Period.month(bill.period)
    names = work.tenant_facts().name
    issued = [entry.at for entry in runs.approvals(work, bill.run_id) if entry.action == "issue"]
    document = BillDocument(
        municipality=names.get(lang) or next(iter(names.values()), work.tenant),
        number=str(bill.number),
        period=_title(period, lang),
        issued_on=bill.issued_on,
        due_on=bill.due_on,
        opening_on=period.start,
        account=party.number,
        holder=party.holder,
        address=party.address,
        parts=tuple(_parts(work, bill, lines, speaker)),
        old_numbers=tuple(accounts.aliases_of(work, bill.account_id)),
        residents=bill.residents,
        readings=tuple(_readings(work, bill, lines, speaker)),
        explanations=tuple(speaker.sentence(part) for part in _by_connection(lines)),
    )
    return Printed(replace(document, qr=_payment_link(work, document)), issued[-1], lang)


def _payment_link(work: UnitOfWork, document: BillDocument) -> str:
    """The link to pay the whole bill by, of the first creditor that has payment codes; empty where none has, where
    nothing is due, or where the standard has no room for so long an account number."""
    facts = [row.elqr for row in registers.providers(work) if row.elqr]
    if document.due <= 0 or not facts:
        return ""
    try:
        return elqr.link(elqr.for_bill(facts[0], document.account, document.due, document.number))
    except Refused:
        return ""


def render(printed: Printed) -> bytes:
    """The bill as PDF."""
    from aimak_billing.documents.render import render_bills

    return render_bills([printed.document], printed.issued_at, printed.lang)


def _title(period: Period, lang: str) -> str:
    from aimak_billing.documents.texts import period_title

    return period_title(period, lang)


def _parts(work: UnitOfWork, bill: Row[Any], lines: Sequence[Row[Any]], speaker: _Speaker) -> Iterator[CreditorPart]:
    openings = {provider: (before, paid) for provider, before, paid in json.loads(bill.opening_parts)}
    for provider in registers.providers(work):
        mine = [line for line in lines if line.provider == provider.code]
        if not mine and provider.code not in openings:
            continue
        before, paid = openings.get(provider.code, (0, 0))
        charged = sum(line.amount for line in mine if line.origin is None)
        corrected = sum(line.amount for line in mine if line.origin is not None)
        name = provider.name.get(speaker.lang) or next(iter(provider.name.values()), provider.code)
        creditor = Creditor(name, provider.tax_number, bank_account=provider.bank_account)
        own = [group for group in _by_connection(mine) if group[0].origin is None]
        shown = tuple(line for group in own for line in _lines(group, speaker))
        due = before - paid + charged + corrected
        yield CreditorPart(creditor, shown, before, paid, charged, due, corrected)


def _lines(lines: Sequence[Row[Any]], speaker: _Speaker) -> Iterator[BillLine]:
    """The charges of one connection; its tax falls on them by their size, so that the columns add up."""
    charges = [line for line in lines if line.kind == "charge"]
    tax = sum(line.amount for line in lines if line.kind == "tax")
    weights = [abs(line.amount) for line in charges]
    taxes = share(tax, weights) if any(weights) else [tax, *[0] * (len(charges) - 1)]
    for line, part in zip(charges, taxes, strict=True):
        name = speaker.service(line.service)
        quantity, unit = speaker.measured(line)
        yield BillLine(
            label=name if len(charges) == 1 else f"{name}: {speaker.line(line)}",
            quantity=quantity,
            unit=unit,
            price="" if line.price is None else price_text(Price(line.price, line.price_scale)),
            net=line.amount,
            tax=part,
            gross=line.amount + part,
        )


def _readings(work: UnitOfWork, bill: Row[Any], lines: Sequence[Row[Any]], speaker: _Speaker) -> Iterator[MeterReading]:
    for reading in readings_view(work, bill, lines):
        service = reading["service"]
        yield MeterReading(
            label=speaker.service(service),
            serial=reading["serial"],
            previous=quantity_text(reading["previous_thousandths"], 0),
            previous_on=date.fromisoformat(reading["from_date"]),
            current=quantity_text(reading["current_thousandths"], 0),
            current_on=date.fromisoformat(reading["to_date"]),
            used=quantity_text(reading["quantity_thousandths"], 0),
            unit=speaker.unit(service),
        )


def republish_bills(work: UnitOfWork) -> Iterator[billing.BillsIssued]:
    """All bills as they stand, in batches."""
    for rows in store.batches(work):
        yield billing.BillsIssued.of(work.tenant, told_bills(work, rows))


def told_bills(work: UnitOfWork, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Bills as others are told of them, in their present state."""
    services: dict[int, dict[str, int]] = {}
    for line in store.lines(work, [row.id for row in rows]):
        of_bill = services.setdefault(line.bill_id, {})
        of_bill[line.service] = of_bill.get(line.service, 0) + line.amount
    return [_told(row, services.get(row.id, {})) for row in rows]


def _told(bill: Row[Any], services: dict[str, int]) -> dict[str, Any]:
    gross = bill.net + bill.tax
    return {
        "bill_id": bill.id,
        "number": bill.number,
        "account_id": bill.account_id,
        "period": bill.period,
        "state": "issued" if bill.cancelled_on is None else "cancelled",
        "issued_on": bill.issued_on.isoformat(),
        "due_on": bill.due_on.isoformat(),
        "opening_tyiyn": bill.opening,
        "net_tyiyn": bill.net,
        "tax_tyiyn": bill.tax,
        "gross_tyiyn": gross,
        "due_tyiyn": max(bill.opening + gross, 0),
        "services": dumps([[code, amount] for code, amount in services.items()]),
        "version": 1 if bill.cancelled_on is None else 2,
    }
