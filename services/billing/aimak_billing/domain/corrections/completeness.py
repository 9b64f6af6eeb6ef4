"""That nobody is missing: every connection of the period is billed, held, or has nothing to be charged."""

from __future__ import annotations

import polars as pl

_KEYS = ["service", "provider"]


def counts(frame: pl.DataFrame, lines: pl.DataFrame, holds: pl.DataFrame) -> pl.DataFrame:
    """service, provider, billed, held, exempt: connections of a chunk. `frame` has every connection of the period,
    `lines` (with origin) what is billed, `holds` the accounts that are held. What is neither is exempt."""
    connections = frame.select("connection_id", "account_id", *_KEYS).unique("connection_id")
    charged = lines.filter(pl.col("origin").is_null()).select("connection_id").unique()
    state = (
        pl.when(pl.col("account_id").is_in(holds.get_column("account_id").unique().to_list()))
        .then(pl.lit("held"))
        .when(pl.col("connection_id").is_in(charged.get_column("connection_id").to_list()))
        .then(pl.lit("billed"))
        .otherwise(pl.lit("exempt"))
    )
    numbers = [(pl.col("state") == name).sum().cast(pl.Int64).alias(name) for name in ("billed", "held", "exempt")]
    return connections.with_columns(state.alias("state")).group_by(_KEYS).agg(numbers).sort(_KEYS)
