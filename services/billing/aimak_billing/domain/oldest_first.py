"""What is left of debts when all money meets the oldest first: a number for every account in columns, one for each
creditor, month and service, so that nothing is sorted or searched for. The same as `allocation.standing` has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import polars as pl

from aimak_billing.domain.carried import KEY

_NAMED = ("provider", "origin", "service")
Key = tuple[str, str | None, str | None]
"""Creditor, month (none: money) and service."""
Column = tuple[Key, pl.Series]


@dataclass(frozen=True)
class Cells:
    """Columns of tyiyn, one after the other in `values`, each with a number for `accounts` accounts from `first` on."""

    first: int
    accounts: int
    values: pl.Series

    @classmethod
    def none(cls, first: int, accounts: int, columns: int) -> Cells:
        """Nothing in any of so many columns."""
        return cls(first, accounts, pl.zeros(accounts * columns, dtype=pl.Int64, eager=True))

    def plus(self, rows: pl.DataFrame) -> Cells:
        """These and rows of account_id, key (the column's number) and amount, in any order."""
        if rows.is_empty():
            return self
        account, key = rows["account_id"] - self.first, rows["key"].cast(pl.Int64)
        at = (key * self.accounts + account).alias("at")
        added = pl.DataFrame([at, rows["amount"]])
        # In their order each pair of account and key comes once.
        if not ((account * (len(self.values) // self.accounts) + key).diff() > 0).all():
            added = added.group_by("at").agg(pl.col("amount").sum())
        values = pl.zeros(len(self.values), dtype=pl.Int64, eager=True).scatter(added["at"], added["amount"])
        return Cells(self.first, self.accounts, self.values + values)

    def column(self, number: int) -> pl.Series:
        """One of the columns."""
        return self.values.slice(number * self.accounts, self.accounts)


def keys_of(keys: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """What any of `keys` say of creditor, month and service (`KEY`), each once: a creditor's months beside one another,
    the oldest first, its money last."""
    every = pl.concat(frame.select(list(KEY)) for frame in keys).unique()
    return every.sort("provider", "origin", "service", nulls_last=True)


def left(cells: Cells, keys: pl.DataFrame, priority: Sequence[str] = ()) -> Iterator[Column]:
    """What is left of every debt, and of every creditor's money under a key of no month and no service: below zero paid
    in advance, above zero owed without ever having been a debt. `keys` as `keys_of` gives them, a column each. Within
    a month the services of `priority` are paid first, then by name."""
    places: dict[str | None, int] = {service: place for place, service in enumerate(priority)}
    numbered = [(key, cells.column(number)) for number, key in enumerate(keys.select(list(_NAMED)).iter_rows())]
    columns = ((key, column) for key, column in numbered if (column != 0).any())
    for provider, mine in groupby(columns, key=lambda one: one[0][0]):
        money = pl.zeros(cells.accounts, dtype=pl.Int64, eager=True)
        debts: list[Column] = []
        for origin, month in groupby(mine, key=lambda one: one[0][1]):
            if origin is None:
                money = sum((-column for _, column in month), money)
                continue
            owed, over = _within_month(list(month))
            money = money if over is None else money + over
            debts += sorted(owed, key=lambda one: places.get(one[0][2], len(places) + (one[0][2] is None)))
        paying = _raised(money)
        owed, rest = _poured(debts, paying)
        yield from owed
        yield (provider, None, None), paying - money - rest


def _within_month(columns: list[Column]) -> tuple[list[Column], pl.Series | None]:
    """What is below zero meets the other debts of its month, in the order of services; gives the debts that are left
    and the money that is left, if there was any."""
    if all(_least(column) >= 0 for _, column in columns):
        return columns, None
    raised = [(key, _raised(column)) for key, column in columns]
    pairs = zip(raised, columns, strict=True)
    pool = sum((above - column for (_, above), (_, column) in pairs), raised[0][1] * 0)
    return _poured(raised, pool)


def _poured(columns: list[Column], pool: pl.Series) -> tuple[list[Column], pl.Series]:
    """What is left of each column when a pool is poured out in their order, and of the pool; nothing is below zero."""
    found = []
    for key, owed in columns:
        taken = owed.zip_with(owed < pool, pool)
        found.append((key, owed - taken))
        pool = pool - taken
    return found, pool


def _raised(column: pl.Series) -> pl.Series:
    """What of a column is above zero."""
    return column.clip(lower_bound=0)


def _least(column: pl.Series) -> int:
    found = column.min()
    return found if isinstance(found, int) else 0
