"""Defining the municipality and its creditors, and telling others what the service types are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from aimak import audit
from aimak.contracts import billing
from aimak.plugins.json_schema import json_schema
from aimak.problems import Place, Problem, Refused
from aimak.storage import counters
from aimak.storage.types import dumps
from aimak.storage.work import UnitOfWork
from aimak.texts import LANGUAGES
from sqlalchemy import Row

from aimak_billing.application.kit import Kit
from aimak_billing.domain import elqr
from aimak_billing.domain.receivables import PROVIDERS_AT_MOST
from aimak_billing.store import registers as store
from aimak_billing.tariff_file.faults import faults
from aimak_billing.tariff_file.nodes import path_text

CODE = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
# More than any installation has; what a plugin says of itself never changes.
_SERVICE_TYPES = 64
REGIMES = ("general", "simplified", "budget")
# The tax authority gives a person and a firm alike fourteen digits.
_TAX_NUMBER = re.compile(r"[0-9]{14}")
# What papers name a creditor by.
ON_PAPER = ("name", "tax_number", "bank_account")


def define_tenant(kit: Kit, facts: Mapping[str, Any], work: UnitOfWork) -> tuple[dict[str, Any], bool]:
    """Define this unit's municipality or change it; gives what stands now and whether nothing changed."""
    _check_tenant(facts)
    known = store.tenant(work)
    wanted = {
        "code": work.tenant,
        "name": dict(facts["name"]),
        "zone": facts["zone"],
        "languages": ",".join(facts["languages"]),
        "is_test": bool(facts["is_test"]),
    }
    replayed = known is not None and all(getattr(known, key) == value for key, value in wanted.items())
    version = (known.version if known else 0) + (not replayed)
    if not replayed:
        if known is not None and known.name != wanted["name"]:
            store.keep_tenant_name(work, known.name)
        store.write_tenant(work, {**wanted, "version": version}, new=known is None)
        work.publish(_tenants(work))
        audit.note_change(work, known and known._mapping, {key: wanted[key] for key in wanted if key != "code"})
    tell_service_types(kit, work)
    work.schedule("maintain", "daily", due_at=work.now + timedelta(days=1))
    return tenant_view(work), replayed


def tenant_view(work: UnitOfWork) -> dict[str, Any]:
    """The municipality as the API shows it. Raises NotFound."""
    facts = work.tenant_facts()
    row = store.tenant(work)
    assert row is not None
    shown = {"code": facts.code, "name": facts.name, "zone": facts.zone, "languages": list(facts.languages)}
    return {**shown, "is_test": facts.is_test, "version": row.version}


def tenant_called(work: UnitOfWork, at: Collection[datetime]) -> dict[datetime, Mapping[str, str]]:
    """What the municipality was called at each of some instants, by language."""
    before, now = store.tenant_names(work), work.tenant_facts().name
    return {one: next((row.name for row in before if row.until > one), now) for one in at}


def _check_tenant(facts: Mapping[str, Any]) -> None:
    problems = []
    if not CODE.fullmatch(facts["code"]):
        problems.append(Problem("AIM-B001", {"code": facts["code"]}))
    unknown = set(facts["languages"]) - set(LANGUAGES)
    if unknown or not facts["languages"]:
        problems.append(Problem("AIM-B002", {"languages": ", ".join(sorted(unknown)) or "-"}))
    try:
        ZoneInfo(facts["zone"])
    except (KeyError, ValueError, OSError):
        problems.append(Problem("AIM-B003", {"zone": facts["zone"]}))
    if problems:
        raise Refused(*problems)


def define_provider(facts: Mapping[str, Any], work: UnitOfWork) -> tuple[dict[str, Any], bool]:
    """Define a creditor or change it; gives what stands now and whether nothing changed."""
    work.tenant_facts()
    problems = []
    if not CODE.fullmatch(facts["code"]):
        problems.append(Problem("AIM-B001", {"code": facts["code"]}))
    if facts["regime"] not in REGIMES:
        problems.append(Problem("AIM-B004", {"regime": facts["regime"], "allowed": ", ".join(REGIMES)}))
    if not _TAX_NUMBER.fullmatch(facts["tax_number"]):
        problems.append(Problem("AIM-B007", {"value": facts["tax_number"]}))
    problems += _elqr_problems(facts["elqr"])
    if problems:
        raise Refused(*problems)
    wanted = {key: facts[key] for key in ("code", "name", "tax_number", "regime", "bank_account", "elqr")}
    known = store.provider(work, facts["code"])
    replayed = known is not None and all(getattr(known, key) == value for key, value in wanted.items())
    if not replayed:
        if known is not None and any(getattr(known, key) != wanted[key] for key in ON_PAPER):
            store.keep_provider(work, known)
        number = known.number if known else _next_provider(work)
        version = (known.version if known else 0) + 1
        store.write_provider(work, {**wanted, "number": number, "version": version}, new=known is None)
        work.publish(_providers(work, facts["code"]))
        audit.note_change(work, known and known._mapping, {key: wanted[key] for key in wanted if key != "code"})
    return provider_view(store.provider(work, facts["code"])), replayed


