"""One frame rated twice. Accounts that are alike in all that prices depend on are rated once and counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

import polars as pl

from aimak_billing.domain.rating import Book, rate
from aimak_billing.domain.rating.alike import kinds_of

# What tells one account from another and prices nothing.
_IDS = ("account_id", "place", "connection_id")
_SUMS = ("connections", "quantity", "old_net", "old_tax", "new_net", "new_tax")
_EACH = ("months", "old", "new")
_BY = ("service", "customer_class", "tariff_id")


@dataclass(frozen=True)
class Compared:
    """What a frame came to both ways. `accounts`, in the order of their ids: account_id, customer_class, length (of the
    period, in months), months, old, new (gross tyiyn of the services that were rated); `totals` by service, class and
    the new book's version: connections, quantity, old_net, old_tax, new_net, new_tax; `held`: side (old, new), service,
    code, accounts. An account that is held on either side is in `held` alone."""

    accounts: pl.DataFrame
    totals: pl.DataFrame
    held: pl.DataFrame


def compare(frame: pl.DataFrame, old: Book, new: Book, months: int = 1) -> Compared:
    """Rate a frame of a period of so many months by both books, through the rating that bills go through."""
    profiles = _profiles(frame)
    counts = profiles.group_by("profile").agg(pl.len().cast(pl.Int64).alias("accounts"))
    chosen = frame.join(counts, left_on="place", right_on="profile", how="semi", maintain_order="left")
    before, after = rate(chosen, old), rate(chosen, new)
    held = pl.concat([_held(before.holds, "old"), _held(after.holds, "new")])
    good = chosen.join(held, on="place", how="anti").unique("connection_id", maintain_order=True)
    amounts = [f"{side}_{kind}" for side in ("old", "new") for kind in ("net", "tax")]
    rated = (
        good.select("place", "connection_id", "service", "customer_class")
        .join(_sums(before.lines, "old"), on="connection_id", how="left")
        .join(_sums(after.lines, "new").rename({"new_tariff": "tariff_id"}), on="connection_id", how="left")
        .join(counts, left_on="place", right_on="profile", how="inner")
        # Neither held nor on a line: the tariff charges this connection nothing, which is known to be nothing.
        .with_columns(pl.col(amounts).fill_null(0))
    )
    return Compared(_accounts(rated, profiles, months), _totals(rated), _counted(held, counts))


def over_periods(parts: Iterable[Compared]) -> Compared:
    """Several periods of the same accounts as one. Each is added to those before and forgotten: twelve months of a
    hundred thousand accounts beside each other would be the most that a worker ever holds."""
    return reduce(_added, parts)


def of_chunks(parts: Sequence[Compared]) -> Compared:
    """Several chunks as one, no account of which is in two, in the order of their ids."""
    # A chunk that was kept before an upgrade may have its months in wider columns.
    narrow = [pl.col(name).cast(pl.Int16, strict=True) for name in ("length", "months")]
    return Compared(pl.concat([part.accounts.with_columns(narrow) for part in parts]), *_summed(parts))


def _added(before: Compared, later: Compared) -> Compared:
    """Two periods as one; an account's class is that of the later."""
    left, right = before.accounts, later.accounts
    keys = ["account_id", "length"]
    if left.select(keys).equals(right.select(keys)):
        sums = {name: left.get_column(name).cast(pl.Int128) + right.get_column(name).cast(pl.Int128) for name in _EACH}
        # Strict: what does not fit must raise, it must not wrap.
        accounts = right.with_columns(one.cast(right.schema[name], strict=True) for name, one in sums.items())
    else:
        by_account = (
            pl.concat([left, right])
            .group_by(keys)
            .agg(
                pl.col("customer_class").last(), *(_total(name).cast(left.schema[name], strict=True) for name in _EACH)
            )
        )
        accounts = by_account.sort(keys).select(left.columns)
    return Compared(accounts, *_summed([before, later]))


