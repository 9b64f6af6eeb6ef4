"""Sums of a ledger by account and kind of debt, to which what was posted later is added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

KEY = {"provider": pl.String, "service": pl.String, "origin": pl.String}
# With the business date, the kind, and whether an earlier bill charged the same (1): what a month's columns ask for.
DETAIL = {**KEY, "dated": pl.Date, "kind": pl.String, "again": pl.Int64}
ROW = {"account_id": pl.Int64, "key": pl.UInt32, "amount": pl.Int64}
MOVED = {"account_id": pl.Int64, **KEY, "amount": pl.Int64}
OPENING = "opening"


@dataclass(frozen=True)
class Sums:
    """`rows` (columns `ROW`): what an account owes (tyiyn) under the creditor, service and month that stand at the
    place `key` of `keys` (columns `KEY` or `DETAIL`). A pair of account and key may stand there more than once."""

    keys: pl.DataFrame
    rows: pl.DataFrame

    @staticmethod
    def ordered(*keys: pl.DataFrame) -> pl.DataFrame:
        """All of `keys` once, so that rows in their order stand beside one another by creditor and month."""
        every = pl.concat(keys).unique()
        return every.sort("provider", "origin", pl.exclude("provider", "origin"), nulls_last=True)

    @classmethod
    def none(cls, schema: Mapping[str, Any] = KEY) -> Sums:
        """Nothing was posted."""
        return cls(pl.DataFrame(schema=dict(schema)), pl.DataFrame(schema=ROW))

    def plus(self, moved: pl.DataFrame) -> Sums:
        """These and `moved` (account_id, those of the keys, amount) together; keys that are new come after those there
        are."""
        names = self.keys.columns
        fresh = moved.select(names).unique().join(self.keys, on=names, how="anti", nulls_equal=True)
        keys = pl.concat([self.keys, fresh.sort(names, nulls_last=True)])
        numbered = keys.with_row_index("key")
        rows = moved.join(numbered, on=names, how="left", nulls_equal=True).select(*ROW)
        return Sums(keys, pl.concat([self.rows, rows]))

    def under(self, keys: pl.DataFrame) -> Sums:
        """The same rows by the numbers of `keys`, which hold all of these."""
        numbers = self.keys.join(
            keys.with_row_index("key"), on=keys.columns, how="left", nulls_equal=True, maintain_order="left"
        )["key"]
        return Sums(keys, self.rows.with_columns(numbers.gather(self.rows["key"]).alias("key")))

    def renamed(self, names: pl.DataFrame) -> Sums:
        """The same rows under other keys: `names` has one for each of `keys`, and one may stand there often."""
        return Sums(names, self.rows).under(names.unique(maintain_order=True))

    def settled(self, day: date) -> Sums:
        """Of keys `DETAIL`: what is dated up to a day under its creditor, service and month alone. An opening balance
        stands before everything."""
        ahead = (pl.col("dated") > day) & (pl.col("kind") != OPENING)
        return self.renamed(
            self.keys.with_columns(pl.when(ahead).then(name).alias(name) for name in DETAIL if name not in KEY)
        )

    def known(self, day: date) -> Sums:
        """Of keys `DETAIL` what is dated up to a day or without a date, under keys `KEY`."""
        late = (self.keys["dated"] > day).fill_null(False)
        kept = self.rows.filter(~late.gather(self.rows["key"])) if late.any() else self.rows
        names = self.keys.select(list(KEY))
        return Sums(names, kept) if self.keys["dated"].is_null().all() else Sums(self.keys, kept).renamed(names)

    def grouped(self, key: pl.Series) -> pl.DataFrame:
        """account_id, `key` (what each of `keys` is grouped as, counted from 0) and amount. Rows beside one another
        come together, so rows in order are not searched for; others may stay apart."""
        kinds, lowest = _end(key.max()) + 1, _end(self.rows["account_id"].min())
        packed = (self.rows["account_id"] - lowest) * kinds + key.gather(self.rows["key"])
        ends = (packed != packed.shift(-1)).fill_null(True)
        reached, packed = self.rows["amount"].cum_sum().filter(ends), packed.filter(ends)
        amount = reached - reached.shift(1).fill_null(0)
        return pl.DataFrame({"account_id": packed // kinds + lowest, "key": packed % kinds, "amount": amount})

    def summed(self) -> Sums:
        """Each pair of account and key once, in order; what is zero is left out."""
        rows = self.rows.group_by("account_id", "key").agg(pl.col("amount").sum())
        return Sums(self.keys, rows.filter(pl.col("amount") != 0).sort("account_id", "key").select(*ROW))

    def at(self, name: str) -> pl.Series:
        """The provider, service or origin of each row."""
        return self.keys[name].gather(self.rows["key"])

    def moves(self) -> pl.DataFrame:
        """The rows with what their keys say written out (`MOVED`)."""
        return self.rows.select("account_id", *(self.at(name) for name in self.keys.columns), "amount")

    def totals(self) -> list[tuple[Any, ...]]:
        """What a key says, and what all accounts owe under it (tyiyn)."""
        added = self.rows.group_by("key").agg(pl.col("amount").sum())
        numbered = self.keys.with_row_index("key").join(added, on="key", maintain_order="left")
        return numbered.drop("key").rows()


def _end(found: object) -> int:
    """The least or greatest of a column of whole numbers; 0 of an empty one."""
    assert found is None or isinstance(found, int)
    return found or 0
