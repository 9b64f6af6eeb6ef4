"""Bills in words, and as others hear of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from aimak.contracts import billing
from aimak.figures import quantity_text
from aimak.languages import spoken
from aimak.period import Period
from aimak.plugins.inputs import flows
from aimak.plugins.rate_components import STRETCH
from aimak.storage.types import dumps
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_billing.application.kit import Kit
from aimak_billing.application.registers import providers_called
from aimak_billing.application.tariffs import stored
from aimak_billing.application.views import find_bill
from aimak_billing.domain.corrections.sentences import corrected
from aimak_billing.domain.rating import explain, label, unit_of
from aimak_billing.domain.rating.prepared import Prepared, prepare
from aimak_billing.domain.tariff import ONCE, TariffVersion, TaxRule
from aimak_billing.store import bills as store
from aimak_billing.store import runs

# What a sentence says of a line.
_SAID = (
    "tariff_version", "service", "kind", "component", "tax_code", "quantity", "price", "price_scale", "amount", "basis"
)  # fmt: skip


def title(period: Period, lang: str) -> str:
    """A period as a bill names it."""
    from aimak_billing.documents.texts import period_title

    return period_title(period, lang)


class Speaker:
    """Names lines and explains them, by the tariffs that they were rated by."""

    def __init__(
        self, kit: Kit, run: Row[Any], versions: Sequence[TariffVersion], taxes: Sequence[TaxRule], lang: str
    ) -> None:
        self.plugins, self.lang = kit.plugins, lang
        self.versions = {version.id: version for version in versions}
        earlier = [key for book in run.book.get("earlier", {}).values() for key in book["taxes"]]
        self.taxes = [tax for tax in taxes if tax.id in {*run.book["taxes"], *earlier}]
        self._ready: dict[int, Prepared | None] = {}
        self._sentences: dict[tuple[Any, ...], str] = {}

    def service(self, code: str) -> str:
        """A service's name; its code where its plugin is no longer installed."""
        plugin = self.plugins.service_types.get(code)
        return plugin.names[self.lang] if plugin else code

    def unit(self, code: str) -> str:
        """The unit of a service."""
        plugin = self.plugins.service_types.get(code)
        return str(plugin.unit_names[self.lang]) if plugin else ""

    def measured(self, line: Row[Any]) -> tuple[str, str]:
        """A line's quantity and unit: the component's own (persons), else the service's; empty where it has none. The
        quantity alone is empty where it was one and then another, as persons who are 4 for some days and 5 for others
        are never 9: what explains the line tells both."""
        unit = self._unit_of(line)
        if line.quantity is None or unit is None:
            return "", ""
        quantity = self._of_its_days(line)
        return "" if quantity is None else quantity_text(quantity, 0), unit[0]

    def _of_its_days(self, line: Row[Any]) -> int | None:
        """The quantity of a line over all of its days; None where it is not one that adds up and differs by days."""
        # Nearly no line is of several stretches, and this is asked of every line of a town.
        if line.basis is None or line.basis.count('"from":') < 2:
            return int(line.quantity)
        ready = self._prepared(self.versions[line.tariff_version])
        one = next((one for one in ready.lines if one.code == line.component), None) if ready else None
        if one is None or one.quantity is None or one.spread != STRETCH or any(map(flows, one.quantity.names)):
            return int(line.quantity)
        parts = {stretch["quantity"] for stretch in json.loads(line.basis)["stretches"]}
        return int(parts.pop()) if len(parts) == 1 else None

    def _unit_of(self, line: Row[Any]) -> tuple[str, int, bool] | None:
        """How a line's unit is written, how many decimals its quantities have, and whether those of several days add
        up: what a component counts itself, persons, is there each day anew. None where it has no unit."""
        version = self.versions[line.tariff_version]
        kind = self.plugins.rate_components.get(version.component(line.component).kind)
        units, shown = (kind.unit_names, kind.decimals) if kind else (None, None)
        if units == {}:
            return None
        service = self.plugins.service_types.get(line.service)
        usual = 0 if version.frequency == ONCE or service is None else service.decimals
        unit = unit_of(version, service.unit_names if service else {}, self.lang) if units is None else units[self.lang]
        return unit or "", usual if shown is None else shown, units is None

    def heading(self, lines: Sequence[Row[Any]]) -> str:
        """What the lines of a connection are of: the service; of what was asked for once the item."""
        once = self.versions[lines[0].tariff_version].frequency == ONCE
        return self.line(lines[0]) if once else self.service(lines[0].service)

    def line(self, line: Row[Any]) -> str:
        """What a line is called."""
        return label(line.component, self.versions[line.tariff_version], self.plugins, self.taxes, self.lang)

    def taxed(self, tax: Row[Any], charges: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
        """Those of a connection's charges that a tax line is on: all of them, unless the tariff names some."""
        named = self.versions[tax.tariff_version].component(tax.component).parameters.get("of") or ()
        return [line for line in charges if line.component in named] or charges

    def corrected(self, lines: Sequence[Row[Any]]) -> str:
        """What was billed of an earlier period and what it is now: "October 2026: 12.3 m³ instead of 15.0: −28.22"."""
        units = [self._unit_of(line) for line in lines]
        said = corrected(lines, units, title(Period.month(lines[0].origin), self.lang), self.lang)
        return f"{self.service(lines[0].service)}: {said}"

    def sentence(self, lines: Sequence[Row[Any]]) -> str:
        """How the lines of one connection came about."""
        if lines[0].origin is not None:
            return self.corrected(lines)
        # Thousands of households have the same line for the same reason: one sentence is made for all of them.
        alike = tuple(tuple(line._mapping[name] for name in _SAID) for line in lines)
        if alike not in self._sentences:
            told = [{**line._mapping, "tax": line.tax_code} for line in lines]
            version = self.versions[lines[0].tariff_version]
            said = explain(told, version, self.plugins, self.taxes, self.lang, self._prepared(version))
            self._sentences[alike] = f"{self.heading(lines)}: {said}"
        return self._sentences[alike]

    def _prepared(self, version: TariffVersion) -> Prepared | None:
        if version.id not in self._ready:
            self._ready[version.id] = prepare(version, self.taxes, self.plugins)[0]
        return self._ready[version.id]


def by_connection(lines: Sequence[Row[Any]]) -> Iterator[list[Row[Any]]]:
    """The lines of a bill connection by connection, and then what corrects earlier periods."""
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
    run = runs.run(work, bill.run_id)
    assert run is not None, "a bill has its run"
    speaker = Speaker(kit, run, *stored(kit, work), lang)
    return [speaker.sentence(lines) for lines in by_connection(store.lines(work, [bill.id]))]


def names_of_lines(kit: Kit, work: UnitOfWork, number: str, lang: str) -> list[dict[str, str]]:
    """What each line of a bill is called, its quantity as the bill says it, and the unit, in the order of its lines."""
    bill = find_bill(work, number)
    run = runs.run(work, bill.run_id)
    assert run is not None, "a bill has its run"
    speaker = Speaker(kit, run, *stored(kit, work), lang)
    return [
        {"service_name": speaker.service(line.service), "label": speaker.line(line)}
        | dict(zip(("quantity", "unit"), speaker.measured(line), strict=True))
        for line in store.lines(work, [bill.id])
    ]


def names_of_creditors(work: UnitOfWork, number: str, lang: str) -> dict[str, str]:
    """What a bill calls creditors, by their codes: as they were called when it was issued."""
    run_id = find_bill(work, number).run_id
    issued = runs.issued_at(work, [run_id])[run_id]
    called = providers_called(work, [issued])[issued]
    return {code: spoken(row.name, lang) or code for code, row in called.items()}


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
