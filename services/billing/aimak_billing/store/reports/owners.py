"""For whom a report adds up: each account by itself, or all of a class, of a street, or together."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from aimak.storage.work import UnitOfWork

from aimak_billing.store.reports import parts
from aimak_billing.store.reports.moves import places


class Owners:
    """What rows are added up for, by number: an account where accounts are asked for; otherwise a class, a street or a
    class in a street, or all together."""

    def __init__(self, work: UnitOfWork, keys: Sequence[str]) -> None:
        asked = [key for key in ("class", "street_id") if key in keys]
        self.alone = "account_id" in keys
        placed = places(work, asked) if asked else None
        self._said = self._number = None
        if placed is not None and self.alone:
            self._said = placed.rename({"account_id": "owner"})
        elif placed is not None:
            self._said = placed.select(asked).unique().with_row_index("owner").cast({"owner": pl.Int64})
            numbered = placed.join(self._said, on=asked, nulls_equal=True)
            self._number = numbered.select("account_id", "owner")

    def of(self, rows: pl.DataFrame, part: int) -> pl.DataFrame:
        """Rows of a part with `owner` in the place of account_id."""
        if self.alone:
            return rows.rename({"account_id": "owner"})
        if self._number is None:
            return rows.with_columns(pl.lit(0, dtype=pl.Int64).alias("owner"))
        here = self._number.filter(pl.col("account_id").is_between(*parts.accounts_of(part)))
        return rows.join(here, on="account_id")

    def named(self, sums: pl.DataFrame) -> pl.DataFrame:
        """`sums` with what their owner is."""
        said = sums if self._said is None else sums.join(self._said, on="owner")
        return said.rename({"owner": "account_id"}) if self.alone else said
