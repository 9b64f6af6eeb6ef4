"""Taking tariffs from a file, showing them, and quoting a price."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from aimak.period import Period
from aimak.problems import Conflict, NotFound, Problem, Refused
from aimak.storage.work import UnitOfWork

from aimak_billing import tariff_file
from aimak_billing.application.kit import Kit
from aimak_billing.application.registers import tell_service_types
from aimak_billing.domain.rating import Book, conflicts, explain, label, quote
from aimak_billing.domain.tariff import TariffVersion, TaxRule, spans, tax_spans
from aimak_billing.store import registers as store


def take_tariffs(kit: Kit, work: UnitOfWork, text: str, file: str, *, dry_run: bool = False) -> dict[str, Any]:
    """Take a file of tariffs and tax rules whole, or refuse it whole with every problem and its place.

    What is stored already, equal to the last letter, is taken as a repeat; another text under the same code and date
    is a conflict, as what was decided never changes.
    """
    tell_service_types(kit, work)
    loaded = tariff_file.load(text, work.tenant, kit.plugins, file)
    if loaded.problems:
        raise Refused(*loaded.problems)
    providers = {provider.code for provider in store.providers(work)}
    unknown = sorted({version.provider for version in loaded.versions} - providers)
    if unknown:
        known = ", ".join(sorted(providers))
        raise Refused(*(Problem("AIM-B011", {"provider": code, "known": known}) for code in unknown))
    versions, taxes = stored(kit, work)

    def as_text(version: TariffVersion) -> str:
        return tariff_file.as_json(version, kit.plugins)

    fresh = _fresh(loaded.versions, {version.id: as_text(version) for version in versions}, as_text)
    fresh_taxes = _fresh(loaded.taxes, {tax.id: tariff_file.tax_as_json(tax) for tax in taxes}, tariff_file.tax_as_json)
    clashes = conflicts([*versions, *fresh], [*taxes, *fresh_taxes])
    if clashes:
        raise Conflict(*clashes)
    if not dry_run:
        store.add_tariffs(work, [_tariff_row(version, as_text(version)) for version in fresh])
        store.add_taxes(work, [_tax_row(tax) for tax in fresh_taxes])
    total = len(loaded.versions) + len(loaded.taxes)
    named = [
        {"code": version.code, "valid_from": version.valid_from.isoformat(), "version": version.id}
        for version in loaded.versions
    ]
    counts = {"state": "done", "total": total, "taken": len(fresh) + len(fresh_taxes), "refused": 0}
    return {**counts, "replayed": not fresh and not fresh_taxes, "tariffs": named}


def _fresh(loaded: Sequence[Any], known: Mapping[int, str], as_text: Any) -> list[Any]:
    fresh, changed = [], []
    for one in loaded:
        if one.id not in known:
            fresh.append(one)
        elif known[one.id] != as_text(one):
            code = one.code if isinstance(one, TariffVersion) else one.tax
            changed.append(Problem("AIM-B054", {"code": code, "valid_from": one.valid_from.isoformat()}))
    if changed:
        raise Conflict(*changed)
    return fresh


def _tariff_row(version: TariffVersion, body: str) -> dict[str, Any]:
    return {
        "id": version.id,
        "code": version.code,
        "service": version.service,
        "provider": version.provider,
        "valid_from": version.valid_from,
        "valid_to": version.valid_to,
        "decision": decision_text(version),
        "body": body,
    }


def decision_text(version: TariffVersion) -> str:
    """The decision in one line: who, number, day."""
    decision = version.decision
    return f"{decision.body}, № {decision.number}, {decision.day.isoformat()}"


def _tax_row(tax: TaxRule) -> dict[str, Any]:
    return {
        "id": tax.id,
        "code": tax.tax,
        "valid_from": tax.valid_from,
        "valid_to": tax.valid_to,
        "ground": tax.legal_ground,
        "body": tariff_file.tax_as_json(tax),
    }


def stored(kit: Kit, work: UnitOfWork) -> tuple[list[TariffVersion], list[TaxRule]]:
    """Every tariff version and tax rule of this municipality."""
    versions = [tariff_file.from_json(row.body, work.tenant, kit.plugins) for row in store.tariff_rows(work)]
    return versions, [tariff_file.tax_from_json(row.body, work.tenant) for row in store.tax_rows(work)]


def tariffs_view(work: UnitOfWork) -> list[dict[str, Any]]:
    """All tariff versions, in short."""
    shown = ("code", "service", "provider", "decision")
    return [
        {
            **{key: getattr(row, key) for key in shown},
            "valid_from": _iso(row.valid_from),
            "valid_to": _iso(row.valid_to),
        }
        for row in store.tariff_rows(work)
    ]


def tariff_view(kit: Kit, work: UnitOfWork, code: str) -> dict[str, Any]:
    """All versions of a tariff, the newest first; `valid_to` is where it really ends. Raises NotFound."""
    rows = [row for row in store.tariff_rows(work) if row.code == code]
    if not rows:
        raise NotFound(Problem("AIM-B052", {"tariff": code}))
    versions = {version.id: version for version in stored(kit, work)[0]}
    ends = spans(versions.values())
    listed = [
        {
            "id": row.id,
            "valid_from": _iso(row.valid_from),
            "valid_to": _iso(ends[row.id].end),
            "decision": row.decision,
            "legal_ground": versions[row.id].legal_ground,
            "body": json.loads(row.body),
        }
        for row in reversed(rows)
    ]
    first = rows[-1]
    return {"code": code, "service": first.service, "provider": first.provider, "versions": listed}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def quote_price(kit: Kit, work: UnitOfWork, asked: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """What one connection would be charged for the month of a date, with the explanation. Raises Refused with the
    reason where the facts given are not enough."""
    provider = store.provider(work, asked["provider"])
    if provider is None:
        known = ", ".join(row.code for row in store.providers(work))
        raise Refused(Problem("AIM-B011", {"provider": asked["provider"], "known": known}))
    versions, taxes = stored(kit, work)
    book = Book.of(versions, taxes, kit.plugins, Period.month_of(date.fromisoformat(asked["date"])))
    persons = asked.get("persons")
    row = {
        "service": asked["service"],
        "provider": asked["provider"],
        "regime": provider.regime,
        "customer_class": asked["customer_class"],
        "attributes": asked.get("attributes") or {},
        "usage": asked.get("quantity_thousandths"),
        "residents": persons,
        "pensioners": None if persons is None else asked.get("pensioners") or 0,
    }
    rated = quote(row, book)
    if rated.holds.height:
        raise Refused(
            *(Problem(hold["code"], json.loads(hold["fields"])) for hold in rated.holds.iter_rows(named=True))
        )
    return _quoted(kit, book, rated.lines.to_dicts(), lang)


def _quoted(kit: Kit, book: Book, lines: list[dict[str, Any]], lang: str) -> dict[str, Any]:
    version = book.versions[lines[0]["tariff_id"]]
    net = sum(line["amount"] for line in lines if line["kind"] == "charge")
    tax = sum(line["amount"] for line in lines if line["kind"] == "tax")
    shown = [
        {
            "component": line["component"],
            "label": label(line["component"], version, kit.plugins, book.taxes, lang),
            "kind": line["kind"],
            "quantity_thousandths": line["quantity"],
            "price": line["price"],
            "price_scale": line["price_scale"],
            "amount_tyiyn": line["amount"],
            "tax_code": line["tax"],
        }
        for line in lines
    ]
    sentences = explain(lines, version, kit.plugins, book.taxes, lang)
    sums = {"net_tyiyn": net, "tax_tyiyn": tax, "gross_tyiyn": net + tax}
    return {"tariff": version.code, **sums, "lines": shown, "sentences": sentences.splitlines()}


def book_ids(kit: Kit, work: UnitOfWork, period: Period) -> dict[str, list[int]]:
    """Ids of the tariffs and tax rules a run is rated by. Raises Refused where they contradict one another or there
    is none for the period."""
    versions, taxes = stored(kit, work)
    book = Book.of(versions, taxes, kit.plugins, period)
    if not book.versions:
        raise Refused(Problem("AIM-B055", {"period": period.name}))
    ends = tax_spans(taxes)
    return {
        "tariffs": sorted(book.versions),
        "taxes": sorted(tax.id for tax in taxes if period.start in ends[tax.id]),
    }


def book_of(kit: Kit, work: UnitOfWork, ids: Mapping[str, Sequence[int]], period: Period) -> Book:
    """The compiled tariffs of a run, by the ids that were fixed when it began."""
    versions, taxes = stored(kit, work)
    chosen = [version for version in versions if version.id in set(ids["tariffs"])]
    return Book.of(chosen, [tax for tax in taxes if tax.id in set(ids["taxes"])], kit.plugins, period)
