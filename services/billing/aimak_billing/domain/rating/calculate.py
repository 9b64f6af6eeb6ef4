"""Rate a frame of connections: whole columns, tariff version by tariff version, never row by row."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from aimak.money import share
from aimak.period import Period
from aimak.plugins.inputs import CHARGE

from aimak_billing.domain.rating import lines as line_columns
from aimak_billing.domain.rating.attributes import with_attributes
from aimak_billing.domain.rating.book import Book, Stage
from aimak_billing.domain.rating.determinants import OUT_OF_BOUNDS, column
from aimak_billing.domain.rating.holds import HOLDS, NO_TARIFF, held, told
from aimak_billing.domain.rating.prepared import DAYS_HERE, QUANTITY, Prepared
from aimak_billing.domain.rating.stretches import LAST_HERE, Stretched, net_of
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

FOLLOWED = "followed"
SLOTS_OF_A_BOOK = 10_000
"""More than the rows of an account: lines of several books stand on one bill."""
_VERSION = "_version"
_TAKEN = "_taken"


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
    usual = frame.get_column(SPAN_FROM).is_null()
    if usual.all():
        rated = _rate_whole(frame.drop(SPAN_FROM), book)
    else:
        whole = _rate_whole(frame.filter(usual).drop(SPAN_FROM), book)
        parts = _rate_parts(frame.filter(~usual), book)
        holds = pl.concat([whole.holds, parts.holds]).sort("place", "connection_id")
        rated = Rated(pl.concat([whole.lines, parts.lines]), holds)
    return rated if book.number == 0 else Rated(_of_period(rated.lines, book.period), rated.holds)


def together(parts: Sequence[Rated]) -> Rated:
    """What the books of one month came to."""
    if len(parts) == 1:
        return parts[0]
    holds = pl.concat([part.holds for part in parts]).unique(
        ["connection_id", "code"], keep="first", maintain_order=True
    )
    return Rated(pl.concat([part.lines for part in parts]), holds)


def _of_period(lines: pl.DataFrame, period: Period) -> pl.DataFrame:
    """Lines that tell of which period they are, as it is not the bill's."""
    head = pl.lit(f'{{"period":["{period.start}","{period.last_day}"]')
    basis = pl.col("basis")
    rest = pl.when(basis.is_null()).then(pl.lit("}")).otherwise(pl.format(",{}", basis.str.slice(1)))
    return lines.with_columns(pl.concat_str(head, rest).alias("basis"))


def _rate_whole(frame: pl.DataFrame, book: Book) -> Rated:
    """Connections of which nothing changes inside the period."""
    rows = _placed(_slotted(with_attributes(frame, book.selecting, ()), book), book.stages[0])
    quantities = Quantities(book, ["account_id"])
    holds, lines = [HOLDS], [line_columns.EMPTY.lazy()]
    nobody = rows.filter(pl.col(_VERSION).is_null())
    if nobody.height:
        holds.append(held(_left_out(nobody, book), [NO_TARIFF], book.day))
        quantities.unknown(nobody)
    by_version = rows.partition_by(_VERSION, as_dict=True, include_key=False)
    for number, steps in enumerate(book.steps):
        # Attributes are few texts, and those of one service fewer: read here, they are not carried along by the others.
        found = with_attributes(by_version.get((number,), rows.clear()), *book.read_by(steps.one))
        mine = _with_followed(found.lazy(), steps.one, quantities)
        known = steps.calculated(mine).select(*steps.kept(), unknown=steps.unknown()).collect()
        if steps.followed:
            quantities.found(steps.one.version.service, known)
        if steps.one.version.service in quantities.charged:
            quantities.billed(steps.one.version.service, known, net_of(steps.one))
        if known.get_column("unknown").any():
            wrong = steps.calculated(mine).filter(steps.unknown()).collect()
            holds.append(told(wrong, steps.one, book.day))
            known = known.filter(~pl.col("unknown"))
        lines += [known.lazy().select(line) for line in steps.lines]
    billed = line_columns.without_nothing(pl.concat(lines).collect(), book.prepared)
    return Rated(billed, pl.concat(holds).sort("place", "connection_id"))


