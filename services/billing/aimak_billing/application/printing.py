"""Bills on paper: one, or a print house's thousands, with everything read for many at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from aimak.figures import quantity_text
from aimak.languages import spoken
from aimak.money import apportion, format_som
from aimak.period import Period
from aimak.plugins.numbers import Price
from aimak.problems import NotFound, Problem, Refused
from aimak.storage.work import UnitOfWork
from aimak.texts import translate
from sqlalchemy import Row

from aimak_billing.application.bills import Speaker, by_connection, title
from aimak_billing.application.kit import Kit
from aimak_billing.application.registers import providers_called, tenant_called
from aimak_billing.application.tariffs import stored
from aimak_billing.application.views import find_bill
from aimak_billing.documents.bill import BillDocument, BillLine, Creditor, CreditorPart, MeterReading, PaymentCode
from aimak_billing.domain import elqr
from aimak_billing.domain.bill_sums import by_creditor, openings
from aimak_billing.domain.rating.written import price_text
from aimak_billing.domain.routes import route_key
from aimak_billing.store import accounts, parties, registers, runs
from aimak_billing.store import bills as store

AT_ONCE_AT_MOST = 1_000


@dataclass(frozen=True)
class Printed:
    """Bills ready to be laid out, with the instant of their issue."""

    documents: tuple[BillDocument, ...]
    issued_at: datetime
    lang: str


class _Desk:
    """What bills of one batch are made out from."""

    def __init__(self, kit: Kit, work: UnitOfWork, bills: Sequence[Row[Any]], lang: str) -> None:
        self.lang = lang
        self.providers = registers.providers(work)
        self.parties = parties.of_bills(work, [bill.party_id for bill in bills])
        self.lines: dict[int, list[Row[Any]]] = {bill.id: [] for bill in bills}
        for line in store.lines(work, [bill.id for bill in bills]):
            self.lines[line.bill_id].append(line)
        self.aliases = accounts.aliases_of_many(work, {bill.account_id for bill in bills})
        self.usage = {
            period: store.readings(work, [bill.account_id for bill in bills if bill.period == period], period)
            for period in {bill.period for bill in bills}
        }
        versions, taxes = stored(kit, work)
        self.speakers: dict[int, Speaker] = {}
        run_ids = {bill.run_id for bill in bills}
        self.issued_at = runs.issued_at(work, run_ids)
        for run_id in run_ids:
            run = runs.run(work, run_id)
            assert run is not None, "a bill has its run"
            self.speakers[run_id] = Speaker(kit, run, versions, taxes, lang)
        self.creditors = providers_called(work, set(self.issued_at.values()))
        called = tenant_called(work, set(self.issued_at.values()))
        self.municipality = {at: spoken(names, lang) for at, names in called.items()}

    def document(self, bill: Row[Any]) -> BillDocument:
        """All that stands on one bill."""
        party, lines, speaker = self.parties[bill.party_id], self.lines[bill.id], self.speakers[bill.run_id]
        period = Period.month(bill.period)
        document = BillDocument(
            municipality=self.municipality[self.issued_at[bill.run_id]],
            number=str(bill.number),
            period=title(period, self.lang),
            issued_on=bill.issued_on,
            due_on=bill.due_on,
            moved_since=period.start,
            account=party.number,
            holder=party.holder,
            address=party.address,
            parts=tuple(part for _, part in self._parts(bill, lines, speaker)),
            old_numbers=tuple(self.aliases.get(bill.account_id, ())),
            residents=bill.residents,
            readings=tuple(self._readings(bill, lines, speaker)),
            explanations=(
                *(speaker.sentence(part) for part in by_connection(lines)),
                *_adjusted(bill, self.lang),
            ),
        )
        return replace(document, codes=tuple(self._codes(document, bill, lines, speaker)))

    def _parts(
        self, bill: Row[Any], lines: Sequence[Row[Any]], speaker: Speaker
    ) -> Iterator[tuple[Row[Any], CreditorPart]]:
        sums = by_creditor(bill.opening_parts, lines)
        for provider in self.providers:
            if provider.code not in sums:
                continue
            mine = [line for line in lines if line.provider == provider.code]
            one = sums[provider.code]
            called = self.creditors[self.issued_at[bill.run_id]][provider.code]
            name = spoken(called.name, self.lang) or provider.code
            creditor = Creditor(name, called.tax_number, bank_account=called.bank_account)
            own = [group for group in by_connection(mine) if group[0].origin is None]
            shown = tuple(line for group in own for line in _lines(group, speaker))
            yield provider, CreditorPart(creditor, shown, one.before, one.paid, one.charged, one.due, one.corrected)

    def _codes(
        self, document: BillDocument, bill: Row[Any], lines: Sequence[Row[Any]], speaker: Speaker
    ) -> Iterator[PaymentCode]:
        """A payment code for each creditor that has one, for what is owed to it; what is owed to those without goes
        with the first. What was paid in advance to one is taken off the codes of the others, so that together they pay
        what the bill asks for. None where nothing is due, or where the standard has no room for so long an account
        number. It leads to where the creditor takes money today, whatever the bill's day."""
        found = list(self._parts(bill, lines, speaker))
        holders = [(provider, part) for provider, part in found if provider.elqr]
        others = sum(part.due for provider, part in found if not provider.elqr)
        dues = [part.due + (0 if place else others) for place, (_, part) in enumerate(holders)]
        advance = -sum(due for due in dues if due < 0)
        for (provider, part), due in zip(holders, dues, strict=True):
            amount = max(0, due - advance)
            advance -= max(0, due) - amount
            if not amount:
                continue
            try:
                link = elqr.link(elqr.for_bill(provider.elqr, document.account, amount, document.number))
            except Refused:
                continue
            yield PaymentCode(part.creditor.name if len(holders) > 1 else "", link, amount)

    def _readings(self, bill: Row[Any], lines: Sequence[Row[Any]], speaker: Speaker) -> Iterator[MeterReading]:
        services = {line.service for line in lines}
        for row in self.usage[bill.period].get(bill.account_id, ()):
            if row.service not in services:
                continue
            yield MeterReading(
                label=speaker.service(row.service),
                serial=row.serial,
                previous=quantity_text(row.previous_thousandths, 0),
                previous_on=row.from_date,
                current=quantity_text(row.current_thousandths, 0),
                current_on=row.to_date,
                used=quantity_text(row.quantity_thousandths, 0),
                unit=speaker.unit(row.service),
            )


