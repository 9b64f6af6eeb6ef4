"""What earlier periods come to by today's knowledge, less what was billed for them: lines of the next bill."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

import polars as pl

from aimak_billing.domain.chunk import LINE, TRANSFERS_AT_MOST
from aimak_billing.domain.period_facts import DAYS_WITHOUT_SUPPLY, OF_ALL_SUPPLIERS

# Corrections stand behind the lines of the period itself.
FIRST_POSITION = 1_000_000
KEYS = ("account_id", "connection_id", "service", "provider", "kind", "component", "tariff_version", "tax_code")
_SUMS = ("quantity", "amount")
_PRICE = ("price", "price_scale")
_CONNECTION = ("account_id", "connection_id")
_WHOLE = ("whole_now", "whole_was", "versions_now", "versions_was")
_SIDES = {"now": "quantity_now", "was": "quantity_was", "amount_now": "amount_now", "amount_was": "amount_was"}
# A line of several stretches, or one that corrects such.
_OF_STRETCHES = r'"from":.*"from":|"stretched":true'
# Where a line says how many days of the period were without supply, thousandths; one that corrects such says it last.
_DRY = (OF_ALL_SUPPLIERS, DAYS_WITHOUT_SUPPLY, "dry_now")

BILLED = {
    "account_id": pl.Int64,
    "bill_id": pl.Int64,
    "number": pl.Int64,
    "scope": pl.String,
    "own": pl.Int64,
    "connection_id": pl.Int64,
    "service": pl.String,
    "provider": pl.String,
    "kind": pl.String,
    "component": pl.String,
    "tariff_version": pl.Int64,
    "tax_code": pl.String,
    "quantity": pl.Int64,
    "price": pl.Int64,
    "price_scale": pl.Int16,
    "amount": pl.Int64,
    "basis": pl.String,
    "position": pl.Int64,
}
"""Columns of lines that bills in force charge for one period; number: of the bill; own: 1 where the bill is of that
period itself."""


def covered(lines: pl.DataFrame, billed: pl.DataFrame) -> pl.DataFrame:
    """The rated `lines` of accounts and services that bills in force of the period cover: only those can differ. What
    was never billed is for a run of that period, not for a correction."""
    scopes = billed.filter(pl.col("own") == 1).select("account_id", "scope").unique()
    found = [lines.clear()]
    for (scope,), accounts in scopes.group_by("scope"):
        kind, _, value = str(scope).partition(":")
        mine = lines.join(accounts.select("account_id"), on="account_id", how="semi")
        found.append(mine.filter(pl.col(kind) == value) if value else mine)
    every = pl.concat(found)
    return every.unique(subset=["account_id", "connection_id", "position"], keep="first") if len(found) > 2 else every


def differences(now: pl.DataFrame, billed: pl.DataFrame, origin: str) -> pl.DataFrame:
    """Columns of LINE but place, with account_id: what `now` (lines as rated, tariff_id and tax under their names on
    bills) says beyond `billed`, component by component; none where both say the same.

    Quantity is the difference too; `basis` keeps both sides, for the sentence that tells of it, and what the whole
    connection comes to on each: what is said of an issued bill asks nothing that later bills may change. Where nothing
    is charged and nothing but corrections was, it names the bills whose corrections are taken back.
    """
    sides = [_summed(now, "now"), _summed(billed, "was")]
    joined = sides[0].join(sides[1], on=list(KEYS), how="full", coalesce=True, nulls_equal=True)
    for whole in (_whole(now, "now"), _whole(billed, "was"), _taken_back(now, billed)):
        joined = joined.join(whole, on=list(_CONNECTION), how="left")
    amount = _less("amount")
    changed = joined.with_columns(amount.alias("amount"), _quantity().alias("quantity")).filter(pl.col("amount") != 0)
    order = pl.coalesce("position_now", pl.col("position_was") + FIRST_POSITION)
    # The side that a tariff no longer has still says its price.
    prices = [pl.coalesce(f"{name}_now", f"{name}_was").alias(name) for name in _PRICE]
    return (
        changed.with_columns(*prices, _basis().alias("basis"), pl.lit(origin).alias("origin"))
        .sort("account_id", order, "connection_id", "tariff_version", "component")
        .select("account_id", *(name for name in LINE if name not in ("place", "line")))
    )


def _summed(lines: pl.DataFrame, side: str) -> pl.DataFrame:
    return (
        lines.group_by(KEYS, maintain_order=True)
        .agg(
            *(pl.col(name).cast(pl.Int128).sum().cast(pl.Int64, strict=True) for name in _SUMS),
            pl.col("quantity").count().alias("counted"),
            *(pl.col(name).last() for name in _PRICE),
            pl.col("position").first().cast(pl.Int64),
            pl.col("basis").str.contains(_OF_STRETCHES).fill_null(False).any().alias("stretched"),
        )
        .with_columns(pl.when(pl.col("counted") > 0).then(pl.col("quantity")).otherwise(None).alias("quantity"))
        .rename({name: f"{name}_{side}" for name in (*_SUMS, *_PRICE, "position", "counted", "stretched")})
    )


def _whole(lines: pl.DataFrame, side: str) -> pl.DataFrame:
    """What each connection comes to with all its lines, by how many tariff versions, and how many days of it were known
    to be without supply."""
    dry = pl.coalesce(pl.col("basis").str.extract(f'"{name}":(\\d+)') for name in _DRY)
    return lines.group_by(_CONNECTION).agg(
        pl.col("amount").cast(pl.Int128).sum().cast(pl.Int64, strict=True).alias(f"whole_{side}"),
        pl.col("tariff_version").n_unique().cast(pl.Int64).alias(f"versions_{side}"),
        dry.drop_nulls().last().fill_null("0").alias(f"dry_{side}"),
    )


def _taken_back(now: pl.DataFrame, billed: pl.DataFrame) -> pl.DataFrame:
    """The numbers of the bills, as a JSON list, that correct connections of which nothing is left to be corrected: the
    bill of the period that they corrected is cancelled, or made anew."""
    corrections = billed.filter((pl.col("own") == 0).all().over(_CONNECTION))
    left = corrections.join(now, on=list(_CONNECTION), how="anti")
    numbers = pl.col("number").unique().sort().cast(pl.String).str.join(",")
    return left.group_by(_CONNECTION).agg(pl.format("[{}]", numbers).alias("taken_back"))


def _less(name: str) -> pl.Expr:
    now, was = (pl.col(f"{name}_{side}").fill_null(0) for side in ("now", "was"))
    return now - was


def _quantity() -> pl.Expr:
    nothing = pl.col("quantity_now").is_null() & pl.col("quantity_was").is_null()
    return pl.when(nothing).then(None).otherwise(_less("quantity"))


def _basis() -> pl.Expr:
    parts = {name: pl.col(column) for name, column in _SIDES.items()}
    # A side without a line of the connection charges nothing for it.
    parts |= {name: pl.col(name).fill_null(0) for name in _WHOLE}
    parts["stretched"] = pl.col("stretched_now").fill_null(False) | pl.col("stretched_was").fill_null(False)
    # A side without a line says nothing of days.
    parts |= {name: pl.col(name) for name in ("dry_now", "dry_was", "taken_back")}
    named = ",".join(f'"{name}":{{}}' for name in parts)
    return pl.format(f"{{{{{named}}}}}", *(part.cast(pl.String).fill_null("null") for part in parts.values()))


def reasoned(differing: pl.DataFrame, reasons: Mapping[tuple[int, str], Collection[str]]) -> pl.DataFrame:
    """The differences with all that became known of their account's period in `basis`. reasons: by account id and
    origin."""
    rows = [(*pair, f',"why":{json.dumps(sorted(why))}}}') for pair, why in reasons.items()]
    known = pl.DataFrame(rows, schema={"account_id": pl.Int64, "origin": pl.String, "why": pl.String}, orient="row")
    found = differing.join(known, on=["account_id", "origin"], how="left", maintain_order="left")
    return found.with_columns(pl.col("basis").str.strip_suffix("}") + pl.col("why")).drop("why")


def fitting(differing: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """account_id and origin of the differences that one bill can carry beside its own `lines` (as rated): the oldest
    periods first, the others wait for the next bill. A bill has room for a fixed number of transfers."""
    own = lines.group_by("account_id").agg(pl.struct("service", "provider", "kind", "tax").n_unique().alias("own"))
    groups = differing.group_by("account_id", "origin").agg(
        pl.struct("service", "provider", "kind", "tax_code").n_unique().alias("groups")
    )
    counted = groups.join(own, on="account_id", how="left").sort("account_id", "origin")
    room = pl.lit(TRANSFERS_AT_MOST, dtype=pl.Int64) - pl.col("own").fill_null(0).cast(pl.Int64)
    used = pl.col("groups").cast(pl.Int64).cum_sum().over("account_id")
    return counted.filter(used <= room).select("account_id", "origin")


def placed(differing: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Differences as lines of bills: with place and line. places: account_id, place."""
    index = pl.int_range(pl.len(), dtype=pl.Int64).over("account_id") + FIRST_POSITION
    found = differing.join(places, on="account_id", how="inner", maintain_order="left")
    found = found.with_columns(index.cast(pl.Int32).alias("line"))
    return found.select("account_id", *LINE, "customer_class")
