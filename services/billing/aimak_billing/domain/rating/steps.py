"""The expressions of a tariff version, made once for a run: what each chunk then only evaluates."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import polars as pl
from aimak.plugins.inputs import CHARGE, GIVEN

from aimak_billing.domain.rating.alike import Once
from aimak_billing.domain.rating.attributes import with_attributes
from aimak_billing.domain.rating.determinants import (
    OF_CUSTOMER,
    attribute,
    attribute_names,
    column,
    columns_of,
    matches,
    number_names,
)
from aimak_billing.domain.rating.followed import FOLLOWED
from aimak_billing.domain.rating.lines import LineColumns, basis_of, without_nothing
from aimak_billing.domain.rating.prepared import DAYS_HERE, Prepared
from aimak_billing.domain.rating.quantity import found_quantity
from aimak_billing.domain.rating.rounding import before, exact, shared_total
from aimak_billing.domain.tariff import TariffVersion, TaxRule

AT, ROW = "_at", "_row"
"""A row's place among the kinds of a version, and in its frame."""


@dataclass(frozen=True)
class Steps:
    """One version as columns: whose it is; what follows from the kind of a connection; then level by level quantity
    and amounts, then lines. For connections of which something changes inside the period: the determinants of a part
    of the days."""

    one: Prepared
    followed: bool
    applies: pl.Expr
    of_kind: tuple[pl.Expr, ...]
    levels: tuple[tuple[pl.Expr, ...], ...]
    of_part: tuple[pl.Expr, ...]

    @classmethod
    def of(cls, one: Prepared, followed: bool, day: date, rules: tuple[TaxRule, ...]) -> Steps:
        """`followed`: whether another service takes its quantity from this one's. Norms are those of `day`, rates
        those of `rules`."""
        tariff, wanted = one.version, one.quantity_used or followed
        names = one.determinants(wanted)
        of_kind = columns_of([name for name in names if name not in (*GIVEN, DAYS_HERE)], tariff, rules, day)
        levels = [columns_of([DAYS_HERE], tariff, rules, day)] if DAYS_HERE in names else []
        levels += [found_quantity(one)] if wanted else []
        levels += _amounts(one)
        # The days that a connection has in all are counted over its parts before.
        parted = [name for name in names if name != DAYS_HERE]
        of_part = columns_of(dict.fromkeys([*parted, "days", "days_in_period"]), tariff, rules, day)
        return cls(one, followed, falls_under(tariff), tuple(of_kind), tuple(map(tuple, levels)), tuple(of_part))

    def facts(self, kinds: pl.DataFrame) -> pl.DataFrame:
        """What follows from the kinds of the version's connections alone, row by row."""
        texts = {name for norm in self.one.version.norms for name in norm.when} | {*attribute_names(self.one.service)}
        texts |= self.one.version.applies_to.keys()
        texts -= OF_CUSTOMER.keys()
        numbers = number_names(self.one.service)
        read = with_attributes(kinds, texts, numbers)
        named = [*map(attribute, sorted(texts)), *map(column, sorted(numbers)), *OF_CUSTOMER.values()]
        return read.select(named).with_columns(self.of_kind)

    def rows(
        self, places: pl.DataFrame, given: pl.DataFrame, facts: pl.DataFrame, keys: Collection[str]
    ) -> pl.DataFrame:
        """The rows that `places` tells (ROW in `given`, AT in `facts`), with so much of what is given and of the facts
        of their kinds as their prices and lines are made of, and the `keys`."""
        row, at = places.get_column(ROW), places.get_column(AT)
        known = [name for name in facts.columns if name in self._made_of]
        taken = [name for name in given.columns if (name in self._made_of or name in keys) and name not in known]
        return places.hstack(
            [given.get_column(name)[row] for name in taken] + [facts.get_column(name)[at] for name in known]
        )

    def calculated(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows with the quantity where it is wanted, and each component's rounded amount."""
        for level in (*self.levels, self._beside):
            # The expressions are few: to hand them to other threads costs more than it gains, and so does one plan
            # of all levels.
            rows = rows.with_columns_seq(level) if level else rows
        return rows

    def leaves_unknown(self, rows: pl.DataFrame) -> bool:
        """Whether an amount of some row is null."""
        return any(rows.get_column(column(line.code)).null_count() for line in self.one.lines)

    def unknown(self) -> pl.Expr:
        """Whether an amount of a row is null."""
        return pl.any_horizontal(pl.col(column(line.code)).is_null() for line in self.one.lines)

    def billed(self, rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """The lines of rows that were calculated, each component's by itself."""
        for line, behind in zip(self._billed, self._behind, strict=True):
            yield without_nothing(line.over(rows, behind.over(rows)), line.component)

    @cached_property
    def _billed(self) -> tuple[LineColumns, ...]:
        return tuple(LineColumns.of(self.one, line) for line in self.one.lines)

    @cached_property
    def _beside(self) -> tuple[pl.Expr, ...]:
        """Quantities and prices of lines that are not there as they are."""
        return tuple(each for line in self._billed for each in line.made)

    @cached_property
    def _behind(self) -> tuple[Once, ...]:
        """What lies behind each line."""
        return tuple(self._once(basis_of(self.one, line)) for line in self.one.lines)

    def _once(self, basis: pl.Expr) -> Once:
        roots = basis.meta.root_names()
        own = tuple(name for name in dict.fromkeys(roots) if name in self._of_row)
        return Once(basis, (AT, *own) if len(own) < len({*roots}) else own)

    @cached_property
    def _of_row(self) -> frozenset[str]:
        """The columns that rows of one kind have each their own of."""
        made = {each.meta.output_name() for level in self.levels for each in level}
        taken = [FOLLOWED, *(f"{CHARGE}{service}" for service in self.one.charged)]
        return frozenset({*map(column, GIVEN), *GIVEN, *map(column, taken), "account_id", *made})

    @cached_property
    def _made_of(self) -> Collection[str]:
        behind = [each.value for each in self._behind]
        named = {name for line in self._billed for name in line.names}
        return named | _roots(each for level in (*self.levels, self._beside, behind) for each in level)


def falls_under(tariff: TariffVersion) -> pl.Expr:
    """Whether a connection is of the tariff's service and provider and meets its conditions."""
    mine = (pl.col("service") == tariff.service) & (pl.col("provider") == tariff.provider)
    return mine & matches(tariff.applies_to)


def _roots(expressions: Iterable[pl.Expr]) -> frozenset[str]:
    return frozenset(name for each in expressions for name in each.meta.root_names())


def _amounts(one: Prepared) -> list[list[pl.Expr]]:
    """Level by level the amounts of the lines, in the order of calculation."""
    levels: list[list[pl.Expr]] = []
    for line in one.lines:
        if one.totalled:
            level = [line.amount.expr.alias(exact(line.code))]
        else:
            # Strict: what does not fit 64 bits must raise, it must not become a null or wrap.
            level = [line.amount.quick.alias(column(line.code))]
        if line.code in one.unrounded:
            level.append(line.unrounded.expr.alias(before(line.code)))
        levels.append(level)
    if one.totalled:
        billed = sorted(one.lines, key=lambda line: line.index)
        levels += shared_total([line.code for line in billed], [line.amount for line in billed], one.version.rounding)
    return levels
