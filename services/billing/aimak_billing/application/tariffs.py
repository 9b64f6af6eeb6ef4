"""Taking tariffs from a file, and pricing by them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from aimak.period import Period
from aimak.problems import Conflict, Problem, Refused
from aimak.storage.work import UnitOfWork

from aimak_billing import tariff_file
from aimak_billing.application.corrections.touching import touch_tariffs
from aimak_billing.application.kit import Kit
from aimak_billing.application.registers import tell_service_types
from aimak_billing.application.views import find_provider
from aimak_billing.domain.rating import Book, conflicts, explain, label, quote
from aimak_billing.domain.tariff import TariffVersion, TaxRule, refuse_unknown_class
from aimak_billing.domain.tariff_life import DRAFT, ENTER, WITHDRAWN, Step, with_life
from aimak_billing.store import registers as store
from aimak_billing.store import tariffs


def take_tariffs(kit: Kit, work: UnitOfWork, text: str, file: str, *, actor: str) -> dict[str, Any]:
    """Take a file of tariffs and tax rules whole, or refuse it whole with every problem and its place.

    Tariffs are entered as drafts, whatever the file says of a decision; tax rules, which the law decides, hold at
    once. What is stored already, equal to the last letter, is taken as a repeat; another text under the same code and
    date is a conflict until the earlier one is withdrawn.
    """
    tell_service_types(kit, work)
    loaded = tariff_file.load(text, work.tenant, kit.plugins, file)
    if loaded.problems:
        raise Refused(*loaded.problems)
    known_providers = {provider.code for provider in store.providers(work)}
    unknown = sorted({version.provider for version in loaded.versions} - known_providers)
    if unknown:
        known = ", ".join(sorted(known_providers)) or "-"
        raise Refused(*(Problem("AIM-B011", {"provider": code, "known": known}) for code in unknown))
    tariffs.lock(work)
    versions, taxes = stored(kit, work)
    fresh, named = _fresh_versions(kit, loaded.versions, versions)
    fresh_taxes = _fresh_taxes(loaded.taxes, taxes)
    clashes = conflicts(
        [version for version in [*versions, *fresh] if version.status != WITHDRAWN], [*taxes, *fresh_taxes]
    )
    if clashes:
        raise Conflict(*clashes)
    _enter(kit, work, fresh, actor)
    tariffs.add_taxes(work, [_tax_row(tax) for tax in fresh_taxes])
    touch_tariffs(work, (), fresh_taxes, versions)
    total = len(loaded.versions) + len(loaded.taxes)
    counts = {"state": "done", "total": total, "taken": len(fresh) + len(fresh_taxes), "refused": 0}
    return {**counts, "replayed": not fresh and not fresh_taxes, "tariffs": named}


def _fresh_versions(
    kit: Kit, loaded: Sequence[TariffVersion], stored: Sequence[TariffVersion]
) -> tuple[list[TariffVersion], list[dict[str, Any]]]:
    """The versions that are new, as drafts, and all of them as they are named in the answer."""
    fresh, named, changed = [], [], []
    for version in loaded:
        same = [other for other in stored if (other.code, other.valid_from) == (version.code, version.valid_from)]
        alive = [other for other in same if other.status != WITHDRAWN]
        if not alive:
            revision = 1 + max((other.revision for other in same), default=0)
            fresh.append(replace(version, status=DRAFT, revision=revision))
        elif not _same_text(kit, version, alive[0]):
            fields = {"code": version.code, "valid_from": version.valid_from.isoformat()}
            changed.append(Problem("AIM-B054", fields))
        taken = alive[0] if alive else fresh[-1]
        valid_from = taken.valid_from.isoformat()
        named.append({"code": taken.code, "valid_from": valid_from, "version": taken.id, "state": taken.status})
    if changed:
        raise Conflict(*changed)
    return fresh, named


def _same_text(kit: Kit, version: TariffVersion, kept: TariffVersion) -> bool:
    """Whether a text is that of a kept version, be it without the decision that came later."""
    texts = {tariff_file.as_json(one, kit.plugins) for one in (kept, replace(kept, decision=None))}
    return tariff_file.as_json(version, kit.plugins) in texts


def _fresh_taxes(loaded: Sequence[TaxRule], stored: Sequence[TaxRule]) -> list[TaxRule]:
    known = {tax.id: tariff_file.tax_as_json(tax) for tax in stored}
    changed = [tax for tax in loaded if known.get(tax.id, tariff_file.tax_as_json(tax)) != tariff_file.tax_as_json(tax)]
    if changed:
        fields = [{"code": tax.tax, "valid_from": tax.valid_from.isoformat()} for tax in changed]
        raise Conflict(*(Problem("AIM-B054", one) for one in fields))
    return [tax for tax in loaded if tax.id not in known]


def _enter(kit: Kit, work: UnitOfWork, fresh: Sequence[TariffVersion], actor: str) -> None:
    tariffs.add_tariffs(work, [_tariff_row(version, tariff_file.as_json(version, kit.plugins)) for version in fresh])
    for version in fresh:
        tariffs.add_step(work, version.id, 0, Step(ENTER, actor, work.now))


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
        "revision": version.revision,
    }


def decision_text(version: TariffVersion) -> str:
    """The decision in one line: who, number, day; empty before there is one."""
    decision = version.decision
    return f"{decision.body}, № {decision.number}, {decision.day.isoformat()}" if decision else ""


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
    """Every tariff version, each as far in its life as it has come, and every tax rule of this municipality."""
    steps = tariffs.steps(work)
    versions = []
    for row in tariffs.tariff_rows(work):
        text = kit.text(work.tenant, row.body, partial(tariff_file.from_json, row.body, work.tenant, kit.plugins))
        versions.append(with_life(replace(text, revision=row.revision), steps.get(row.id, [])))
    return versions, [tariff_file.tax_from_json(row.body, work.tenant) for row in tariffs.tax_rows(work)]


def quote_price(kit: Kit, work: UnitOfWork, asked: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """What one connection would be charged for the month of a date, with the explanation. Raises Refused with the
    reason where the facts given are not enough. Without a date it is today by the town's clock."""
    provider = find_provider(work, asked["provider"])
    versions, taxes = stored(kit, work)
    refuse_unknown_class(asked["customer_class"], versions)
    month = Period.month_of(asked["date"] or work.today())
    book = Book.of(versions, taxes, kit.plugins, month, due=False)
    persons, usage = asked.get("persons"), asked.get("quantity_thousandths")
    metered = dict.fromkeys(book.flags_of_usage(asked["service"]), usage is not None)
    row = {
        "service": asked["service"],
        "provider": asked["provider"],
        "regime": provider.regime,
        "customer_class": asked["customer_class"],
        "attributes": {**metered, **(asked.get("attributes") or {})},
        "usage": usage,
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
    book = kit.made(period.name, versions, taxes, lambda: Book.of(versions, taxes, kit.plugins, period))
    if not book.every_version:
        raise Refused(Problem("AIM-B055", {"period": period.name}))
    ids = {
        "tariffs": sorted(version.id for version in book.every_version),
        "taxes": sorted(rule.id for rule in book.every_tax),
    }
    kit.made(period.name, *_chosen(versions, taxes, ids), lambda: book)
    return ids


def book_of(kit: Kit, work: UnitOfWork, ids: Mapping[str, Sequence[int]], period: Period) -> Book:
    """The compiled tariffs of a run, by the ids that were fixed when it began."""
    versions, taxes = stored(kit, work)
    chosen, rules = _chosen(versions, taxes, ids)
    return kit.made(period.name, chosen, rules, lambda: Book.of(chosen, rules, kit.plugins, period))


def _chosen(
    versions: Sequence[TariffVersion], taxes: Sequence[TaxRule], ids: Mapping[str, Sequence[int]]
) -> tuple[list[TariffVersion], list[TaxRule]]:
    wanted = {name: set(ids[name]) for name in ("tariffs", "taxes")}
    return [one for one in versions if one.id in wanted["tariffs"]], [one for one in taxes if one.id in wanted["taxes"]]
