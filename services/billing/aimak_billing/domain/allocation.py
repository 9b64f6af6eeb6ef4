"""Which debt a payment meets: what is left of each month, service and creditor, by a dated policy, in columns.

What is owed for one month, service and creditor is one debt: whatever names the same three is added up first, so that
a cancellation undoes its own bill wherever it stands. What is then below zero meets the other debts of its month and
creditor, and what is left of it is money, like a payment.

- `oldest_first`: all money meets the oldest month first. The order in which anything came plays no part.
- `service_priority`, `pro_rata`, `current_first`: each payment meets what was owed on its own day; what it leaves
  over waits and is added to the next one, and to what is owed on the day asked for. The order in which rows were
  written plays no part either: only business days do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

OLDEST_FIRST, SERVICE_PRIORITY, PRO_RATA, CURRENT_FIRST = METHODS = (
    "oldest_first",
    "service_priority",
    "pro_rata",
    "current_first",
)
OWNER = ["account_id", "provider"]
DEBT = [*OWNER, "origin", "service"]
_TEXTS = ("provider", "origin", "service")
MOVE = {
    "account_id": pl.Int64,
    "provider": pl.String,
    "service": pl.String,
    "origin": pl.String,
    "day": pl.Date,
    "amount": pl.Int64,
}


@dataclass(frozen=True)
class Policy:
    """How money of `valid_from` and later is set against debts; `priority` names services, the first paid first."""

    valid_from: date
    method: str = OLDEST_FIRST
    priority: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standing:
    """`debts`: account_id, provider, origin, service, owed (> 0); `advances`: account_id, provider, advance (> 0).
    Money in tyiyn."""

    debts: pl.DataFrame
    advances: pl.DataFrame


def standing(moves: pl.DataFrame, policies: Sequence[Policy], day: date) -> Standing:
    """What is left on `day` of `moves` (columns `MOVE`; > 0 raises the debt, without origin it is money), which are
    those of that day and before."""
    debts, money = _sides(moves.select(*MOVE).with_columns(_coded(moves, name) for name in _TEXTS))
    dated = in_force(policies, day)
    if oldest_first(dated):
        pools = money.group_by(OWNER).agg(pl.col("pool").sum())
        debts, left = _pay(debts, pools, dated[-1])
    else:
        debts, left = _in_turn(debts, money, dated)
    return _result(debts, left)


def in_force(policies: Sequence[Policy], day: date) -> list[Policy]:
    """Those that anything up to a day falls under, the oldest first: what is decided for later days changes nothing of
    what stood. Before the first one it is the oldest that is paid first."""
    known = sorted((policy for policy in policies if policy.valid_from <= day), key=lambda policy: policy.valid_from)
    return known or [Policy(date.min)]


def oldest_first(policies: Sequence[Policy]) -> bool:
    """Whether nothing but the oldest debt is paid first by any of them, so that the days of payments play no part."""
    return all(policy.method == OLDEST_FIRST for policy in policies)


def _coded(moves: pl.DataFrame, name: str) -> pl.Expr:
    """A column of texts by their places in their own order: compared and sorted as texts, at the cost of numbers."""
    return pl.col(name).cast(pl.Enum(moves[name].drop_nulls().unique().sort()))


def _sides(moves: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Debts (`DEBT`, day, owed) and money (`OWNER`, day, pool)."""
    raised = pl.col("day").filter(pl.col("amount") > 0).min()
    named = (
        moves.filter(pl.col("origin").is_not_null())
        .group_by(DEBT)
        .agg(pl.col("amount").sum().alias("owed"), raised.alias("day"), pl.col("day").max().alias("last"))
    )
    paid = moves.filter(pl.col("origin").is_null()).select(*OWNER, "day", (-pl.col("amount")).alias("pool"))
    debts, over = _within_months(named)
    money = pl.concat([paid, over]).group_by(*OWNER, "day").agg(pl.col("pool").sum())
    return debts, money


