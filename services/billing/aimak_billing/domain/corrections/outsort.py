"""Bills that a person looks at before they are issued: rules as data, judged on columns."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

MEDIAN, ZERO, NEGATIVE, FIRST = "median", "zero_after_usage", "negative", "first_bill"
PERSONS, TARIFF, ESTIMATE, EARLIER = "changed_persons", "new_tariff", "third_estimate", "earlier_month"
RULES = (MEDIAN, ZERO, NEGATIVE, FIRST, PERSONS, TARIFF, ESTIMATE, EARLIER)
PERIODS_BACK = 6
ESTIMATES_BEFORE = 2
"""How many periods in a row before this one were estimated already, for the third."""

FOUND = {"account_id": pl.Int64, "rule": pl.String, "fields": pl.String}
HISTORY = {"account_id": pl.Int64, "period": pl.String, "gross": pl.Int64, "residents": pl.Int64}
"""Bills in force of the last periods, each of its own period."""


def outsorted(
    bills: pl.DataFrame, history: pl.DataFrame, marks: Mapping[str, pl.DataFrame], rules: Mapping[str, int]
) -> pl.DataFrame:
    """FOUND: which of `bills` (account_id, gross, residents) each of `rules` (rule, times in thousandths) sorts out.
    marks: account_id of accounts that a rule on lines has found, by rule."""
    known = history.sort("account_id", "period").group_by("account_id").agg(
        pl.col("gross").median().round().cast(pl.Int64).alias("usual"),
        pl.col("gross").last().alias("last"),
        pl.col("residents").last().alias("persons"),
    )  # fmt: skip
    seen = bills.join(known, on="account_id", how="left")
    new = pl.col("usual").is_null()
    judged = {
        NEGATIVE: pl.col("gross") < 0,
        FIRST: new,
        ZERO: (pl.col("gross") == 0) & (pl.col("last") > 0),
        PERSONS: ~new & (pl.col("residents").fill_null(0) != pl.col("persons").fill_null(0)),
        MEDIAN: (pl.col("usual") > 0) & (pl.col("gross") * 1_000 > pl.col("usual") * rules.get(MEDIAN, 0)),
    }
    fields = pl.format(
        '{{"gross":{},"usual":{},"last":{}}}',
        pl.col("gross"),
        *(pl.col(name).cast(pl.String).fill_null("null") for name in ("usual", "last")),
    )
    found = [pl.DataFrame(schema=FOUND)]
    for rule in rules:
        if rule in judged:
            hit = seen.filter(judged[rule].fill_null(False))
        else:
            hit = seen.join(marks[rule], on="account_id", how="semi")
        found.append(hit.select("account_id", pl.lit(rule).alias("rule"), fields.alias("fields")))
    return pl.concat(found).sort("account_id", "rule")


def other_tariff(lines: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """account_id of accounts that have a connection under another tariff than in the last period that it was billed.
    lines: account_id, connection_id, tariff_version; before: with period."""
    last = before.filter(pl.col("period") == pl.col("period").max().over("connection_id"))
    versions = last.select("connection_id", "tariff_version").unique()
    known = lines.join(versions.select("connection_id").unique(), on="connection_id", how="semi")
    return known.join(versions, on=["connection_id", "tariff_version"], how="anti").select("account_id").unique()


def estimated_again(lines: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """account_id of accounts that have a connection which is estimated by a norm now and was so in the two periods
    before. lines: account_id, connection_id, basis; before: with period."""
    by_norm = pl.col("basis").str.contains('"way":"norm"', literal=True).fill_null(False)
    earlier = before.filter(by_norm).group_by("connection_id").agg(pl.col("period").n_unique().alias("periods"))
    often = earlier.filter(pl.col("periods") >= ESTIMATES_BEFORE)
    return lines.filter(by_norm).join(often, on="connection_id", how="semi").select("account_id").unique()
