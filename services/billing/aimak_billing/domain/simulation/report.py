"""What a comparison says to a council: revenue, who pays more and by how much, and the subsidy that would be needed."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import polars as pl
from aimak.money import half_up

from aimak_billing.domain.simulation.compare import Compared
from aimak_billing.domain.tariff import TariffVersion

HARDEST = 20
# Bounds of the histogram, in tyiyn a month; no change at all stands by itself.
EDGES = (-50_000, -20_000, -10_000, -5_000, -2_000, 0, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)


def report(compared: Compared, versions: Mapping[int, TariffVersion]) -> dict[str, Any]:
    """The whole report as plain values, money in tyiyn; `versions`: those of the new books by id. What concerns an
    account is a month's, rounded half up, over the months in which it could be rated on both sides."""
    monthly = _monthly(compared.accounts)
    revenue = _revenue(compared.totals)
    return {
        "accounts": monthly.height,
        "revenue": revenue,
        "total": _sum_rows(revenue),
        "payers": _payers(monthly),
        "histogram": _histogram(monthly),
        "deciles": _deciles(monthly),
        "hardest": _hardest(monthly),
        "subsidy": _subsidy(compared.totals, versions),
        "held": compared.held.to_dicts(),
    }


def permille(change: int, base: int) -> int | None:
    """A change in thousandths of its base, half up; None where there is no base."""
    return half_up(change * 1000, base) if base > 0 else None


def _monthly(accounts: pl.DataFrame) -> pl.DataFrame:
    """account_id, customer_class and old, new, difference of a month. What is billed by months and what by quarters
    covers the same time: the longest of them is what the sums are divided by."""
    if accounts.get_column("length").n_unique() > 1:
        sums = (pl.col(name).cast(pl.Int128).sum().cast(pl.Int64, strict=True) for name in ("old", "new"))
        by_account = accounts.group_by("account_id", maintain_order=True)
        accounts = by_account.agg(pl.col("customer_class").last(), pl.col("months").max(), *sums)
    months = pl.col("months")
    parts = [_share(pl.col(name), months).alias(name) for name in ("old", "new")]
    rows = accounts.select("account_id", "customer_class", *parts)
    return rows.with_columns((pl.col("new") - pl.col("old")).alias("difference"))


