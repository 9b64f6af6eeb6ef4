"""The tariffs that are in force for a period, made ready once for a whole run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any

import polars as pl
from aimak.period import Period
from aimak.problems import Problem, Refused

from aimak_billing.domain.rating.clashes import conflicts
from aimak_billing.domain.rating.determinants import OF_CUSTOMER, attribute_names, number_names
from aimak_billing.domain.rating.frequency import elsewhere, others
from aimak_billing.domain.rating.in_force import Timetable
from aimak_billing.domain.rating.kinds import Kinds
from aimak_billing.domain.rating.plugins import Plugins
from aimak_billing.domain.rating.prepared import Prepared, prepare
from aimak_billing.domain.rating.steps import Steps, falls_under
from aimak_billing.domain.rating.winter import several_winters
from aimak_billing.domain.tariff import MONTH, ONCE, PUBLISHED, SOM, Component, TariffVersion, TaxRule, spans, tax_spans

TAX = "tax"
"""The code of the rate component that taxes others."""


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
    elsewhere: tuple[TariffVersion, ...] = ()
    """Versions of another frequency: who falls under one of them is passed over here."""
    others: tuple[Book, ...] = ()
    """Of a month's book: the books of the longer periods that the month's run bills."""
    number: int = 0
    """0 of a month's own book, else its place among `others`, from 1."""

    @classmethod
    def of(
        cls,
        versions: Iterable[TariffVersion],
        taxes: Iterable[TaxRule],
        plugins: Plugins,
        period: Period,
        currency: str = SOM,
        *,
        due: bool = True,
    ) -> Book:
        """Choose and make ready what the run of the month `period` bills; `due` False: every longer period that holds
        the month, as for a quotation. Raises Refused with every problem: two tariffs for one date, another currency,
        an unknown plugin, a cycle, a step that could leave 128 bits, services that follow one another in a circle."""
        published = [version for version in versions if version.status == PUBLISHED]
        making = _Making(published, list(taxes), plugins, currency)
        longer = others(published, period, due=due)
        books = [making.book(own, some, number) for number, (own, some) in enumerate(longer.items(), 1)]
        monthly = [version for version in published if version.frequency == MONTH]
        book = making.book(period, monthly, 0)
        if making.problems:
            raise Refused(*making.problems)
        every = {key: version for each in (book, *books) for key, version in each.versions.items()}
        passed = elsewhere(published, period, making.kept)
        return replace(book, versions=every, elsewhere=passed, others=tuple(books))

    @classmethod
    def of_item(cls, version: TariffVersion, taxes: Iterable[TaxRule], plugins: Plugins, day: date, item: str) -> Book:
        """A price list's book of one item with its taxes, on a day; the quantity asked for is the connection's usage.
        Raises Refused, also where the list has no such item."""
        chosen = [one for one in version.components if one.code == item and one.kind != TAX]
        if version.frequency != ONCE or not chosen:
            raise Refused(Problem("AIM-T242", {"code": version.code, "item": item}))
        taxed = [one for one in version.components if _taxes(one, item)]
        one = replace(version, components=(*chosen, *(replace(tax, parameters=_only(tax, item)) for tax in taxed)))
        making = _Making([one], list(taxes), plugins, version.currency)
        book = making.book(Period(day, day + timedelta(days=1), day.isoformat()), [one], 0)
        if making.problems:
            raise Refused(*making.problems)
        return book

    @property
    def every_version(self) -> tuple[TariffVersion, ...]:
        """All that a run must keep to make the same book again."""
        return tuple({version.id: version for version in (*self.versions.values(), *self.elsewhere)}.values())

    @property
    def every_tax(self) -> tuple[TaxRule, ...]:
        """The tax rules of this book and of the longer periods."""
        return tuple({rule.id: rule for book in (self, *self.others) for rule in book.taxes}.values())

    @cached_property
    def passed_over(self) -> pl.Expr | None:
        """Whether a connection without a version here is no matter of this book; None: it always is one."""
        if self.number:
            return pl.lit(True)
        return pl.any_horizontal(*map(falls_under, self.elsewhere)).fill_null(False) if self.elsewhere else None

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

    def flags_of_usage(self, service: str) -> frozenset[str]:
        """The attributes that say whether a connection of the service goes by its usage: `metered`."""
        mine = [one for book in (self, *self.others) for one in book.prepared if one.version.service == service]
        ways = [way for one in mine for way in one.ways if "usage" in way.quantity.names]
        return frozenset(way.when.name for way in ways if way.when is not None and not way.when.certain)

    @cached_property
    def attribute_texts(self) -> frozenset[str]:
        """The attributes that must be read: those that tariffs and norms name, and all of the types they rate."""
        named = {name for one in self.prepared for name in one.version.applies_to}
        named |= {name for version in self.elsewhere for name in version.applies_to}
        named |= {name for one in self.prepared for norm in one.version.norms for name in norm.when}
        named |= {name for one in self.prepared for name in attribute_names(one.service)}
        return frozenset(named - OF_CUSTOMER.keys())

    @cached_property
    def selecting(self) -> frozenset[str]:
        """The attributes by which tariffs are chosen."""
        named = {name for one in self.prepared for name in one.version.applies_to}
        named |= {name for version in self.elsewhere for name in version.applies_to}
        return frozenset(named - OF_CUSTOMER.keys())

    @cached_property
    def kinds(self) -> Kinds:
        """The kinds of connections that were met so far, where nothing changes by days."""
        return Kinds(self.steps, self.stages[0].waiting, self.selecting)

    def left_out(self, nobody: pl.DataFrame) -> pl.DataFrame:
        """Those of the connections without a version that no tariff of another period rates either."""
        return nobody if self.passed_over is None else nobody.filter(~self.passed_over)

    @cached_property
    def attribute_numbers(self) -> frozenset[str]:
        """Those among them that are read as numbers."""
        return frozenset(name for one in self.prepared for name in number_names(one.service))


