"""The tariffs that are in force for a period, made ready once for a whole run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

from aimak.period import Period
from aimak.problems import Problem, Refused

from aimak_billing.domain.rating.clashes import conflicts
from aimak_billing.domain.rating.determinants import OF_CUSTOMER, attribute_names
from aimak_billing.domain.rating.plugins import Plugins
from aimak_billing.domain.rating.prepared import Prepared, prepare
from aimak_billing.domain.rating.steps import Steps
from aimak_billing.domain.tariff import PUBLISHED, TariffVersion, TaxRule, spans, tax_spans


@dataclass(frozen=True)
class Book:
    """Versions and tax rules in force on the first day of a period, ready to rate.

    A tariff that changes inside a period counts from the next one.
    """

    period: Period
    prepared: tuple[Prepared, ...]
    steps: tuple[Steps, ...]
    plugins: Plugins
    taxes: tuple[TaxRule, ...]
    versions: Mapping[int, TariffVersion] = field(default_factory=dict)

    @classmethod
    def of(cls, versions: Iterable[TariffVersion], taxes: Iterable[TaxRule], plugins: Plugins, period: Period) -> Book:
        """Choose and make ready. Raises Refused with every problem: two tariffs for one date, an unknown plugin,
        a cycle, a step that could leave 128 bits, services that follow one another in a circle."""
        approved = [version for version in versions if version.status == PUBLISHED]
        rules = list(taxes)
        problems = list(conflicts(approved, rules))
        day = period.start
        kept, dated = spans(approved), tax_spans(rules)
        current = [version for version in approved if day in kept[version.id]]
        in_force = tuple(rule for rule in rules if day in dated[rule.id])
        ready: list[Prepared] = []
        for version in current:
            prepared, found = prepare(version, in_force, plugins)
            problems += found
            if prepared is not None:
                ready.append(prepared)
        ordered = _followed_first(ready, problems)
        if problems:
            raise Refused(*problems)
        followed = {one.service.follows for one in ordered}
        steps = tuple(Steps.of(one, one.version.service in followed, day) for one in ordered)
        return cls(period, ordered, steps, plugins, in_force, {version.id: version for version in current})

    @property
    def day(self) -> date:
        """The day whose tariffs, norms and taxes count."""
        return self.period.start

    @cached_property
    def attribute_texts(self) -> frozenset[str]:
        """The attributes that must be read: those that tariffs and norms name, and all of the types they rate."""
        named = {name for one in self.prepared for name in one.version.applies_to}
        named |= {name for one in self.prepared for norm in one.version.norms for name in norm.when}
        named |= {name for one in self.prepared for name in attribute_names(one.service)}
        return frozenset(named - OF_CUSTOMER.keys())

    @cached_property
    def attribute_numbers(self) -> frozenset[str]:
        """Those among them that are read as numbers."""
        return frozenset(name for one in self.prepared for name in attribute_names(one.service, "number"))


def _followed_first(ready: list[Prepared], problems: list[Problem]) -> tuple[Prepared, ...]:
    graph = {one.version.service: {one.service.follows} if one.service.follows else set() for one in ready}
    try:
        rank = {service: place for place, service in enumerate(TopologicalSorter(graph).static_order())}
    except CycleError as cycle:
        problems.append(Problem("AIM-T010", {"cycle": " → ".join(reversed(cycle.args[1]))}))
        return ()
    return tuple(sorted(ready, key=lambda one: (rank[one.version.service], one.version.code)))
