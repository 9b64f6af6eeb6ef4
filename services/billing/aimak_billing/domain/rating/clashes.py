"""Two tariffs, or two rates of a tax, for one date: found before they are taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from aimak.problems import Problem

from aimak_billing.domain.tariff import ONCE, PUBLISHED, Conditions, TariffVersion, TaxRule, spans, tax_spans


def conflicts(versions: Sequence[TariffVersion], taxes: Sequence[TaxRule] = ()) -> tuple[Problem, ...]:
    """Every pair that would be in force for the same connection on the same day. Give it all versions: those
    that are kept and those that are new."""
    found = [problem for _, problem in clashes(versions)]
    return tuple(found + [problem for _, problem in tax_clashes(taxes)])


def clashes(versions: Sequence[TariffVersion]) -> Iterator[tuple[TariffVersion, Problem]]:
    """The later of each pair of tariffs that clash, with what is wrong. A draft is in force on no day."""
    in_force = spans(version for version in versions if version.status == PUBLISHED)
    for first, second in combinations(versions, 2):
        fields = {"code": second.code, "other": first.code}
        if first.code == second.code:
            if not _alike(first, second):
                yield second, Problem("AIM-T033", {"code": second.code, "service": first.service})
            elif first.valid_from == second.valid_from:
                yield second, Problem("AIM-T009", {**fields, "date": second.valid_from.isoformat()})
        elif _rival(first, second) and first.id in in_force and second.id in in_force:
            day = in_force[first.id].meets(in_force[second.id])
            if day is not None and _meet(first.applies_to, second.applies_to):
                yield second, Problem("AIM-T009", {**fields, "date": day.isoformat()})


def tax_clashes(rules: Sequence[TaxRule]) -> Iterator[tuple[TaxRule, Problem]]:
    """The later of each pair of tax rules that clash, with what is wrong."""
    in_force = tax_spans(rules)
    for first, second in combinations(rules, 2):
        if first.tax != second.tax:
            continue
        if first.key == second.key:
            day = second.valid_from if first.valid_from == second.valid_from else None
        else:
            day = in_force[first.id].meets(in_force[second.id])
        pairs = ((first.services, second.services), (first.classes, second.classes), (first.regimes, second.regimes))
        if day is not None and all(_share(mine, theirs) for mine, theirs in pairs):
            yield second, Problem("AIM-T017", {"tax": second.tax, "date": day.isoformat()})


def _alike(first: TariffVersion, second: TariffVersion) -> bool:
    return (first.service, first.provider) == (second.service, second.provider)


def _rival(first: TariffVersion, second: TariffVersion) -> bool:
    """Whether two tariffs are of one service and provider; what is asked for by item stands beside all others."""
    return _alike(first, second) and ONCE not in (first.frequency, second.frequency)


def _meet(first: Conditions, second: Conditions) -> bool:
    """Whether one connection could fulfil both: an attribute of which only one speaks does not keep them apart."""
    return all(set(first[name]) & set(second[name]) for name in first.keys() & second.keys())


def _share(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    return not first or not second or bool(set(first) & set(second))
