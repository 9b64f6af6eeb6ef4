"""From a tariff file, or its JSON in the database, to tariff versions and tax rules."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from aimak.plugins.fields import Fault
from aimak.problems import Place, Problem, Refused
from marshmallow import Schema, ValidationError

from aimak_billing.domain.rating.clashes import clashes, tax_clashes
from aimak_billing.domain.rating.plugins import Plugins
from aimak_billing.domain.rating.prepared import prepare
from aimak_billing.domain.rating.selection import unknown_attributes
from aimak_billing.domain.tariff import (
    LINE,
    Component,
    Decision,
    Norm,
    Rounding,
    TariffVersion,
    TaxRule,
    Winter,
    tax_spans,
)
from aimak_billing.tariff_file.faults import faults
from aimak_billing.tariff_file.nodes import Path, Tree, path_text, read
from aimak_billing.tariff_file.schema import UNIT_OF, FileSchema, TariffSchema, TaxRuleSchema
from aimak_billing.tariff_file.text import is_table, no_tariffs

_SHARED = ("code", "kind", "names", "rounding")
_BUDGET = ("budget",)


@dataclass(frozen=True)
class Loaded:
    """What a file came to. With any problem, nothing of it is to be taken."""

    versions: tuple[TariffVersion, ...]
    taxes: tuple[TaxRule, ...]
    problems: tuple[Problem, ...]


def load(text: str, tenant: str, plugins: Plugins, file: str | None = None) -> Loaded:
    """Read a tariff file. Every problem has its line, column and path; those of the plugins' own parameters, of
    clashing dates and of what could leave 128 bits are among them."""
    tree = read(text, file)
    if tree.value is None and not tree.problems:
        return Loaded((), (), (Problem("AIM-T035", {}, Place(file, 1)),))
    if is_table(file) or not (tree.problems or isinstance(tree.value, dict)):
        return Loaded((), (), (no_tariffs(text, file),))
    if tree.problems:
        return Loaded((), (), tuple(tree.problems))
    found: list[tuple[Path, Fault]] = []
    values = _loaded(FileSchema(), tree.value, (), found)
    versions: dict[int, TariffVersion] = {}
    for number, value in enumerate(_complete(values, "tariffs", found)):
        given = None if value is None else _paid_by_the_budget(value, plugins)
        version = None if given is None else _version(given, tenant, plugins, ("tariffs", number), found)
        if version is not None:
            versions[number] = version
    rules = {
        number: TaxRule(tenant=tenant, **value)
        for number, value in enumerate(_complete(values, "taxes", found))
        if value is not None
    }
    problems = [Problem(fault.code, fault.fields, tree.place(path)) for path, fault in found]
    problems += _across(versions, rules, plugins, tree)
    problems.sort(key=lambda problem: (problem.place and problem.place.line) or 0)
    return Loaded(tuple(versions.values()), tuple(rules.values()), tuple(problems))


def from_json(text: str, tenant: str, plugins: Plugins) -> TariffVersion:
    """A version that `as_json` wrote. Raises Refused where it no longer reads, as when its plugin is gone."""
    found: list[tuple[Path, Fault]] = []
    value = _loaded(TariffSchema(), json.loads(text), (), found)
    version = None if found else _version(value, tenant, plugins, (), found)
    if version is None or found:
        raise Refused(*(Problem(fault.code, fault.fields, Place(path=path_text(path))) for path, fault in found))
    return version


def tax_from_json(text: str, tenant: str) -> TaxRule:
    """A tax rule that `tax_as_json` wrote. Raises Refused where it does not read."""
    found: list[tuple[Path, Fault]] = []
    value = _loaded(TaxRuleSchema(), json.loads(text), (), found)
    if found:
        raise Refused(*(Problem(fault.code, fault.fields, Place(path=path_text(path))) for path, fault in found))
    return TaxRule(tenant=tenant, **value)


def _loaded(schema: Schema, value: Any, path: Path, found: list[tuple[Path, Fault]]) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(value)
        return loaded
    except ValidationError as wrong:
        found += faults(wrong.messages, path)
        return wrong.valid_data if isinstance(wrong.valid_data, dict) else {}


def _paid_by_the_budget(value: Mapping[str, Any], plugins: Plugins) -> Mapping[str, Any]:
    """The entry, for the budget alone where its service is one that the budget pays and it names no class."""
    service, conditions = plugins.service_types.get(value["service"]), value.get("applies_to") or {}
    if service is None or not service.budget_pays or "class" in conditions:
        return value
    return {**value, "applies_to": {"class": _BUDGET, **conditions}}


def _complete(values: Mapping[str, Any], name: str, found: Sequence[tuple[Path, Fault]]) -> list[Any]:
    """The entries of a list, None for those with a fault: their own faults have been told."""
    broken = {path[1] for path, _ in found if path[:1] == (name,) and len(path) > 1}
    entries = values.get(name)
    listed = entries if isinstance(entries, list) else []
    return [None if number in broken else entry for number, entry in enumerate(listed)]


def _version(
    value: Mapping[str, Any], tenant: str, plugins: Plugins, path: Path, found: list[tuple[Path, Fault]]
) -> TariffVersion | None:
    before = len(found)
    components = [
        _component(entry, plugins, (*path, "components", number), found)
        for number, entry in enumerate(value["components"])
    ]
    if len(found) > before:
        return None
    norms = value.get("norms")
    plain = {
        name: given
        for name, given in value.items()
        if name not in ("norms", "rounding", "components", "decision", "winter")
    }
    return TariffVersion(
        tenant=tenant,
        **plain,
        decision=Decision(**value["decision"]) if value.get("decision") else None,
        components=tuple(component for component in components if component is not None),
        norm_per=norms["per"] if norms else "day",
        norms=tuple(_norm(entry) for entry in norms["table"]) if norms else (),
        rounding=_rounding(value["rounding"]) if value.get("rounding") else Rounding(),
        winter=Winter(**value["winter"]) if value.get("winter") else None,
    )


def _rounding(entry: Mapping[str, Any]) -> Rounding:
    return Rounding(entry["mode"], UNIT_OF[entry["to"]], entry.get("of", LINE))


def _norm(entry: Mapping[str, Any]) -> Norm:
    return Norm(entry["when"], entry["quantity"], entry.get("valid_from"), entry.get("valid_to"))


def _component(
    entry: Mapping[str, Any], plugins: Plugins, path: Path, found: list[tuple[Path, Fault]]
) -> Component | None:
    kind = plugins.rate_components.get(entry["kind"])
    if kind is None:
        known = ", ".join(plugins.rate_components.codes())
        found.append(((*path, "kind"), Fault("AIM-T007", {"kind": entry["kind"], "known": known})))
        return None
    before = len(found)
    own = {name: value for name, value in entry.items() if name not in _SHARED}
    parameters = _loaded(kind.schema(), own, path, found)
    if len(found) > before:
        return None
    try:
        kind(parameters)
    except ValidationError as wrong:
        found += faults(wrong.messages, path)
        return None
    rounding = _rounding(entry["rounding"]) if entry.get("rounding") else None
    return Component(entry["code"], entry["kind"], parameters, entry.get("names"), rounding)


def _across(
    versions: Mapping[int, TariffVersion], rules: Mapping[int, TaxRule], plugins: Plugins, tree: Tree
) -> list[Problem]:
    """What only shows when a version is made ready or held against the others."""
    problems: list[Problem] = []
    dated = tax_spans(rules.values())
    numbers = {id(version): number for number, version in versions.items()}
    for number, version in versions.items():
        current = [rule for rule in rules.values() if version.valid_from in dated[rule.id]]
        _, found = prepare(version, current, plugins)
        for problem in [*found, *unknown_attributes(version, plugins)]:
            problems.append(_placed(problem, tree, ("tariffs", number)))
    for version, problem in clashes(list(versions.values())):
        problems.append(replace(problem, place=tree.place(("tariffs", numbers[id(version)], "from"))))
    places = {id(rule): number for number, rule in rules.items()}
    for rule, problem in tax_clashes(list(rules.values())):
        problems.append(replace(problem, place=tree.place(("taxes", places[id(rule)], "from"))))
    return problems


def _placed(problem: Problem, tree: Tree, start: Path) -> Problem:
    inner: list[str | int] = []
    for step in (problem.place.path or "").split(".") if problem.place else ():
        name, _, number = step.partition("[")
        inner += [name, int(number.rstrip("]"))] if number else [name]
    return replace(problem, place=tree.place((*start, *inner)))
