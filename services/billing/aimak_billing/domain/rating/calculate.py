"""Rate a frame of connections: whole columns, tariff version by tariff version, never row by row."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
from aimak.money import share
from aimak.period import Period

from aimak_billing.domain.rating import lines as line_columns
from aimak_billing.domain.rating.attributes import with_attributes
from aimak_billing.domain.rating.book import Book, Stage
from aimak_billing.domain.rating.determinants import OUT_OF_BOUNDS, column
from aimak_billing.domain.rating.followed import TAKEN, Quantities
from aimak_billing.domain.rating.holds import HOLDS, NO_TARIFF, held, told
from aimak_billing.domain.rating.kinds import VERSION, placed
from aimak_billing.domain.rating.prepared import DAYS_HERE
from aimak_billing.domain.rating.rated import Rated
from aimak_billing.domain.rating.stretches import LAST_HERE, Stretched
from aimak_billing.domain.rating.whole import rate_whole
from aimak_billing.domain.spans import SPAN_FROM

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
    SPAN_FROM: pl.Date(),
}
"""A row is a connection over the whole period, span_from null; or, where something of its account changes inside the
period, a connection over a span of days on which nothing does, for all connections of the account alike."""


def rate(frame: pl.DataFrame, book: Book) -> Rated:
    """Rate connections: the columns of FRAME, all connections of an account together, sorted by place.

    Amounts are tyiyn (Int64), quantities thousandths; everything between is exact in 128 bits. A connection without a
    tariff, or for which a determinant is null or out of bounds, is held; it never becomes an amount."""
    usual = frame.get_column(SPAN_FROM).is_null()
    if usual.all():
        rated = rate_whole(frame.drop(SPAN_FROM), book)
    else:
        whole = rate_whole(frame.filter(usual).drop(SPAN_FROM), book)
        parts = _rate_parts(frame.filter(~usual), book)
        holds = pl.concat([whole.holds, parts.holds]).sort("place", "connection_id")
        rated = Rated(pl.concat([whole.lines, parts.lines]), holds)
    return rated if book.number == 0 else Rated(_of_period(rated.lines, book.period), rated.holds)


def _of_period(lines: pl.DataFrame, period: Period) -> pl.DataFrame:
    """Lines that tell of which period they are, as it is not the bill's."""
    head = pl.lit(f'{{"period":["{period.start}","{period.last_day}"]')
    basis = pl.col("basis")
    rest = pl.when(basis.is_null()).then(pl.lit("}")).otherwise(pl.format(",{}", basis.str.slice(1)))
    return lines.with_columns(pl.concat_str(head, rest).alias("basis"))


def _rate_parts(frame: pl.DataFrame, book: Book) -> Rated:
    """Connections by spans of days: each span by the tariffs of its first day."""
    rows = _prepared(frame, book)
    rows = rows.with_columns(
        pl.col("days").sum().over("connection_id").alias(column(DAYS_HERE)),
        (pl.col(SPAN_FROM) == pl.col(SPAN_FROM).max().over("connection_id")).alias(LAST_HERE),
    )
    quantities = Quantities(book.prepared, {"account_id": FRAME["account_id"], SPAN_FROM: FRAME[SPAN_FROM]})
    staged = list(_staged(rows, book))
    nobody = pl.concat([part.filter(pl.col(VERSION).is_null()) for part, _ in staged])
    holds, lines = [HOLDS], [line_columns.EMPTY]
    holds.append(held(book.left_out(nobody), [NO_TARIFF], book.day))
    quantities.unknown(nobody)
    last = pl.col(SPAN_FROM) + pl.duration(days="days") == pl.lit(book.period.end)
    for one in book.prepared:
        followed = one.version.service in quantities.services
        parts = [
            quantities.beside(part.filter(pl.col(VERSION) == number), one).with_columns(steps.of_part)
            for part, stage in staged
            for number, steps in enumerate(stage.steps)
            if steps.one is one
        ]
        mine = pl.concat(parts, how="diagonal").sort("place", "connection_id", SPAN_FROM)
        if mine.is_empty():
            continue
        stretched = Stretched(one, mine, one.quantity_used or followed, last)
        if followed:
            quantities.found(one.version.service, stretched.rows)
        if one.version.service in quantities.charged:
            quantities.billed(one.version.service, stretched.charged(TAKEN), pl.col(TAKEN))
        holds.append(told(stretched.held(), one, book.day))
        lines += stretched.lines()
    return _without_held(pl.concat(lines), pl.concat(holds))


