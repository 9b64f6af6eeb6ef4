"""An OWRS file as tariff versions: one for each customer class."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from aimak.problems import Problem, Refused

from aimak_billing.domain.rating.plugins import Plugins
from aimak_billing.domain.rating.prepared import prepare
from aimak_billing.domain.tariff import TariffVersion
from aimak_billing.owrs import names
from aimak_billing.owrs.document import CLASSES, Document, OwrsClass
from aimak_billing.owrs.translate import Translated, translate
from aimak_billing.tariff_file.read import from_json

SERVICE = "supply"
CURRENCY = "USD"
CODE_LENGTH = 40
UNDATED = date(2000, 1, 1)


@dataclass(frozen=True)
class ClassTariff:
    """A class as a tariff version, and how it was translated."""

    version: TariffVersion
    made: Translated


def tariffs(
    document: Document, tenant: str, provider: str, plugins: Plugins, chosen: Iterable[str] = ()
) -> tuple[TariffVersion, ...]:
    """Drafts of all classes of a file, or of those chosen. Raises Refused with everything that is wrong."""
    classes = [document.named(name) for name in chosen] or list(document.classes.values())
    problems = list(document.problems)
    found: list[TariffVersion] = []
    for owrs in classes:
        try:
            one = class_tariff(document, owrs, {}, tenant, provider, plugins)
        except Refused as refused:
            problems += refused.problems
            continue
        problems += one.made.faults
        found.append(one.version)
    if problems:
        raise Refused(*problems)
    return tuple(found)


def class_tariff(
    document: Document, owrs: OwrsClass, given: Mapping[str, str], tenant: str, provider: str, plugins: Plugins
) -> ClassTariff:
    """One class as a draft, with `given` in place of parts and data columns. Raises Refused with the places."""
    made = translate(owrs, given)
    tree = _tree(document, owrs, made, provider)
    try:
        version = from_json(json.dumps(tree), tenant, plugins)
        _, problems = prepare(version, [], plugins)
        if problems:
            raise Refused(*problems)
    except Refused as refused:
        raise Refused(*(placed(problem, owrs, made) for problem in refused.problems)) from None
    return ClassTariff(version, made)


def placed(problem: Problem, owrs: OwrsClass, made: Translated) -> Problem:
    """A problem of a component, at the part of the file that the component was made of."""
    path = (problem.place.path or "") if problem.place else ""
    number = path.partition("[")[2].partition("]")[0]
    if not path.startswith("components[") or not number.isdigit():
        return Problem(problem.code, problem.fields, owrs.tree.place(owrs.path))
    part = made.labels[made.components[int(number)]["code"]]
    return Problem(problem.code, problem.fields, owrs.tree.place((*owrs.path, part)))


def _tree(document: Document, owrs: OwrsClass, made: Translated, provider: str) -> dict[str, Any]:
    start = (document.start or UNDATED).isoformat()
    title = f"{document.utility}: {owrs.name}"
    return {
        "code": _code(document.utility, owrs.name),
        "service": SERVICE,
        "provider": provider,
        "name": {"ky": title, "ru": title, "en": title},
        "from": start,
        "applies_to": {"class": owrs.name},
        "legal_ground": document.source or f"{CLASSES} of {document.utility}",
        "frequency": document.frequency,
        "currency": CURRENCY,
        "unit": document.unit,
        "without_reading": "hold",
        "rounding": {"mode": "half_even", "to": "0.01", "of": "total"},
        "components": made.components,
    }


def _code(utility: str, owrs_class: str) -> str:
    ending = names.code(owrs_class)[:24]
    return f"{names.code(utility)[: CODE_LENGTH - 1 - len(ending)]}-{ending}"
