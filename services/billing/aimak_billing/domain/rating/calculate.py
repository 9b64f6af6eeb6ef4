"""Rate a frame of connections: whole columns, tariff version by tariff version, never row by row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from aimak_billing.domain.rating import lines as line_columns
from aimak_billing.domain.rating.attributes import with_attributes
from aimak_billing.domain.rating.book import Book
from aimak_billing.domain.rating.determinants import column, columns_of, matches
from aimak_billing.domain.rating.holds import HOLDS, NO_TARIFF, held, told
from aimak_billing.domain.rating.prepared import QUANTITY, Prepared
from aimak_billing.domain.rating.quantity import found_quantity

FRAME: Mapping[str, pl.DataType] = {
    "account_id": pl.Int64(),
    "place": pl.Int64(),
    "connection_id": pl.Int64(),
    "service": pl.String(),
    "provider": pl.String(),
    "regime": pl.String(),
    "customer_class": pl.String(),
    "attributes": pl.String(),
    "residents": pl.Int64(),
    "pensioners": pl.Int64(),
    "usage": pl.Int64(),
    "days": pl.Int64(),
    "days_in_period": pl.Int64(),
}
FOLLOWED = "followed"
_VERSION = "_version"


@dataclass(frozen=True)
class Rated:
    """What a frame came to. `lines` are sorted by place and position and leave out connections that are held;
    `holds` has one row for each of those, with a problem's code and its fields as JSON."""

    lines: pl.DataFrame
    holds: pl.DataFrame


def rate(frame: pl.DataFrame, book: Book) -> Rated:
    """Rate connections: the columns of FRAME, all connections of an account together, sorted by place.

    Amounts are tyiyn (Int64), quantities thousandths; everything between is exact in 128 bits. A connection without a
    tariff, or for which a determinant is null or out of bounds, is held; it never becomes an amount."""
    rows = _placed(with_attributes(frame, book.attribute_texts(), book.attribute_numbers()), book)
    followed_types = {one.service.follows for one in book.prepared if one.service.follows}
    lines, holds = [line_columns.EMPTY], [HOLDS]
    quantities: dict[str, list[pl.DataFrame]] = {service: [] for service in followed_types}
    nobody = rows.filter(pl.col(_VERSION).is_null())
    if nobody.height:
        holds.append(held(nobody, [NO_TARIFF], book.day))
    for service in followed_types:
        quantities[service].append(_unknown_quantity(nobody.filter(pl.col("service") == service)))
    for number, one in enumerate(book.prepared):
        mine = rows.filter(pl.col(_VERSION) == number)
        if not mine.height:
            continue
        followed = one.version.service in followed_types
        mine = _calculated(_with_followed(mine, one, quantities), one, book, followed)
        if followed:
            quantities[one.version.service].append(mine.select("account_id", column(QUANTITY)))
        unknown = mine.select(pl.any_horizontal(pl.col(column(line.code)).is_null() for line in one.lines)).to_series()
        if unknown.any():
            holds.append(told(mine.filter(unknown), one, book.day))
            mine = mine.filter(~unknown)
        lines += line_columns.of_version(mine, one)
    return Rated(line_columns.sorted_lines(lines), pl.concat(holds).sort("place", "connection_id"))


def quote(connection: Mapping[str, Any], book: Book) -> Rated:
    """Rate one connection, by the same expressions. What is not given is not known, but: one account, the whole
    period, no attributes, household, provider's regime general."""
    days = book.period.days
    usual = {"account_id": 0, "place": 0, "connection_id": 0, "customer_class": "household", "regime": "general"}
    row = {**usual, "days": days, "days_in_period": days, "attributes": "{}", **connection}
    if isinstance(row["attributes"], Mapping):
        row["attributes"] = json.dumps(row["attributes"], default=str)
    return rate(pl.DataFrame({name: [row.get(name)] for name in FRAME}, schema=dict(FRAME)), book)


def _placed(rows: pl.DataFrame, book: Book) -> pl.DataFrame:
    """With the number of the version that each connection falls under, and its place among the account's."""
    version = pl.lit(None, dtype=pl.Int32)
    for number, one in reversed(list(enumerate(book.prepared))):
        tariff = one.version
        mine = (pl.col("service") == tariff.service) & (pl.col("provider") == tariff.provider)
        version = pl.when(mine & matches(tariff.applies_to)).then(pl.lit(number, dtype=pl.Int32)).otherwise(version)
    index = pl.int_range(pl.len(), dtype=pl.Int64)
    first = pl.when(pl.col("place").ne_missing(pl.col("place").shift(1))).then(index).forward_fill()
    return rows.with_columns(version.alias(_VERSION), (index - first).alias(line_columns.SLOT))


def _calculated(rows: pl.DataFrame, one: Prepared, book: Book, followed: bool) -> pl.DataFrame:
    """With every determinant, the quantity where it is wanted, and the rounded amount of each component."""
    wanted = one.quantity_used or followed
    names = one.determinants(wanted)
    rows = rows.with_columns(columns_of(names, one.version, one.taxes, book.day))
    if wanted:
        rows = rows.with_columns(found_quantity(one))
    for line in one.lines:
        # Strict: what does not fit 64 bits must raise, it must not become a null or wrap.
        rows = rows.with_columns(line.amount.expr.cast(pl.Int64, strict=True).alias(column(line.code)))
    return rows


def _with_followed(rows: pl.DataFrame, one: Prepared, quantities: Mapping[str, list[pl.DataFrame]]) -> pl.DataFrame:
    service = one.service.follows
    if service is None:
        return rows
    known = pl.concat([_unknown_quantity(rows.clear()), *quantities.get(service, [])])
    quantity = pl.col(column(QUANTITY))
    # A sum would pass over a null: one unknown meter makes the account's quantity unknown.
    summed = pl.when(quantity.is_null().any()).then(None).otherwise(quantity.sum()).alias(column(FOLLOWED))
    return rows.join(known.group_by("account_id").agg(summed), on="account_id", how="left", maintain_order="left")


def _unknown_quantity(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("account_id", pl.lit(None, dtype=pl.Int64).alias(column(QUANTITY)))