def _staged(rows: pl.DataFrame, book: Book) -> Iterator[tuple[pl.DataFrame, Stage]]:
    """The rows of each stage, with the number of the version that each falls under."""
    ends = [*(stage.day for stage in book.stages[1:]), None]
    for stage, end in zip(book.stages, ends, strict=True):
        begins = pl.col(SPAN_FROM) >= stage.day
        mine = rows.filter(begins if end is None else begins & (pl.col(SPAN_FROM) < end))
        yield placed(mine, stage.steps, stage.waiting), stage


def _without_held(lines: pl.DataFrame, holds: pl.DataFrame) -> Rated:
    """One hold for each connection, the most telling of its spans, and no line of a connection that is held."""
    vague = (pl.col("code") == OUT_OF_BOUNDS).alias("_vague")
    holds = holds.with_columns(vague).sort("place", "connection_id", "_vague", maintain_order=True).drop("_vague")
    holds = holds.unique("connection_id", keep="first", maintain_order=True)
    return Rated(lines.join(holds.select("connection_id"), on="connection_id", how="anti"), holds)


def quote(connection: Mapping[str, Any], book: Book, beside: Sequence[Mapping[str, Any]] = ()) -> Rated:
    """Rate one connection, by the same expressions, by the first of the month's books that has a tariff for it. What
    is not given is not known, but: one account, the whole period, no attributes, household, provider's regime
    general. `beside`: other connections of the account, of which it may take something."""
    for each in (book, *book.others):
        rated = _quoted(connection, each, beside)
        if rated.lines.height or rated.holds.height:
            break
    return rated


def _quoted(connection: Mapping[str, Any], book: Book, beside: Sequence[Mapping[str, Any]]) -> Rated:
    days = book.period.days
    usual = {"account_id": 0, "place": 0, "customer_class": "household", "regime": "general"}
    usual |= {"days": days, "days_in_period": days, "attributes": "{}"}
    every = [{**usual, "connection_id": number, **one} for number, one in enumerate((connection, *beside))]
    for row in every:
        if isinstance(row["attributes"], Mapping):
            row["attributes"] = json.dumps(row["attributes"], default=str)
    cut = {day for row in every for day in book.days_of(row["service"], row["provider"]) if "days" not in connection}
    rows = [each for row in every for each in (_by_stage(row, sorted(cut), book) if cut else [row])]
    rated = rate(pl.DataFrame([{name: row.get(name) for name in FRAME} for row in rows], schema=dict(FRAME)), book)
    mine = pl.col("connection_id") == every[0]["connection_id"]
    return Rated(line_columns.sorted_lines(rated.lines.filter(mine)), rated.holds.filter(mine))


def _by_stage(row: Mapping[str, Any], cut: list[date], book: Book) -> list[dict[str, Any]]:
    """One connection of which nothing changes but its tariff, on the days `cut`."""
    begins = [book.day, *cut]
    days = [(end - day).days for day, end in zip(begins, [*cut, book.period.end], strict=True)]
    usage = [None] * len(days) if row.get("usage") is None else share(row["usage"], days)
    return [
        {**row, SPAN_FROM: day, "days": count, "usage": used}
        for day, count, used in zip(begins, days, usage, strict=True)
    ]


def _prepared(frame: pl.DataFrame, book: Book) -> pl.DataFrame:
    """With all attributes that are asked for, and each row's place among those of its account."""
    return line_columns.slotted(with_attributes(frame, book.attribute_texts, book.attribute_numbers), book.number)