def _taxes(component: Component, item: str) -> bool:
    of = component.parameters.get("of")
    return component.kind == TAX and (of is None or item in of)


def _only(tax: Component, item: str) -> dict[str, Any]:
    return {**tax.parameters, **({"of": [item]} if tax.parameters.get("of") else {})}


class _Making:
    """What books of one month are made of, and all that is wrong with it."""

    def __init__(
        self, published: Sequence[TariffVersion], rules: Sequence[TaxRule], plugins: Plugins, currency: str
    ) -> None:
        self.rules, self.plugins, self.currency = rules, plugins, currency
        self.kept, self.dated = spans(published), tax_spans(rules)
        self.problems = list(conflicts(published, rules))

    def book(self, period: Period, versions: Sequence[TariffVersion], number: int) -> Book:
        """The book of one period and the versions of its frequency."""
        times = Timetable(period, versions, self.kept, self.rules, self.dated)
        days = times.days()
        current = {version.id: version for day in days for version, _ in times.on(day)}
        self.problems += [
            Problem("AIM-T215", {"code": version.code, "currency": version.currency, "wanted": self.currency})
            for version in current.values()
            if version.currency != self.currency
        ]
        ready: list[Prepared] = []
        for version in current.values():
            counting = {rule.id: rule for day in days for rule in times.rules_of(version, day)}
            prepared, found = prepare(version, tuple(counting.values()), self.plugins)
            self.problems += found
            if prepared is not None:
                ready.append(prepared)
        ordered = _followed_first(ready, self.problems)
        self.problems += several_winters(one.version for one in ready)
        stages = tuple(_stage(day, ordered, times) for day in days)
        cuts = {Cut(version.service, version.provider, day): None for day, version in times.cuts()}
        taxes = tuple(rule for rule in self.rules if any(day in self.dated[rule.id] for day in days))
        return Book(period, ordered, stages, self.plugins, taxes, current, tuple(cuts), number=number)


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
    graph: dict[str, set[str]] = {}
    for one in ready:
        before = {one.service.follows} if one.service.follows else set()
        graph.setdefault(one.version.service, set()).update(before, one.charged)
    try:
        rank = {service: place for place, service in enumerate(TopologicalSorter(graph).static_order())}
    except CycleError as cycle:
        problems.append(Problem("AIM-T010", {"cycle": " → ".join(reversed(cycle.args[1]))}))
        return ()
    return tuple(sorted(ready, key=lambda one: (rank[one.version.service], one.version.code)))