def _summed(parts: Sequence[Compared]) -> tuple[pl.DataFrame, pl.DataFrame]:
    totals = pl.concat([part.totals for part in parts]).group_by(_BY).agg(_total(name) for name in _SUMS)
    held = pl.concat([part.held for part in parts]).group_by("side", "service", "code").agg(_total("accounts"))
    return totals.sort(_BY), held.sort("side", "service", "code")


def _profiles(frame: pl.DataFrame) -> pl.DataFrame:
    """account_id, place and the place of the first account that is alike in every row but for its ids."""
    kinds, _ = kinds_of(frame.drop(_IDS))
    rows = frame.select("account_id", "place").with_columns(kinds.alias("_kind"))
    accounts = rows.group_by("place", maintain_order=True).agg(pl.col("account_id").first(), pl.col("_kind"))
    names = [f"_{slot}" for slot in range(accounts.select(pl.col("_kind").list.len().max()).item() or 1)]
    slots = [pl.col("_kind").list.get(slot, null_on_oob=True).alias(name) for slot, name in enumerate(names)]
    # Whole numbers in columns: grouping by a list or its text costs several times as much.
    wide = accounts.select("account_id", "place", *slots)
    return wide.select("account_id", "place", pl.col("place").first().over(names).alias("profile"))


def _sums(lines: pl.DataFrame, side: str) -> pl.DataFrame:
    """Net, tax, quantity and version of each connection. Its quantity is that of its first charge."""
    amount = pl.col("amount").cast(pl.Int128)
    tax = pl.col("kind") == "tax"
    summed = (
        lines.sort("place", "position")
        .group_by("connection_id", maintain_order=True)
        .agg(
            amount.filter(~tax).sum().cast(pl.Int64, strict=True).alias(f"{side}_net"),
            amount.filter(tax).sum().cast(pl.Int64, strict=True).alias(f"{side}_tax"),
            pl.col("quantity").filter(~tax).first().alias("quantity"),
            pl.col("tariff_id").first().alias(f"{side}_tariff"),
        )
    )
    return summed.drop("old_tariff", "quantity") if side == "old" else summed


def _held(holds: pl.DataFrame, side: str) -> pl.DataFrame:
    first = holds.unique("place", keep="first", maintain_order=True)
    return first.select("place", pl.lit(side).alias("side"), "service", "code")


def _accounts(rated: pl.DataFrame, profiles: pl.DataFrame, months: int) -> pl.DataFrame:
    sums = rated.group_by("place").agg(
        pl.col("customer_class").first(),
        pl.lit(months, dtype=pl.Int16).alias("length"),
        pl.lit(months, dtype=pl.Int16).alias("months"),
        *(_sum_of(f"{side}_net", f"{side}_tax").alias(side) for side in ("old", "new")),
    )
    return profiles.join(sums, left_on="profile", right_on="place", how="inner", maintain_order="left").select(
        "account_id", "customer_class", "length", "months", "old", "new"
    )


def _totals(rated: pl.DataFrame) -> pl.DataFrame:
    alike = pl.col("accounts").cast(pl.Int128)
    weighted = [(pl.col(name).cast(pl.Int128) * alike).sum().cast(pl.Int64, strict=True) for name in _SUMS[2:]]
    # A line without a quantity (a fixed fee) leaves the service's quantity as it is.
    quantity = (pl.col("quantity").fill_null(0).cast(pl.Int128) * alike).sum().cast(pl.Int64, strict=True)
    return rated.group_by(_BY).agg(_total("accounts").alias("connections"), quantity.alias("quantity"), *weighted)


def _counted(held: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    rows = held.join(counts, left_on="place", right_on="profile", how="inner")
    return rows.group_by("side", "service", "code").agg(_total("accounts"))


def _total(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Int128).sum().cast(pl.Int64, strict=True)


def _sum_of(*names: str) -> pl.Expr:
    whole = pl.col(names[0]).cast(pl.Int128)
    for name in names[1:]:
        whole = whole + pl.col(name).cast(pl.Int128)
    return whole.sum().cast(pl.Int64, strict=True)