def _rate_parts(frame: pl.DataFrame, book: Book) -> Rated:
    """Connections by spans of days: each span by the tariffs of its first day."""
    rows = _prepared(frame, book)
    rows = rows.with_columns(
        pl.col("days").sum().over("connection_id").alias(column(DAYS_HERE)),
        (pl.col(SPAN_FROM) == pl.col(SPAN_FROM).max().over("connection_id")).alias(LAST_HERE),
    )
    quantities = Quantities(book, ["account_id", SPAN_FROM])
    staged = list(_staged(rows, book))
    nobody = pl.concat([part.filter(pl.col(_VERSION).is_null()) for part, _ in staged])
    holds, lines = [HOLDS], [line_columns.EMPTY]
    holds.append(held(_left_out(nobody, book), [NO_TARIFF], book.day))
    quantities.unknown(nobody)
    last = pl.col(SPAN_FROM) + pl.duration(days="days") == pl.lit(book.period.end)
    for one in book.prepared:
        followed = one.version.service in quantities.services
        parts = [
            _with_followed(part.lazy().filter(pl.col(_VERSION) == number), one, quantities)
            .with_columns(steps.of_part)
            .collect()
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
            quantities.billed(one.version.service, stretched.charged(_TAKEN), pl.col(_TAKEN))
        holds.append(told(stretched.held(), one, book.day))
        lines += stretched.lines()
    return _without_held(line_columns.without_nothing(pl.concat(lines), book.prepared), pl.concat(holds))


def _staged(rows: pl.DataFrame, book: Book) -> Iterator[tuple[pl.DataFrame, Stage]]:
    """The rows of each stage, with the number of the version that each falls under."""
    ends = [*(stage.day for stage in book.stages[1:]), None]
    for stage, end in zip(book.stages, ends, strict=True):
        begins = pl.col(SPAN_FROM) >= stage.day
        yield _placed(rows.filter(begins if end is None else begins & (pl.col(SPAN_FROM) < end)), stage), stage


def _without_held(lines: pl.DataFrame, holds: pl.DataFrame) -> Rated:
    """One hold for each connection, the most telling of its spans, and no line of a connection that is held."""
    vague = (pl.col("code") == OUT_OF_BOUNDS).alias("_vague")
    holds = holds.with_columns(vague).sort("place", "connection_id", "_vague", maintain_order=True).drop("_vague")
    holds = holds.unique("connection_id", keep="first", maintain_order=True)
    return Rated(lines.join(holds.select("connection_id"), on="connection_id", how="anti"), holds)


def quote(connection: Mapping[str, Any], book: Book) -> Rated:
    """Rate one connection, by the same expressions, by the first of the month's books that has a tariff for it. What
    is not given is not known, but: one account, the whole period, no attributes, household, provider's regime
    general."""
    for each in (book, *book.others):
        rated = _quoted(connection, each)
        if rated.lines.height or rated.holds.height:
            break
    return rated


def _quoted(connection: Mapping[str, Any], book: Book) -> Rated:
    days = book.period.days
    usual = {"account_id": 0, "place": 0, "connection_id": 0, "customer_class": "household", "regime": "general"}
    row = {**usual, "days": days, "days_in_period": days, "attributes": "{}", **connection}
    if isinstance(row["attributes"], Mapping):
        row["attributes"] = json.dumps(row["attributes"], default=str)
    cut = "days" not in connection and book.days_of(row["service"], row["provider"])
    rows = _by_stage(row, list(cut), book) if cut else [row]
    rated = rate(pl.DataFrame([{name: row.get(name) for name in FRAME} for row in rows], schema=dict(FRAME)), book)
    return Rated(line_columns.sorted_lines(rated.lines), rated.holds)


def _by_stage(row: Mapping[str, Any], cut: list[date], book: Book) -> list[dict[str, Any]]:
    """One connection of which nothing changes but its tariff, on the days `cut`."""
    begins = [book.day, *cut]
    days = [(end - day).days for day, end in zip(begins, [*cut, book.period.end], strict=True)]
    usage = [None] * len(days) if row.get("usage") is None else share(row["usage"], days)
    return [
        {**row, SPAN_FROM: day, "days": count, "usage": used}
        for day, count, used in zip(begins, days, usage, strict=True)
    ]


def _placed(rows: pl.DataFrame, stage: Stage) -> pl.DataFrame:
    """With the number of the version that each connection falls under; one that is in force before one that waits."""
    version = pl.lit(None, dtype=pl.Int32)
    order = sorted(range(len(stage.steps)), key=lambda number: (number in stage.waiting, number))
    for number in reversed(order):
        version = pl.when(stage.steps[number].applies).then(pl.lit(number, dtype=pl.Int32)).otherwise(version)
    return rows.with_columns(version.alias(_VERSION))


def _left_out(nobody: pl.DataFrame, book: Book) -> pl.DataFrame:
    """Those of the connections without a version that no tariff of another period rates either."""
    return nobody if book.passed_over is None else nobody.filter(~book.passed_over)


def _prepared(frame: pl.DataFrame, book: Book) -> pl.DataFrame:
    """With all attributes that are asked for, and each row's place among those of its account."""
    return _slotted(with_attributes(frame, book.attribute_texts, book.attribute_numbers), book)


def _slotted(rows: pl.DataFrame, book: Book) -> pl.DataFrame:
    index = pl.int_range(pl.len(), dtype=pl.Int64)
    first = pl.when(pl.col("place").ne_missing(pl.col("place").shift(1))).then(index).forward_fill()
    slot = index - first + book.number * SLOTS_OF_A_BOOK
    return rows.with_columns(slot.alias(line_columns.SLOT))


class Quantities:
    """What other services take of a service, by account, or by account and span of days: its quantity, and what the
    account is charged for it."""

    def __init__(self, book: Book, keys: list[str]) -> None:
        """`keys`: what a quantity belongs to."""
        self.services = {one.service.follows for one in book.prepared if one.service.follows}
        self.charged = {service for one in book.prepared for service in one.charged}
        self._keys = keys
        nothing = {key: FRAME[key] for key in keys}
        self._pieces: dict[str, list[pl.DataFrame]] = {
            **{name: [pl.DataFrame(schema={**nothing, _TAKEN: pl.Int64})] for name in self.services},
            **{f"{CHARGE}{name}": [pl.DataFrame(schema={**nothing, _TAKEN: pl.Int64})] for name in self.charged},
        }

    def found(self, service: str, rows: pl.DataFrame) -> None:
        """Keep the quantity that was found for connections of a service; null is kept as null."""
        self._pieces[service].append(rows.select(*self._keys, pl.col(column(QUANTITY)).alias(_TAKEN)))

    def billed(self, service: str, rows: pl.DataFrame, net: pl.Expr) -> None:
        """Keep what connections of a service are charged without tax; null is kept as null."""
        kept = net.cast(pl.Int64, strict=True).alias(_TAKEN)
        self._pieces[f"{CHARGE}{service}"].append(rows.select(*self._keys, kept))

    def unknown(self, rows: pl.DataFrame) -> None:
        """Keep that nothing is known of these connections."""
        nothing = pl.lit(None, dtype=pl.Int64).alias(_TAKEN)
        for name, pieces in self._pieces.items():
            pieces.append(rows.filter(pl.col("service") == name.removeprefix(CHARGE)).select(*self._keys, nothing))

    def beside(self, rows: pl.LazyFrame, name: str, taken_as: str) -> pl.LazyFrame:
        """The rows with what the account has of `name`, as column `taken_as`; null as soon as one connection's is not
        known."""
        taken = pl.col(_TAKEN)
        pieces = pl.concat(self._pieces[name]).lazy()
        # Quantities are bounded so that those of an account fit; sums of money need more room until they are known to.
        money = name.startswith(CHARGE)
        whole = taken.cast(pl.Int128).sum().cast(pl.Int64, strict=True) if money else taken.sum()
        by_account = pieces.group_by(self._keys).agg(whole, missing=taken.null_count())
        # The sum passes over nulls, so it counts only where there was none.
        known = pl.when(pl.col("missing") == 0).then(taken).otherwise(None)
        return rows.join(by_account.select(*self._keys, known.alias(taken_as)), on=self._keys, how="left")


def _with_followed(rows: pl.LazyFrame, one: Prepared, quantities: Quantities) -> pl.LazyFrame:
    if one.service.follows is not None:
        rows = quantities.beside(rows, one.service.follows, column(FOLLOWED))
    for service in one.charged:
        rows = quantities.beside(rows, f"{CHARGE}{service}", column(f"{CHARGE}{service}"))
    return rows
