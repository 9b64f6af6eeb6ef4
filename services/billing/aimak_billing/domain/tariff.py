"""A tariff version: what was decided, for whom, from when, and how it is charged. Never edited once it is taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from aimak.ids import derived_id
from aimak.plugins.numbers import Price
from aimak.problems import Problem, Refused

CLASS = "class"
"""The name under which a tariff speaks of the customer's class beside the connection's attributes."""

CUSTOMER_CLASSES = {"household": ("население", "калк"), "budget": ("бюджет",), "other": ("прочие", "башка")}
"""The classes that an account may have, with what files call them. A tariff may name others."""

REGIME = "regime"
"""The name under which a tax rule speaks of the provider's tax regime."""

SOM = "KGS"
"""The currency of bills. A tariff in another one can be quoted, but rates nothing."""

PUBLISHED = "published"
"""The status of a version that rates, from the end of its notice on; one that is still on its way does not."""

Conditions = Mapping[str, tuple[str, ...]]
"""Attribute → the values of which one must be there. Empty: everybody."""


@dataclass(frozen=True)
class Decision:
    """The council's decision that a tariff stands on."""

    body: str
    number: str
    day: date


@dataclass(frozen=True)
class Norm:
    """Thousandths of the unit for one person and day (or month), where the conditions hold, while it is valid.
    `valid_to` is the first day on which it is no longer valid; None: open."""

    when: Conditions
    thousandths: int
    valid_from: date | None = None
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether it is valid on that day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day < self.valid_to)


LINE, TOTAL = "line", "total"
"""What a tariff rounds: each line, or the total of a connection's lines, which then share it."""


NEXT_PERIOD, BY_DAYS = "next_period", "by_days"
"""What a change inside a period does: it waits for the next, or each version counts for its own days."""


MONTH, TWO_MONTHS, QUARTER, HALF_YEAR = "month", "two_months", "quarter", "half_year"
SEASON, YEAR, ONCE = "season", "year", "once"
"""The period of a tariff: what its prices are for. ONCE: a price list of what is asked for one by one."""

START, END = "start", "end"
"""With which month's run a tariff of another period than a month is billed: its period's first, or its last."""

FOLLOWED, NORM, HOLD = "followed", "norm", "hold"
"""What counts where no winter average is known: the quantity of the service that is followed, the norm, or nothing: the
account is held."""

MONTHS_OF = {MONTH: 1, TWO_MONTHS: 2, QUARTER: 3, HALF_YEAR: 6, YEAR: 12, ONCE: 1}


@dataclass(frozen=True)
class Rounding:
    """How amounts are rounded: half_up (half away from zero), half_even, down or up, to whole multiples of `unit`
    tyiyn; `of`: each LINE for itself, or the TOTAL of the lines of a connection under the version."""

    mode: str = "half_up"
    unit: int = 1
    of: str = LINE


@dataclass(frozen=True)
class Winter:
    """How a winter average is worked out: from the usage of the service that is followed in the months from the first
    to the last (1 to 12) of the last winter that is over, where at least so many of them have usage."""

    months: tuple[int, int]
    at_least: int = 1
    fallback: str = FOLLOWED


@dataclass(frozen=True)
class Component:
    """One line of a tariff: its own code, the kind of rate component, and that plugin's parameters as loaded."""

    code: str
    kind: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] | None = None
    rounding: Rounding | None = None
    """Its own rule in place of the tariff's; where the tariff rounds the total, what it rounds before."""


