"""Facts of a period, laid upon the attributes of connections so that rating reads them alike."""

from __future__ import annotations

import polars as pl
from aimak.period import Period

DAYS_WITHOUT_SUPPLY = "days_without_supply"
"""The fact that is told of whole streets."""
OF_ALL_SUPPLIERS = "days_without_supply_in_period"
"""What it comes to over all connections that a service of an account has in the period."""


def of_connections(facts: pl.DataFrame, period: Period) -> pl.DataFrame:
    """connection_id and `facts`: name and value as the inside of a JSON object, "days_attended":"16".

    A fact that ends in the period is of the period, wholly: several of a name add up, as containers of two weeks. One
    that lasts beyond it counts as it is where it holds from the period's first day on and none ended in it."""
    ended = pl.col("to_date").is_not_null() & (pl.col("to_date") <= period.end)
    lasting = ~ended & (pl.col("from_date") <= period.start)
    value = pl.col("value_thousandths")
    by_name = (
        facts.filter(ended | lasting)
        .group_by("connection_id", "name")
        .agg(
            value.filter(ended).cast(pl.Int128).sum().cast(pl.Int64, strict=True).alias("_sum"),
            ended.sum().alias("_ended"),
            value.filter(lasting).last().alias("_lasting"),
        )
        .with_columns(pl.when(pl.col("_ended") > 0).then(pl.col("_sum")).otherwise(pl.col("_lasting")).alias("_value"))
        .sort("connection_id", "name")
    )
    return by_name.group_by("connection_id", maintain_order=True).agg(
        pl.format('"{}":"{}"', pl.col("name"), _plain(pl.col("_value"))).str.join(",").alias("facts")
    )


def with_facts(frame: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """The frame of rating with the facts beside each connection's attributes; the frame itself where there are none.
    A service type's facts are never its attributes, so no name comes twice."""
    if facts.is_empty():
        return frame
    attributes, known = pl.col("attributes").str.strip_chars(), pl.col("facts")
    inside = attributes.str.slice(1, attributes.str.len_chars() - 2).str.strip_chars()
    both = pl.when(inside == "").then(known).otherwise(pl.concat_str(inside, pl.lit(","), known))
    joined = (
        pl.when(known.is_null()).then(pl.col("attributes")).otherwise(pl.concat_str(pl.lit("{"), both, pl.lit("}")))
    )
    merged = frame.join(facts, on="connection_id", how="left", maintain_order="left")
    return merged.with_columns(joined.alias("attributes")).drop("facts")


def _plain(thousandths: pl.Expr) -> pl.Expr:
    """Thousandths as a decimal number: "16.000"."""
    fraction = (thousandths % 1000).cast(pl.String).str.pad_start(3, "0")
    return pl.concat_str((thousandths // 1000).cast(pl.String), pl.lit("."), fraction)
