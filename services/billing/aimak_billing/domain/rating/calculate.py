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
from aimak_billing.domain.rating.determinants import column
from aimak_billing.domain.rating.holds import HOLDS, NO_TARIFF, held, told
from aimak_billing.domain.rating.prepared import QUANTITY, Prepared

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
_NO_QUANTITY = pl.DataFrame(schema={"account_id": pl.Int64, column(QUANTITY): pl.Int64})


@dataclass(frozen=True)
class Rated:
    """What a frame came to. `lines` leave out connections that are held and are in no order: place and position make
    that of the bill. `holds` has one row for each of those, with a problem's code and its fields as JSON."""

    lines: pl.DataFrame
    holds: pl.DataFrame


def rate(frame: pl.DataFrame, book: Book) -> Rated:
    """Rate connections: the columns of FRAME, all connections of an account together, sorted by place.

    Amounts are tyiyn (Int64), quantities thousandths; everything between is exact in 128 bits. A connection without a
    tariff, or for which a determinant is null or out of bounds, is held; it never becomes an amount."""
    rows = _placed(with_attributes(frame, book.attribute_texts, book.attribute_numbers), book)
    quantities = _Quantities(book)
    holds, lines = [HOLDS], [line_columns.EMPTY.lazy()]
    nobody = rows.filter(pl.col(_VERSION).is_null())
    if nobody.height:
        holds.append(held(nobody, [NO_TARIFF], book.day))
        quantities.unknown(nobody)
    for number, steps in enumerate(book.steps):
        mine = _with_followed(rows.lazy().filter(pl.col(_VERSION) == number), steps.one, quantities)
        known = steps.calculated(mine).select(*steps.kept(), unknown=steps.unknown()).collect()
        if steps.followed:
            quantities.found(steps.one.version.service, known)
        if known.get_column("unknown").any():
            wrong = steps.calculated(mine).filter(steps.unknown()).collect()
            holds.append(told(wrong, steps.one, book.day))
            known = known.filter(~pl.col("unknown"))
        lines += [known.lazy().select(line) for line in steps.lines]
    return Rated(pl.concat(lines).collect(), pl.concat(holds).sort("place", "connection_id"))


def quote(connection: Mapping[str, Any], book: Book) -> Rated:
    """Rate one connection, by the same expressions. What is not given is not known, but: one account, the whole
    period, no attributes, household, provider's regime general."""
    days = book.period.days
    usual = {"account_id": 0, "place": 0, "connection_id": 0, "customer_class": "household", "regime": "general"}
    row = {**usual, "days": days, "days_in_period": days, "attributes": "{}", **connection}
    if isinstance(row["attributes"], Mapping):
        row["attributes"] = json.dumps(row["attributes"], default=str)
    rated = rate(pl.DataFrame({name: [row.get(name)] for name in FRAME}, schema=dict(FRAME)), book)
    return Rated(line_columns.sorted_lines(rated.lines), rated.holds)


def _placed(rows: pl.DataFrame, book: Book) -> pl.DataFrame:
    """With the number of the version that each connection falls under, and its place among the account's."""
    version = pl.lit(None, dtype=pl.Int32)
    for number, steps in reversed(list(enumerate(book.steps))):
        version = pl.when(steps.applies).then(pl.lit(number, dtype=pl.Int32)).otherwise(version)
    index = pl.int_range(pl.len(), dtype=pl.Int64)
    first = pl.when(pl.col("place").ne_missing(pl.col("place").shift(1))).then(index).forward_fill()
    return rows.with_columns(version.alias(_VERSION), (index - first).alias(line_columns.SLOT))


class _Quantities:
    """The quantities that other services follow, by account."""

    def __init__(self, book: Book) -> None:
        services = {one.service.follows for one in book.prepared if one.service.follows}
        self._pieces: dict[str, list[pl.DataFrame]] = {service: [_NO_QUANTITY] for service in services}

    def found(self, service: str, rows: pl.DataFrame) -> None:
        """Keep what was found for connections of a service; null is kept as null."""
        self._pieces[service].append(rows.select("account_id", column(QUANTITY)))

    def unknown(self, rows: pl.DataFrame) -> None:
        """Keep that nothing is known of these connections."""
        for service in self._pieces:
            nothing = pl.lit(None, dtype=pl.Int64).alias(column(QUANTITY))
            self._pieces[service].append(rows.filter(pl.col("service") == service).select("account_id", nothing))

    def of(self, service: str) -> pl.LazyFrame:
        """account_id and the account's quantity of a service; null as soon as one connection's is not known."""
        quantity = pl.col(column(QUANTITY))
        pieces = pl.concat(self._pieces.get(service, [_NO_QUANTITY])).lazy()
        by_account = pieces.group_by("account_id").agg(quantity.sum(), missing=quantity.null_count())
        # The sum passes over nulls, so it counts only where there was none.
        known = pl.when(pl.col("missing") == 0).then(quantity).otherwise(None)
        return by_account.select("account_id", known.alias(column(FOLLOWED)))


def _with_followed(rows: pl.LazyFrame, one: Prepared, quantities: _Quantities) -> pl.LazyFrame:
    service = one.service.follows
    return rows if service is None else rows.join(quantities.of(service), on="account_id", how="left")