def providers_called(work: UnitOfWork, at: Collection[datetime]) -> dict[datetime, dict[str, Row[Any]]]:
    """By what papers of some instants name each creditor (its name, tax_number and bank_account), by its code."""
    before, now = store.providers_past(work), store.providers(work)

    def called(row: Row[Any], one: datetime) -> Row[Any]:
        return next((past for past in before if past.code == row.code and past.until > one), row)

    return {one: {row.code: called(row, one) for row in now} for one in at}


def _elqr_problems(facts: Mapping[str, str]) -> tuple[Problem, ...]:
    """A payment code that no bank would read is found when the creditor is defined, not when a bill is printed."""
    if not facts:
        return ()
    try:
        elqr.build(elqr.for_bill(facts, account="1", amount=None, bill=""))
    except Refused as refused:
        return refused.problems
    return ()


def _next_provider(work: UnitOfWork) -> int:
    number = counters.reserve(work, "provider", 1)
    if number >= PROVIDERS_AT_MOST:
        raise Refused(Problem("AIM-B005", {"most": PROVIDERS_AT_MOST - 1}))
    return number


def provider_view(row: Any) -> dict[str, Any]:
    """A creditor as the API shows it."""
    shown = ("code", "number", "name", "tax_number", "regime", "bank_account", "elqr", "version")
    return {key: getattr(row, key) for key in shown}


def tell_service_types(kit: Kit, work: UnitOfWork) -> None:
    """Tell other services what the installed plugins say of their service types, where that is new."""
    told = store.service_types(work)
    changed = False
    for code, plugin in kit.plugins.service_types.all():
        facts = _service_type(code, plugin)
        if code in told and told[code].facts == facts:
            continue
        store.write_service_type(work, code, facts, told[code].version + 1 if code in told else 1)
        changed = True
    if changed:
        work.publish(_service_types(work))


@lru_cache(_SERVICE_TYPES)
def _service_type(code: str, plugin: Any) -> dict[str, Any]:
    return {
        "code": code,
        "unit": plugin.unit,
        "decimals": plugin.decimals,
        "metered": plugin.metered,
        "names": dumps(dict(plugin.names)),
        "attributes": dumps(json_schema(plugin.attributes)),
    }


def _tenants(work: UnitOfWork) -> billing.TenantsDefined:
    row = store.tenant(work)
    assert row is not None
    shown = {"code": row.code, "zone": row.zone, "languages": row.languages, "is_test": bool(row.is_test)}
    return billing.TenantsDefined.of(work.tenant, [{**shown, "name": dumps(row.name), "version": row.version}])


def _providers(work: UnitOfWork, code: str | None = None) -> billing.ProvidersDefined:
    shown = ("code", "tax_number", "regime", "bank_account", "version")
    rows = [
        {**{key: getattr(row, key) for key in shown}, "name": dumps(row.name)}
        for row in store.providers(work)
        if code in (None, row.code)
    ]
    return billing.ProvidersDefined.of(work.tenant, rows)


def _service_types(work: UnitOfWork) -> billing.ServiceTypesDefined:
    rows = [{**row.facts, "version": row.version} for row in store.service_types(work).values()]
    return billing.ServiceTypesDefined.of(work.tenant, rows)


def republish_tenants(work: UnitOfWork) -> Iterator[billing.TenantsDefined]:
    """The municipality as it stands."""
    if store.tenant(work) is not None:
        yield _tenants(work)


def republish_providers(work: UnitOfWork) -> Iterator[billing.ProvidersDefined]:
    """All creditors as they stand."""
    yield _providers(work)


def republish_service_types(work: UnitOfWork) -> Iterator[billing.ServiceTypesDefined]:
    """All service types as they were last told."""
    yield _service_types(work)


def attribute_problems(kit: Kit, service: str, attributes: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with a connection's attributes, by the schema of its service type; empty when all is well."""
    plugin = kit.plugins.service_types.get(service)
    assert plugin is not None
    errors = plugin.attributes().validate(dict(attributes))
    found = [Problem(fault.code, fault.fields, Place(path=path_text(path))) for path, fault in faults(errors)]
    return sorted(found, key=lambda problem: (problem.place.path or "" if problem.place else "", problem.code))
