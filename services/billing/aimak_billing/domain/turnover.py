"""The columns of the turnover sheet, worked out from sums by account and key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from aimak_billing.domain.carried import OPENING

SUMS = ("opening", "charged", "recalculated", "paid", "written_off", "tax")
CHARGES, PAID, WRITTEN_OFF = ("charge", "tax", "relief"), ("payment", "refund"), "write_off"
TAX, CANCELLED_TAX = "tax", "cancelled_tax"
"""What charges tax, and what takes it back with a cancelled bill: the ledger calls that a cancellation like the rest of
the bill's."""
# What stands in a column by its place; tax is in two, and stands apart beside them.
PLACES = ("opening", "charged", "recalculated", "paid", "written_off", "charged_tax", "recalculated_tax")
_LEFT_OUT = len(PLACES)
_WIDTH = _LEFT_OUT + 1
_PLACES_AT_ONCE = 8_000_000


@dataclass(frozen=True)
class Columns:
    """A span of business days, and the days in it on which usual bills of a period were issued, each with that
    period."""

    since: date
    through: date
    issued: Sequence[tuple[date, str]]

    def places(self, keys: pl.DataFrame) -> pl.Series:
        """The column that what stands under each of `keys` (columns `carried.DETAIL`) belongs to, by its place. What is
        summed without a date stood before the span."""
        schema = {"dated": pl.Date, "origin": pl.String}
        issued = pl.DataFrame(list(self.issued), schema=schema, orient="row").with_columns(pl.lit(True).alias("usual"))
        asked = keys.join(issued, on=list(schema), how="left", maintain_order="left")
        kind, dated, tax = pl.col("kind"), pl.col("dated"), pl.col("kind").is_in((TAX, CANCELLED_TAX))
        usual = pl.col("usual").fill_null(False) & kind.is_in(CHARGES) & (pl.col("again") == 0)
        named = (
            pl.when(dated.is_null() | (kind == OPENING))
            .then(pl.lit("opening"))
            .when(dated > self.through)
            .then(None)
            .when(dated < self.since)
            .then(pl.lit("opening"))
            .when(usual)
            .then(pl.when(tax).then(pl.lit("charged_tax")).otherwise(pl.lit("charged")))
            .when(kind.is_in(PAID))
            .then(pl.lit("paid"))
            .when(kind == WRITTEN_OFF)
            .then(pl.lit("written_off"))
            .otherwise(pl.when(tax).then(pl.lit("recalculated_tax")).otherwise(pl.lit("recalculated")))
        )
        place = named.replace_strict(PLACES, range(_LEFT_OUT), default=_LEFT_OUT, return_dtype=pl.Int64)
        return asked.select(place.alias("place"))["place"]

    def numbered(self, keys: pl.DataFrame, groups: pl.DataFrame) -> pl.Series:
        """What `Sums.grouped` is to group each of `keys` as: the row of `groups` that says the same, and the column."""
        said = [name for name in groups.columns if name != "group"]
        found = keys.join(groups, on=said, how="left", nulls_equal=True, maintain_order="left") if said else None
        numbers = pl.zeros(keys.height, dtype=pl.Int64, eager=True) if found is None else found["group"]
        return numbers * _WIDTH + self.places(keys)


def groups_of(keys: Sequence[pl.DataFrame], said: Sequence[str]) -> pl.DataFrame:
    """What any of `keys` say of `said`, each once, with a number `group`."""
    if not said:
        return pl.DataFrame({"group": [0]}, schema={"group": pl.Int64})
    return pl.concat(frame.select(said) for frame in keys).unique().with_row_index("group").cast({"group": pl.Int64})


def spread(rows: pl.DataFrame, groups: int) -> pl.DataFrame:
    """Of rows of owner, key (as `Columns.numbered` has it, of so many groups) and amount: a row for each owner and
    group with `SUMS`. Every owner and key has its place in one column, so that nothing but sums is searched for."""
    width = groups * _WIDTH
    packed = rows.select((pl.col("owner") * width + pl.col("key")).alias("at"), "amount")
    added = packed.group_by("at").agg(pl.col("amount").sum()).filter(pl.col("at") % _WIDTH != _LEFT_OUT)
    lowest, highest = added["at"].min(), added["at"].max()
    if not isinstance(lowest, int) or not isinstance(highest, int):
        return _spread(added, 0, 0)
    step = max(_PLACES_AT_ONCE // width, 1) * width
    firsts = range(lowest // width * width, highest + 1, step)
    if len(firsts) == 1:
        found = [_spread(added, firsts[0], (highest // width + 1) * width - firsts[0])]
    else:
        found = [_spread(added.filter(pl.col("at").is_between(at, at + step - 1)), at, step) for at in firsts]
    owner = (pl.col("place") // groups).alias("owner")
    return pl.concat(found).select(owner, (pl.col("place") % groups).alias("group"), *SUMS)


def _spread(added: pl.DataFrame, first: int, places: int) -> pl.DataFrame:
    """`SUMS` of the places from `first` on where anything stands, and `place`: which of all that is."""
    at = added["at"] - first
    dense = pl.zeros(places, dtype=pl.Int64, eager=True).scatter(at, added["amount"])
    columns = {name: dense.gather_every(_WIDTH, place) for place, name in enumerate(PLACES)}
    there = pl.repeat(False, places // _WIDTH, dtype=pl.Boolean, eager=True).scatter(at // _WIDTH, True)
    place = pl.int_range(first // _WIDTH, (first + places) // _WIDTH, eager=True)
    return (
        pl.DataFrame({"place": place, **columns})
        .filter(there)
        .select(
            "place",
            "opening",
            pl.col("charged") + pl.col("charged_tax"),
            pl.col("recalculated") + pl.col("recalculated_tax"),
            -pl.col("paid"),
            -pl.col("written_off"),
            (pl.col("charged_tax") + pl.col("recalculated_tax")).alias("tax"),
        )
    )