def _share(amount: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """amount ÷ whole, half away from zero, in whole numbers."""
    return amount.sign() * ((amount.abs() * 2 + whole) // (whole * 2))


def _revenue(totals: pl.DataFrame) -> list[dict[str, Any]]:
    sums = ("connections", "quantity", "old_net", "old_tax", "new_net", "new_tax")
    rows = totals.group_by("service", "customer_class").agg(
        pl.col(name).cast(pl.Int128).sum().cast(pl.Int64, strict=True) for name in sums
    )
    return [_with_gross(row) for row in rows.sort("service", "customer_class").to_dicts()]


def _with_gross(row: dict[str, Any]) -> dict[str, Any]:
    old, new = row["old_net"] + row["old_tax"], row["new_net"] + row["new_tax"]
    change = {"old_gross": old, "new_gross": new, "difference": new - old, "permille": permille(new - old, old)}
    return {**row, **change}


def _sum_rows(rows: list[dict[str, Any]]) -> dict[str, Any]:
    names = ("old_net", "old_tax", "new_net", "new_tax")
    return _with_gross({name: sum(row[name] for row in rows) for name in names})


def _payers(monthly: pl.DataFrame) -> dict[str, int]:
    change = monthly.get_column("difference")
    more, less = change.filter(change > 0), change.filter(change < 0)
    return {
        "more": more.len(),
        "less": less.len(),
        "same": change.len() - more.len() - less.len(),
        "more_by": int(more.sum()),
        "less_by": int(less.sum()),
        "median": int(change.sort()[(change.len() - 1) // 2]) if change.len() else 0,
    }


def _histogram(monthly: pl.DataFrame) -> list[dict[str, Any]]:
    """Accounts by their change a month; from below up to and without the upper bound, and above zero the other way."""
    change = pl.col("difference")
    bars: list[tuple[str, int | None, int | None, pl.Expr]] = [("below", None, EDGES[0], change < EDGES[0])]
    for low, high in pairwise(EDGES):
        inside = (change >= low) & (change < high) if high <= 0 else (change > low) & (change <= high)
        if low == 0:
            bars.append(("same", 0, 0, change == 0))
        bars.append(("between", low, high, inside))
    bars.append(("above", EDGES[-1], None, change > EDGES[-1]))
    counts = monthly.select(condition.sum().alias(str(number)) for number, (*_, condition) in enumerate(bars)).row(0)
    return [
        {"kind": kind, "from": low, "to": high, "accounts": int(count)}
        for (kind, low, high, _), count in zip(bars, counts, strict=True)
    ]


def _deciles(monthly: pl.DataFrame) -> list[dict[str, Any]]:
    """Ten groups of accounts by what they pay now, the smallest bills first, each with its mean month."""
    if monthly.is_empty():
        return []
    # Accounts stand in the order of their ids, which those that pay the same keep.
    amounts = monthly.select("old", "new", "difference")
    ranked = amounts.sort("old", maintain_order=True).with_row_index("_rank")
    decile = pl.col("_rank").cast(pl.Int64) * 10 // monthly.height + 1
    rows = (
        ranked.group_by(decile.alias("decile"))
        .agg(
            pl.len().cast(pl.Int64).alias("accounts"),
            pl.col("old").sum(),
            pl.col("new").sum(),
            pl.col("difference").max().alias("most"),
        )
        .sort("decile")
    )
    return [_mean(row) for row in rows.to_dicts()]


def _mean(row: dict[str, Any]) -> dict[str, Any]:
    old, new = half_up(row["old"], row["accounts"]), half_up(row["new"], row["accounts"])
    means = {"old": old, "new": new, "difference": new - old, "permille": permille(new - old, old)}
    return {"decile": row["decile"], "accounts": row["accounts"], **means, "most": row["most"]}


def _hardest(monthly: pl.DataFrame) -> list[dict[str, Any]]:
    hit = monthly.filter(pl.col("difference") > 0)
    least = hit.get_column("difference").top_k(HARDEST).min()
    most = hit.filter(pl.col("difference") >= least) if hit.height else hit
    rows = most.sort("difference", "account_id", descending=[True, False]).head(HARDEST).to_dicts()
    return [{**row, "permille": permille(row["difference"], row["old"])} for row in rows]


def _subsidy(totals: pl.DataFrame, versions: Mapping[int, TariffVersion]) -> dict[str, Any]:
    """What the new prices leave uncovered of the full cost, by service and class, where a tariff says its cost; a
    class that pays more than its cost does not make up for one that pays less: that is told apart."""
    by_class: dict[tuple[str, str], list[int | None]] = {}
    for row in totals.filter(pl.col("tariff_id").is_not_null()).to_dicts():
        version = versions.get(row["tariff_id"])
        cost = version.cost if version else None
        held = by_class.setdefault((row["service"], row["customer_class"]), [0, 0])
        full = None if cost is None else half_up(row["quantity"] * cost.units, 1000 * 10**cost.scale)
        held[0] = None if held[0] is None or full is None else held[0] + full
        held[1] = (held[1] or 0) + row["new_net"]
    rows = [
        {"service": service, "customer_class": of_class, "cost": cost, "net": net, **_gap(cost, net or 0)}
        for (service, of_class), (cost, net) in sorted(by_class.items())
    ]
    known = [row for row in rows if row["cost"] is not None]
    return {
        "rows": rows,
        "known": bool(rows) and len(known) == len(rows),
        "gap": sum(row["gap"] for row in known) if known else None,
        "surplus": sum(row["surplus"] for row in known) if known else None,
    }


def _gap(cost: int | None, net: int) -> dict[str, int | None]:
    if cost is None:
        return {"gap": None, "surplus": None}
    return {"gap": max(cost - net, 0), "surplus": max(net - cost, 0)}
