"""Which connection each use of a meter and each day without supply falls to: the one that the account had on its days.

A meter is read when somebody comes by, not on the day on which the creditor of its service changes, and a change may be
told long before or after its day. So the connection that a use is told with says which account and service it is of;
who supplied them on its days follows from the connections. Days without supply are told of a whole street, and are
alike.
"""

from __future__ import annotations

import polars as pl
from aimak.period import Period

from aimak_billing.domain.period_facts import DAYS_WITHOUT_SUPPLY, OF_ALL_SUPPLIERS
from aimak_billing.domain.spans import DAY, shared_out

_BEGINS, _ENDS, _DAYS, _HOLDER, _USE = "_begins", "_ends", "_days", "_holder", "_use"
_SERVICE = ["account_id", "service"]


def away(told: pl.DataFrame, whole: pl.DataFrame) -> pl.DataFrame:
    """What was told with connections that do not hold on all days of the period. `told`: with connection_id; `whole`:
    the connections that do."""
    return told.join(whole.select("connection_id"), on="connection_id", how="anti")


def by_supplier(
    usage: pl.DataFrame, services: pl.DataFrame, whole: pl.DataFrame, moved: pl.DataFrame, period: Period
) -> pl.DataFrame:
    """The uses of a period by the connections that they fall to: what was used while one connection of an account and
    service gave way to another is shared by the days that each had of it.

    usage: account_id, connection_id, usage (thousandths), from_date, to_date; services: connection_id, service, of
    every use's connection that does not hold on all days; whole: the connections that hold on all of them;
    moved: those that hold on a part, with valid_from and valid_to. Only connections with a day of the period share: a
    use over earlier periods is of those of its last. Each of them gets a part, if of 0: what it supplied since the
    meter was read is the next reading's, and no norm is to be charged for it before. Where no day is common to the use
    and any of them, it stays where it was told if that is one of them, else it is shared by their days of the period.
    As it was told stays what is of a connection of all days, and what cannot be told apart: no connection of the
    service has a day of the period, or two of them have the same one. Returns the columns of usage.
    """
    apart = away(usage, whole)
    if apart.is_empty():
        return usage
    stays = usage.join(whole.select("connection_id"), on="connection_id", how="semi")
    rows = apart.with_row_index(_USE).join(services, on="connection_id", how="left")
    rows = rows.join(_held(whole, moved, period), on=_SERVICE, how="left")
    unknown = rows.filter(pl.col(_HOLDER).is_null())
    return pl.concat([part.select(usage.columns) for part in (stays, unknown, _shared(rows))])


def by_days(
    facts: pl.DataFrame, services: pl.DataFrame, whole: pl.DataFrame, moved: pl.DataFrame, period: Period
) -> pl.DataFrame:
    """The facts of a period, its days without supply by the connections that held on them: each has those of its own
    days, and those on which nobody was supplied count for nobody. Beside them each of these connections has what they
    come to for all, as OF_ALL_SUPPLIERS.

    facts: account_id, connection_id, name, from_date, to_date, value_thousandths; the others as for `by_supplier`. As
    they were told stay other facts, those that do not end in the period, and what cannot be told apart.
    """
    days = (pl.col("name") == DAYS_WITHOUT_SUPPLY) & (pl.col("to_date") <= period.end)
    apart = away(facts, whole).filter(days)
    if apart.is_empty():
        return facts
    key = ["connection_id", "name", "from_date"]
    held = _held(whole, moved, period)
    rows = apart.join(services, on="connection_id", how="left").join(held, on=_SERVICE, how="left")
    first, last = pl.max_horizontal("from_date", _BEGINS), pl.min_horizontal("to_date", _ENDS)
    known = rows.filter(pl.col(_HOLDER).is_not_null() & (first < last))
    # The value up to a day, in whole thousandths: the parts of one fact come to its value to the last of them.
    value, begins = pl.col("value_thousandths").cast(pl.Int128), pl.col("from_date")
    since, until, lasts = ((day - begins).dt.total_days() for day in (first, last, pl.col("to_date")))
    fallen = known.with_columns(
        pl.col(_HOLDER).alias("connection_id"),
        (value * until // lasts - value * since // lasts).cast(pl.Int64, strict=True).alias("value_thousandths"),
        first.alias("from_date"),
        last.alias("to_date"),
    )
    of_all = fallen.group_by(*_SERVICE).agg(pl.col("value_thousandths").sum())
    every = held.join(of_all, on=_SERVICE).select(
        "account_id",
        pl.col(_HOLDER).alias("connection_id"),
        pl.lit(OF_ALL_SUPPLIERS).alias("name"),
        pl.lit(period.start, dtype=DAY).alias("from_date"),
        pl.lit(period.end, dtype=DAY).alias("to_date"),
        "value_thousandths",
    )
    untold = rows.filter(pl.col(_HOLDER).is_null())
    stays = facts.join(apart.select(key), on=key, how="anti")
    return pl.concat([part.select(facts.columns) for part in (stays, untold, fallen, every)])


def _held(whole: pl.DataFrame, moved: pl.DataFrame, period: Period) -> pl.DataFrame:
    """account_id, service, the connection, its first day and the one after its last, and how many of them are in the
    period; of services that are never of two at once."""
    start, end = pl.lit(period.start, dtype=DAY), pl.lit(period.end, dtype=DAY)
    named = [*_SERVICE, pl.col("connection_id").alias(_HOLDER)]
    held = pl.concat(
        [
            whole.select(*named, start.alias(_BEGINS), end.alias(_ENDS)),
            moved.select(*named, pl.col("valid_from").alias(_BEGINS), pl.col("valid_to").fill_null(end).alias(_ENDS)),
        ]
    )
    days = (pl.min_horizontal(_ENDS, end) - pl.max_horizontal(_BEGINS, start)).dt.total_days()
    held = held.with_columns(days.alias(_DAYS)).filter(pl.col(_DAYS) > 0).sort(*_SERVICE, _BEGINS)
    before = pl.col(_ENDS).cum_max().shift(1).over(_SERVICE)
    return held.filter(~(pl.col(_BEGINS) < before).fill_null(False).any().over(_SERVICE))


def _shared(rows: pl.DataFrame) -> pl.DataFrame:
    """Uses with the connections that they may fall to, each as what falls to that one, on the days of its part."""
    rows = rows.filter(pl.col(_HOLDER).is_not_null()).with_columns(pl.col("usage").cast(pl.Int128))
    first, last = pl.max_horizontal("from_date", _BEGINS), pl.min_horizontal("to_date", _ENDS)
    common = (last - first).dt.total_days().clip(lower_bound=0)
    rows = rows.with_columns(first.alias("_first"), last.alias("_last"), common.alias("_common"))
    own = (pl.col("connection_id") == pl.col(_HOLDER)).cast(pl.Int64)
    weight = (
        pl.when(pl.col("_common").sum().over(_USE) > 0)
        .then("_common")
        .when(own.sum().over(_USE) > 0)
        .then(own)
        .otherwise(_DAYS)
    )
    rows = rows.with_columns(weight.alias("_weight"), (pl.col("_common") > 0).alias("_meets"))
    shared = shared_out(rows.sort(_USE, _BEGINS), _USE, "usage", "_weight")
    return shared.with_columns(
        pl.col(_HOLDER).alias("connection_id"),
        pl.col("usage").cast(pl.Int64, strict=True),
        pl.when("_meets").then("_first").otherwise("from_date").alias("from_date"),
        pl.when("_meets").then("_last").otherwise("to_date").alias("to_date"),
    )
