"""Sums of a ledger by account and kind of debt, to which what was posted later is added."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

KEY = {"provider": pl.String, "service": pl.String, "origin": pl.String}
ROW = {"account_id": pl.Int64, "key": pl.UInt32, "amount": pl.Int64}
MOVED = {"account_id": pl.Int64, **KEY, "amount": pl.Int64}


@dataclass(frozen=True)
class Sums:
    """`rows` (columns `ROW`): what an account owes (tyiyn) under the creditor, service and month that stand at the
    place `key` of `keys` (columns `KEY`). A pair of account and key may stand there more than once."""

    keys: pl.DataFrame
    rows: pl.DataFrame

    @staticmethod
    def ordered(*keys: pl.DataFrame) -> pl.DataFrame:
        """All of `keys` once, so that rows in their order stand beside one another by creditor and month."""
        names = ["provider", "origin", "service"]
        return pl.concat(keys).unique().sort(names, nulls_last=True)

    @classmethod
    def none(cls) -> Sums:
        """Nothing was posted."""
        return cls(pl.DataFrame(schema=KEY), pl.DataFrame(schema=ROW))

    def plus(self, moved: pl.DataFrame) -> Sums:
        """These and `moved` (columns `MOVED`) together; keys that are new come after those there are."""
        names = list(KEY)
        fresh = moved.select(names).unique().join(self.keys, on=names, how="anti", nulls_equal=True)
        keys = pl.concat([self.keys, fresh.sort(names, nulls_last=True)])
        numbered = keys.with_row_index("key")
        rows = moved.join(numbered, on=names, how="left", nulls_equal=True).select(*ROW)
        return Sums(keys, pl.concat([self.rows, rows]))

    def under(self, keys: pl.DataFrame) -> Sums:
        """The same rows by the numbers of `keys`, which hold all of these."""
        numbers = self.keys.join(
            keys.with_row_index("key"), on=list(KEY), how="left", nulls_equal=True, maintain_order="left"
        )["key"]
        return Sums(keys, self.rows.with_columns(numbers.gather(self.rows["key"]).alias("key")))

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
        """The rows as `MOVED`, with creditor, service and month written out."""
        return self.rows.select("account_id", *(self.at(name) for name in KEY), "amount")


def _end(found: object) -> int:
    """The least or greatest of a column of whole numbers; 0 of an empty one."""
    assert found is None or isinstance(found, int)
    return found or 0
