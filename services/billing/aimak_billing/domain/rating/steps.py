"""The expressions of a tariff version, made once for a run: what each chunk then only evaluates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from aimak_billing.domain.rating.determinants import column, columns_of, matches
from aimak_billing.domain.rating.lines import columns_of_line
from aimak_billing.domain.rating.prepared import DAYS_HERE, QUANTITY, Prepared
from aimak_billing.domain.rating.quantity import found_quantity
from aimak_billing.domain.rating.rounding import before, exact, shared_total
from aimak_billing.domain.tariff import TariffVersion, TaxRule


@dataclass(frozen=True)
class Steps:
    """One version as columns: whose it is, then level by level determinants, quantity and amounts, then lines. For
    connections of which something changes inside the period: the determinants of a part of the days."""

    one: Prepared
    followed: bool
    applies: pl.Expr
    levels: tuple[tuple[pl.Expr, ...], ...]
    lines: tuple[tuple[pl.Expr, ...], ...]
    of_part: tuple[pl.Expr, ...]

    @classmethod
    def of(cls, one: Prepared, followed: bool, day: date, rules: tuple[TaxRule, ...]) -> Steps:
        """`followed`: whether another service takes its quantity from this one's. Norms are those of `day`, rates
        those of `rules`."""
        tariff, wanted = one.version, one.quantity_used or followed
        names = one.determinants(wanted)
        levels = [columns_of(names, tariff, rules, day)]
        levels.append(found_quantity(one) if wanted else [])
        levels += _amounts(one)
        lines = tuple(tuple(columns_of_line(one, line)) for line in one.lines)
        # The days that a connection has in all are counted over its parts before.
        parted = [name for name in names if name != DAYS_HERE]
        of_part = tuple(columns_of(dict.fromkeys([*parted, "days", "days_in_period"]), tariff, rules, day))
        return cls(one, followed, falls_under(tariff), tuple(tuple(level) for level in levels), lines, of_part)

    def calculated(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Rows with every determinant, the quantity where it is wanted, and each component's rounded amount."""
        for level in self.levels:
            rows = rows.with_columns(level) if level else rows
        return rows

    def kept(self) -> list[str]:
        """The columns that lines and followers are made of."""
        made = [expression.meta.root_names() for line in self.lines for expression in line]
        names = dict.fromkeys(name for roots in made for name in roots)
        return list(names | dict.fromkeys(["account_id", *([column(QUANTITY)] if self.followed else [])]))

    def unknown(self) -> pl.Expr:
        """Whether an amount of a row is null."""
        return pl.any_horizontal(pl.col(column(line.code)).is_null() for line in self.one.lines)


def falls_under(tariff: TariffVersion) -> pl.Expr:
    """Whether a connection is of the tariff's service and provider and meets its conditions."""
    mine = (pl.col("service") == tariff.service) & (pl.col("provider") == tariff.provider)
    return mine & matches(tariff.applies_to)


def _amounts(one: Prepared) -> list[list[pl.Expr]]:
    """Level by level the amounts of the lines, in the order of calculation."""
    levels: list[list[pl.Expr]] = []
    for line in one.lines:
        if one.totalled:
            level = [line.amount.expr.alias(exact(line.code))]
        else:
            # Strict: what does not fit 64 bits must raise, it must not become a null or wrap.
            level = [line.amount.expr.cast(pl.Int64, strict=True).alias(column(line.code))]
        if line.code in one.unrounded:
            level.append(line.unrounded.expr.alias(before(line.code)))
        levels.append(level)
    if one.totalled:
        billed = sorted(one.lines, key=lambda line: line.index)
        levels += shared_total([line.code for line in billed], [line.amount for line in billed], one.version.rounding)
    return levels