def _within_months(named: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What is below zero meets the debts of its own month, in the order of services, and leaves the rest as money."""
    month = [*OWNER, "origin"]
    minus = (
        named.filter(pl.col("owed") < 0)
        .group_by(month)
        .agg((-pl.col("owed").sum()).alias("pool"), pl.col("last").max())
    )
    debts = named.filter(pl.col("owed") > 0).select(*DEBT, "day", "owed")
    # Months without any are nearly all of them, and to pour takes long.
    joined = debts.join(minus.drop("last"), on=month, how="inner").sort(*month, "service", nulls_last=True)
    joined = joined.with_columns(_filled("owed", month).alias("met"))
    used = joined.group_by(month).agg(pl.col("met").sum())
    rest = pl.col("pool") - pl.col("met").fill_null(0)
    over = minus.join(used, on=month, how="left").select(*OWNER, pl.col("last").alias("day"), rest.alias("pool"))
    left = joined.select(*DEBT, "day", (pl.col("owed") - pl.col("met")).alias("owed")).filter(pl.col("owed") > 0)
    untouched = debts.join(minus, on=month, how="anti") if minus.height else debts
    return pl.concat([untouched, left]), over.filter(pl.col("pool") != 0)


def _in_turn(debts: pl.DataFrame, money: pl.DataFrame, dated: Sequence[Policy]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Pay with each owner's first money, then each owner's second, and so on; at last with what is left over."""
    turns = money.sort(*OWNER, "day").with_columns(pl.int_range(pl.len()).over(OWNER).alias("turn"))
    left = money.select(*OWNER, "pool").clear()
    for turn in sorted(turns["turn"].unique().to_list()):
        for policy, since, until in _spans(dated):
            now = turns.filter((pl.col("turn") == turn) & (pl.col("day") >= since) & (pl.col("day") < until))
            if now.height:
                pools = now.join(left, on=OWNER, how="left").select(
                    *OWNER, pl.col("pool") + pl.col("pool_right").fill_null(0), pl.col("day").alias("paid_on")
                )
                debts, rest = _pay(debts, pools, policy)
                left = pl.concat([left.join(rest, on=OWNER, how="anti"), rest])
    return _pay(debts, left, dated[-1])


def _spans(dated: Sequence[Policy]) -> Iterator[tuple[Policy, date, date]]:
    """Each policy with the days it holds for; before the first one it is the oldest that is paid first."""
    starts = [Policy(date.min), *dated]
    ends = [*(policy.valid_from for policy in dated), date.max]
    return ((policy, policy.valid_from, end) for policy, end in zip(starts, ends, strict=True))


def _pay(debts: pl.DataFrame, pools: pl.DataFrame, policy: Policy) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Set `pools` (`OWNER`, pool, paid_on where only what was owed that day counts) against `debts`; gives the debts
    that are left and the pools that are left."""
    joined = debts.join(pools.filter(pl.col("pool") > 0), on=OWNER, how="inner")
    dated = "paid_on" in pools.columns
    counts = (pl.col("day") <= pl.col("paid_on")).fill_null(False) if dated else pl.lit(True)
    joined = joined.with_columns(pl.when(counts).then("owed").otherwise(0).alias("open"))
    taken = joined.sort(_order(policy, debts)).with_columns(_taken(policy).alias("taken"))
    used = taken.group_by(OWNER).agg(pl.col("taken").sum())
    left = pools.join(used, on=OWNER, how="left").select(*OWNER, pl.col("pool") - pl.col("taken").fill_null(0))
    unpaid = debts.join(used, on=OWNER, how="anti").select(*DEBT, "day", "owed")
    rest = taken.select(*DEBT, "day", (pl.col("owed") - pl.col("taken")).alias("owed")).filter(pl.col("owed") > 0)
    return pl.concat([unpaid, rest]), left


def _order(policy: Policy, debts: pl.DataFrame) -> pl.Expr:
    """What is paid before what, owner by owner, as one number, which sorts in a quarter of the time of several columns;
    within a month the services of the policy's priority, then by name."""
    provider, origin, service = (_number(debts, name) for name in ("provider", "origin", "service"))
    named = {code: place for place, code in enumerate(policy.priority)}
    place = pl.lit(0)
    if named:
        found = pl.col("service").cast(pl.String).replace_strict(named, default=len(named), return_dtype=pl.Int64)
        place = found.fill_null(len(named) + 1)
    ranked = place, len(named) + 2
    if policy.method == CURRENT_FIRST:
        order = ((origin[1] - 1) - origin[0], origin[1]), ranked, service
    elif policy.method == SERVICE_PRIORITY:
        order = ranked, origin, service
    else:
        order = origin, ranked, service
    number = pl.col("account_id").cast(pl.Int128)
    for part, size in (provider, *order):
        number = number * size + part
    return number


def _number(debts: pl.DataFrame, name: str) -> tuple[pl.Expr, int]:
    """A coded column as a number, what has none last, and how many numbers there are."""
    kinds = debts.schema[name]
    assert isinstance(kinds, pl.Enum)
    size = len(kinds.categories) + 1
    return pl.col(name).to_physical().cast(pl.Int128).fill_null(size - 1), size


def _taken(policy: Policy) -> pl.Expr:
    """What each row, in its order, gets of its owner's pool."""
    if policy.method != PRO_RATA:
        return _filled("open", OWNER)
    whole = pl.col("open").cast(pl.Int128).sum().over(OWNER)
    pool = pl.min_horizontal(pl.col("pool").cast(pl.Int128), whole)
    size = pool * pl.col("open").cast(pl.Int128)
    divisor = pl.max_horizontal(whole, pl.lit(1, dtype=pl.Int128))
    part, remainder = size // divisor, size % divisor
    missing = pool - part.sum().over(OWNER)
    rank = (-remainder.cast(pl.Int64)).rank("ordinal").over(OWNER).cast(pl.Int128)
    return (part + (rank <= missing).cast(pl.Int128)).cast(pl.Int64, strict=True)


def _filled(wanted: str, group: Sequence[str]) -> pl.Expr:
    """What each row gets of its group's pool when it is poured out in the order of the rows, `wanted` at the most."""
    before = pl.col(wanted).cum_sum() - pl.col(wanted)
    first = pl.any_horizontal((pl.col(name) != pl.col(name).shift()).fill_null(True) for name in group)
    # What stood before a group's first row; a window over several columns takes ten times as long.
    before -= pl.when(first).then(before).otherwise(None).forward_fill()
    return pl.min_horizontal(pl.max_horizontal(pl.col("pool") - before, pl.lit(0, dtype=pl.Int64)), pl.col(wanted))


def _result(debts: pl.DataFrame, left: pl.DataFrame) -> Standing:
    """What is below zero without ever having been a debt, a reversed payment that was never taken, is owed since
    ever."""
    short = left.filter(pl.col("pool") < 0).select(
        *OWNER,
        pl.lit("").alias("origin"),
        pl.lit(None, dtype=pl.String).alias("service"),
        (-pl.col("pool")).alias("owed"),
    )
    told = [pl.col(name).cast(pl.String) for name in _TEXTS]
    owed = debts.select(*DEBT, "owed").sort(*DEBT, nulls_last=True).with_columns(told)
    if short.height:
        owed = pl.concat([owed, short.with_columns(told)]).sort(*DEBT, nulls_last=True)
    advances = left.filter(pl.col("pool") > 0).select(*OWNER, pl.col("pool").alias("advance")).sort(OWNER)
    return Standing(owed, advances.with_columns(pl.col("provider").cast(pl.String)))