def _adjusted(bill: Row[Any], lang: str) -> Iterator[str]:
    """What documents moved since the period began, as the bill explains it; nothing where there is none."""
    adjusted = sum(moved for _, _, moved in openings(bill.opening_parts).values())
    if adjusted:
        since = f"{Period.month(bill.period).start:%d.%m.%Y}"
        said = translate("aimak_billing", "bill.adjusted", lang, since=since, amount=format_som(adjusted))
        yield said or format_som(adjusted)


def _lines(lines: Sequence[Row[Any]], speaker: Speaker) -> Iterator[BillLine]:
    """The charges of one connection with their part of its taxes, so that the columns add up. Nothing where nothing is
    charged: bills that were issued earlier have taxes of nothing too."""
    charges = [line for line in lines if line.kind == "charge"]
    if not charges:
        return
    taxes = dict.fromkeys((line.line for line in charges), 0)
    for tax in lines:
        if tax.kind == "tax":
            taxed = speaker.taxed(tax, charges)
            for line, part in zip(taxed, apportion(tax.amount, [line.amount for line in taxed]), strict=True):
                taxes[line.line] += part
    for line in charges:
        part = taxes[line.line]
        name = speaker.heading(lines)
        quantity, unit = speaker.measured(line)
        yield BillLine(
            label=name if len(charges) == 1 else f"{name}: {speaker.line(line)}",
            quantity=quantity,
            unit=unit if quantity else "",
            price="" if line.price is None else price_text(Price(line.price, line.price_scale)),
            net=line.amount,
            tax=part,
            gross=line.amount + part,
        )


def print_bill(kit: Kit, work: UnitOfWork, number: str, lang: str) -> Printed:
    """All that stands on the printed bill. Laying it out needs no open work: see `render`. Raises NotFound."""
    bill = find_bill(work, number)
    desk = _Desk(kit, work, [bill], lang)
    return Printed((desk.document(bill),), desk.issued_at[bill.run_id], lang)


def print_bills(kit: Kit, work: UnitOfWork, numbers: Sequence[int], lang: str) -> Printed:
    """Several bills in the order of `numbers`. Raises NotFound where one does not exist, Refused for too many."""
    if not 0 < len(numbers) <= AT_ONCE_AT_MOST:
        raise Refused(Problem("AIM-B962", {"count": len(numbers), "most": AT_ONCE_AT_MOST}))
    found = {bill.number: bill for bill in store.by_numbers(work, numbers)}
    missing = [number for number in numbers if number not in found]
    if missing:
        raise NotFound(Problem("AIM-B050", {"bill": missing[0]}))
    bills = [found[number] for number in numbers]
    desk = _Desk(kit, work, bills, lang)
    at = max(desk.issued_at[bill.run_id] for bill in bills)
    return Printed(tuple(desk.document(bill) for bill in bills), at, lang)


def render(printed: Printed) -> bytes:
    """The bills as one PDF."""
    from aimak_billing.documents.render import render_bills

    return render_bills(printed.documents, printed.issued_at, printed.lang)


def route(work: UnitOfWork, period: str) -> list[dict[str, Any]]:
    """Every bill of a period that is in force, in the order in which a walker brings them: by street, house and flat
    as they were called on the bill's day, then by account. number, account, holder, address, due_tyiyn. Raises
    NotFound where there is none: the list of an empty month would stand in the way of the full one."""
    rows = store.of_route(work, period)
    if not rows:
        raise NotFound(Problem("AIM-B047" if runs.cycle(work, period) else "AIM-B034", {"period": period}))
    rows.sort(key=lambda row: (route_key(row.address), row.account, row.number))
    return [
        {"number": row.number, "account": row.account, "holder": row.holder, "address": row.address}
        | {"due_tyiyn": max(row.opening + row.net + row.tax, 0)}
        for row in rows
    ]
