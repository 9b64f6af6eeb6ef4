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
from aimak_billing.domain.rating.in_force import Timetable
from aimak_billing.domain.rating.plugins import Plugins
from aimak_billing.domain.rating.prepared import Prepared, prepare
from aimak_billing.domain.rating.steps import Steps
from aimak_billing.domain.tariff import PUBLISHED, SOM, TariffVersion, TaxRule, spans, tax_spans


@dataclass(frozen=True)
class Stage:
    """The days from `day` on, as far as the next stage: the versions that count, in the order of calculation, and the
    places of those that do only because their end waits for the next period."""

    day: date
    steps: tuple[Steps, ...]
    waiting: frozenset[int]


@dataclass(frozen=True)
class Cut:
    """A day inside the period on which a tariff of a service and provider changes by days."""

    service: str
    provider: str
    day: date


@dataclass(frozen=True)
class Book:
    """Versions and tax rules that count on the days of a period, ready to rate.

    A change inside a period counts from the next one, unless its tariff says that it goes by days: `stages` then has
    one for each stretch of days between such changes, and `cuts` says where they lie.
    """

    period: Period
    prepared: tuple[Prepared, ...]
    stages: tuple[Stage, ...]
    plugins: Plugins
    taxes: tuple[TaxRule, ...]
    versions: Mapping[int, TariffVersion] = field(default_factory=dict)
    cuts: tuple[Cut, ...] = ()

    @classmethod
    def of(
        cls,
        versions: Iterable[TariffVersion],
        taxes: Iterable[TaxRule],
        plugins: Plugins,
        period: Period,
        currency: str = SOM,
    ) -> Book:
        """Choose and make ready. Raises Refused with every problem: two tariffs for one date, another currency, an
        unknown plugin, a cycle, a step that could leave 128 bits, services that follow one another in a circle."""
        approved = [version for version in versions if version.status == PUBLISHED]
        rules = list(taxes)
        problems = list(conflicts(approved, rules))
        times = Timetable(period, approved, spans(approved), rules, tax_spans(rules))
        days = times.days()
        current = {version.id: version for day in days for version, _ in times.on(day)}
        problems += [
            Problem("AIM-T215", {"code": version.code, "currency": version.currency, "wanted": currency})
            for version in current.values()
            if version.currency != currency
        ]
        ready: list[Prepared] = []
        for version in current.values():
            counting = {rule.id: rule for day in days for rule in times.rules_of(version, day)}
            prepared, found = prepare(version, tuple(counting.values()), plugins)
            problems += found
            if prepared is not None:
                ready.append(prepared)
        ordered = _followed_first(ready, problems)
        if problems:
            raise Refused(*problems)
        stages = tuple(_stage(day, ordered, times) for day in days)
        cuts = {Cut(version.service, version.provider, day): None for day, version in times.cuts()}
        taxes = tuple(rule for rule in rules if any(day in times.dated[rule.id] for day in days))
        return cls(period, ordered, stages, plugins, taxes, current, tuple(cuts))

    @property
    def day(self) -> date:
        """The first day of the period."""
        return self.period.start

    @property
    def steps(self) -> tuple[Steps, ...]:
        """What counts where nothing changes by days."""
        return self.stages[0].steps

    def days_of(self, service: str, provider: str) -> list[date]:
        """The days inside the period on which a tariff of theirs changes by days."""
        return sorted({cut.day for cut in self.cuts if (cut.service, cut.provider) == (service, provider)})

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


def _stage(day: date, ordered: tuple[Prepared, ...], times: Timetable) -> Stage:
    followed = {one.service.follows for one in ordered}
    waits = {version.id: waiting for version, waiting in times.on(day)}
    counting = [one for one in ordered if one.version.id in waits]
    steps = tuple(
        Steps.of(
            one,
            one.version.service in followed,
            times.day_of(one.version, day),
            times.rules_of(one.version, day),
        )
        for one in counting
    )
    waiting = frozenset(place for place, one in enumerate(counting) if waits[one.version.id])
    return Stage(day, steps, waiting)


def _followed_first(ready: list[Prepared], problems: list[Problem]) -> tuple[Prepared, ...]:
    graph = {one.version.service: {one.service.follows} if one.service.follows else set() for one in ready}
    try:
        rank = {service: place for place, service in enumerate(TopologicalSorter(graph).static_order())}
    except CycleError as cycle:
        problems.append(Problem("AIM-T010", {"cycle": " → ".join(reversed(cycle.args[1]))}))
        return ()
    return tuple(sorted(ready, key=lambda one: (rank[one.version.service], one.version.code)))