@dataclass(frozen=True)
class TariffVersion:
    """One version of a tariff. `valid_to` is the first day on which it is no longer in force; None: until a later
    version of the same code begins. `decision` is None until the council has decided.

    `revision` counts the texts under one code and date, of which all but the last were withdrawn; `rates_from` is the
    day on which its notice ends, where that is after `valid_from`. `currency` is an ISO code, amounts are in its
    hundredths; `unit` is the unit of its quantities where it is not that of the service type."""

    tenant: str
    code: str
    service: str
    provider: str
    names: Mapping[str, str]
    valid_from: date
    decision: Decision | None
    legal_ground: str
    components: tuple[Component, ...]
    applies_to: Conditions = field(default_factory=dict)
    valid_to: date | None = None
    frequency: str = MONTH
    season: tuple[int, int] | None = None
    """First and last month of the season, 1 to 12; only of a tariff by season."""
    billed: str = END
    without_reading: str = "norm"
    defaults: Mapping[str, int] = field(default_factory=dict)
    """Attributes and facts that are numbers → thousandths that count where a connection has none."""
    norm_per: str = "day"
    norms: tuple[Norm, ...] = ()
    rounding: Rounding = Rounding()
    status: str = PUBLISHED
    revision: int = 1
    rates_from: date | None = None
    cost: Price | None = None
    """What a unit costs in full, without tax; None where nobody has said."""
    currency: str = SOM
    unit: str | None = None
    winter: Winter | None = None
    """How the winter average is worked out; None: it is a fact that is imported."""
    change: str = NEXT_PERIOD
    """When its beginning, its own end, and changes of its norms and taxes count: NEXT_PERIOD or BY_DAYS."""

    @property
    def id(self) -> int:
        """The bigint that stands on bill lines."""
        again = (self.revision,) if self.revision > 1 else ()
        return derived_id(self.tenant, "tariff", self.code, self.valid_from.isoformat(), *again)

    @property
    def months(self) -> int:
        """How many months its period has."""
        if self.season is None:
            return MONTHS_OF[self.frequency]
        first, last = self.season
        return (last - first) % 12 + 1

    @property
    def begins(self) -> date:
        """The first day on which it rates."""
        return max(self.valid_from, self.rates_from or self.valid_from)

    @property
    def charged_services(self) -> frozenset[str]:
        """Other services of which it takes a share of what the account is charged for them."""
        named = (component.parameters.get("of_service") for component in self.components)
        return frozenset(str(service) for service in named if service)

    def component(self, code: str) -> Component:
        """The component of that code. Raises KeyError."""
        for component in self.components:
            if component.code == code:
                return component
        raise KeyError(code)


@dataclass(frozen=True)
class TaxRule:
    """A rate of a tax, in millionths. Empty services, classes or regimes stand for all of them."""

    tenant: str
    tax: str
    names: Mapping[str, str]
    share: int
    valid_from: date
    legal_ground: str
    services: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    regimes: tuple[str, ...] = ()
    valid_to: date | None = None

    @property
    def id(self) -> int:
        """The bigint under which it is kept."""
        return derived_id(self.tenant, "tax", *self.key, self.valid_from.isoformat())

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What a later rule must share to take this one's place."""
        return self.tax, ",".join(self.services), ",".join(self.classes), ",".join(self.regimes)


@dataclass(frozen=True)
class Span:
    """The days on which something is in force; `end` is the first day after, None: open."""

    start: date
    end: date | None

    def __contains__(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)

    def meets(self, other: Span) -> date | None:
        """The first day that both have; None where there is none."""
        first = max(self.start, other.start)
        return first if first in self and first in other else None


def spans(versions: Iterable[TariffVersion]) -> dict[int, Span]:
    """Version id → the days it is in force: until its own end or until the next version of its code begins."""
    return _spans([(version.code, version.id, version.begins, version.valid_to) for version in versions])


def tax_spans(rules: Iterable[TaxRule]) -> dict[int, Span]:
    """Rule id → the days it is in force, in the same way."""
    return _spans([("\x1f".join(rule.key), rule.id, rule.valid_from, rule.valid_to) for rule in rules])


def _spans(dated: Iterable[tuple[str, int, date, date | None]]) -> dict[int, Span]:
    by_code: dict[str, list[tuple[date, int, date | None]]] = defaultdict(list)
    for code, key, start, end in dated:
        by_code[code].append((start, key, end))
    found: dict[int, Span] = {}
    for chain in by_code.values():
        chain.sort(key=lambda entry: entry[:2])
        later: list[date | None] = [entry[0] for entry in chain[1:]]
        for (start, key, end), following in zip(chain, [*later, None], strict=True):
            ends = [day for day in (end, following) if day is not None]
            found[key] = Span(start, min(ends) if ends else None)
    return found


def refuse_unknown_class(asked: str, versions: Iterable[TariffVersion]) -> None:
    """Raises Refused with the classes that there are, for one that no account has and none of the versions names."""
    named = {name for version in versions for name in version.applies_to.get(CLASS, ())}
    if asked not in named and asked not in CUSTOMER_CLASSES:
        known = ", ".join([*CUSTOMER_CLASSES, *sorted(named - CUSTOMER_CLASSES.keys())])
        raise Refused(Problem("AIM-T115", {"class": asked[:60], "known": known}))
