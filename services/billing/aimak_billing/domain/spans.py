"""Accounts of which something changes inside a period: their connections by spans of days on which nothing does."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from aimak.period import Period

SPAN_FROM = "span_from"
"""Null where one row stands for the whole period."""

_TO, _DAYS = "span_to", "days"
DAY = pl.Date()


@dataclass(frozen=True)
class Moved:
    """What begins, ends or changes inside a period, as columns; all days are dates, an end is the first day after.

    connections: those of part of the period: the columns of a connection, valid_from, valid_to; past: what held of a
    connection until a day: account_id, connection_id, valid_to, customer_class, attributes; residents: entries of part
    of the period: account_id, residents, pensioners, valid_from, valid_to; usage: connection_id, usage, from_date,
    to_date, all of the period.
    """

    connections: pl.DataFrame
    past: pl.DataFrame
    residents: pl.DataFrame
    usage: pl.DataFrame

    def accounts(self) -> pl.Series:
        """Ids of the accounts of which something changes."""
        parts = (self.connections, self.past, self.residents)
        return pl.concat([part.get_column("account_id") for part in parts]).unique()


def boundaries(moved: Moved, cut: pl.DataFrame, period: Period) -> pl.DataFrame:
    """account_id, span_from, span_to, days of every span of the accounts concerned. `cut`: account_id and day of what
    changes because of a tariff."""
    days = [cut.select("account_id", pl.col("day").alias(SPAN_FROM))]
    for part in (moved.connections, moved.residents):
        days += [part.select("account_id", pl.col(name).alias(SPAN_FROM)) for name in ("valid_from", "valid_to")]
    days.append(moved.past.select("account_id", pl.col("valid_to").alias(SPAN_FROM)))
    inside = pl.concat([part.cast({SPAN_FROM: DAY}) for part in days])
    inside = inside.with_columns(pl.col(SPAN_FROM).clip(period.start))
    first = inside.select(pl.col("account_id").unique(), pl.lit(period.start, dtype=DAY).alias(SPAN_FROM))
    begins = pl.concat([first, inside.filter(pl.col(SPAN_FROM) < period.end)]).unique()
    following = pl.col(SPAN_FROM).shift(-1).over("account_id").fill_null(period.end)
    return (
        begins.sort("account_id", SPAN_FROM).with_columns(following.alias(_TO)).with_columns(_between(SPAN_FROM, _TO))
    )


def connections_by_span(whole: pl.DataFrame, moved: Moved, spans: pl.DataFrame, period: Period) -> pl.DataFrame:
    """One row per connection and span on which it holds, with the class and attributes of these days. `whole`: the
    connections of the accounts concerned that hold on all days."""
    always = whole.with_columns(
        pl.lit(period.start, dtype=DAY).alias("valid_from"), pl.lit(None, dtype=DAY).alias("valid_to")
    )
    rows = pl.concat([always, moved.connections.select(always.columns)]).join(spans, on="account_id", how="inner")
    ends = pl.col("valid_to").fill_null(period.end)
    rows = rows.filter((pl.col(SPAN_FROM) >= pl.col("valid_from")) & (pl.col(SPAN_FROM) < ends))
    return _as_they_were(rows.drop("valid_from", "valid_to"), moved.past)


def _as_they_were(rows: pl.DataFrame, past: pl.DataFrame) -> pl.DataFrame:
    """Class and attributes of the first entry of the past that ends after a span has begun; else those of today."""
    if past.is_empty():
        return rows
    held = past.select(
        "connection_id",
        pl.col("valid_to"),
        pl.col("customer_class").alias("_class"),
        pl.col("attributes").alias("_attributes"),
    )
    joined = rows.sort(SPAN_FROM).join_asof(
        held.sort("valid_to"),
        left_on=SPAN_FROM,
        right_on="valid_to",
        by="connection_id",
        strategy="forward",
        allow_exact_matches=False,
        check_sortedness=False,
    )
    was = pl.col("valid_to").is_not_null()
    return joined.with_columns(
        pl.when(was).then("_class").otherwise("customer_class").alias("customer_class"),
        pl.when(was).then("_attributes").otherwise("attributes").alias("attributes"),
    ).select(rows.columns)


def residents_by_span(whole: pl.DataFrame, moved: Moved, spans: pl.DataFrame, period: Period) -> pl.DataFrame:
    """account_id, span_from, residents, pensioners. `whole`: account_id, residents, pensioners of entries that hold on
    all days. No row where no entry holds."""
    dated = moved.residents.join(spans, on="account_id", how="inner")
    ends = pl.col("valid_to").fill_null(period.end)
    dated = dated.filter((pl.col(SPAN_FROM) >= pl.col("valid_from")) & (pl.col(SPAN_FROM) < ends))
    always = whole.join(spans, on="account_id", how="inner")
    columns = ["account_id", SPAN_FROM, "residents", "pensioners"]
    both = pl.concat([always.select(columns), dated.select(columns)])
    return both.group_by("account_id", SPAN_FROM).agg(pl.col("residents", "pensioners").sum())


def usage_by_span(connections: pl.DataFrame, usage: pl.DataFrame) -> pl.DataFrame:
    """connection_id, span_from, usage: each reading's usage over the days that it and the spans have in common, or,
    where these are none, over all days of the connection. The thousandths that are left over go to the spans with the
    largest remainders, the earlier first."""
    rows = (
        usage.with_columns(pl.col("usage").cast(pl.Int128))
        .with_row_index("_reading")
        .join(connections, on="connection_id", how="inner")
    )
    first, last = pl.max_horizontal("from_date", SPAN_FROM), pl.min_horizontal("to_date", _TO)
    common = (last - first).dt.total_days().clip(lower_bound=0)
    rows = rows.with_columns(common.alias("_common"))
    apart = pl.col("_common").sum().over("_reading") == 0
    rows = rows.with_columns(pl.when(apart).then(_DAYS).otherwise("_common").alias("_weight"))
    shared = shared_out(rows.sort("_reading", SPAN_FROM), "_reading", "usage", "_weight")
    return shared.group_by("connection_id", SPAN_FROM).agg(pl.col("usage").sum().cast(pl.Int64, strict=True))


def shared_out(rows: pl.DataFrame, group: str, amount: str, weight: str) -> pl.DataFrame:
    """The rows with `amount`, which all of a group have alike, shared among them by `weight`, by largest remainder; a
    null stays null. Rows of one group stand together, the earlier get first; weights of a group are not all 0.
    amount × weight must fit the amount's type."""
    product, whole = pl.col(amount) * pl.col(weight), pl.col(weight).sum().over(group)
    rows = rows.with_columns((product // whole).alias("_part"), (product - product // whole * whole).alias("_rest"))
    missing = pl.col(amount) - pl.col("_part").sum().over(group)
    turn = pl.col("_rest").rank("ordinal", descending=True).over(group)
    part = pl.col("_part") + (turn <= missing).cast(pl.Int64)
    return rows.with_columns(part.alias(amount)).drop("_part", "_rest")


def _between(start: str, end: str) -> pl.Expr:
    return (pl.col(end) - pl.col(start)).dt.total_days().cast(pl.Int64).alias(_DAYS)
