"""Connections of which something changes inside the period: rated by stretches of days, added up to one line.

A line is one component × one version of one connection, also where its days are several stretches: what each comes to
is added up unrounded and rounded once. Which days are a stretch of their own is the component's matter (`spread`)."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from aimak.plugins.inputs import CHARGE, FLOWS, flows
from aimak.plugins.numbers import MAX_AMOUNT, MAX_QUANTITY, MAX_SCALE, Number
from aimak.plugins.rate_components import CONNECTED, PERIOD, STRETCH

from aimak_billing.domain.rating.determinants import column
from aimak_billing.domain.rating.lines import SLOT, basis_of, line_columns, price_of, without_nothing
from aimak_billing.domain.rating.prepared import QUANTITY, Line, Prepared, settled
from aimak_billing.domain.rating.quantity import WAY, found_quantity
from aimak_billing.domain.rating.rounding import MOST, ONE, before, exact, shared_total
from aimak_billing.domain.spans import SPAN_FROM, shared_out

_STRETCH, _AMOUNT, _BILLED, _WEIGHT = "_stretch", "_amount", "_billed", "_weight"
LAST_HERE = "_last_here"
_OF_DAY = ("customer_class", "attributes")
_SAID_OF_A_STRETCH = frozenset({"days", QUANTITY})


class Stretched:
    """One version over all spans of its connections, which stand in the order of connection and day. `rows` have the
    determinants of each span; afterwards also its part of the quantity and of each line."""

    def __init__(self, one: Prepared, rows: pl.DataFrame, wanted: bool, last: pl.Expr) -> None:
        """`wanted`: whether the quantity is; `last`: whether a span is the last of the period."""
        self.one = one
        self._rated: list[Line] = []
        self.rows = rows.with_columns(last.alias(_BILLED))
        self.bill = self.rows.group_by("connection_id", maintain_order=True).agg(
            pl.col("account_id", "place", "service", "provider", SLOT).first(), pl.col(_BILLED, LAST_HERE).any()
        )
        if wanted:
            self._find_quantity()
        for line in one.lines:
            self._rate(line)
        if one.totalled:
            self._share_total()

    def held(self) -> pl.DataFrame:
        """The rows of connections of which a line is not known."""
        unknown = pl.any_horizontal(pl.col(column(line.code)).is_null() for line in self.one.lines)
        return self.rows.join(self.bill.filter(unknown).select("connection_id"), on="connection_id", how="semi")

    def lines(self) -> list[pl.DataFrame]:
        """The lines of connections of which all lines are known, each component's by itself."""
        known = pl.all_horizontal(pl.col(column(line.code)).is_not_null() for line in self.one.lines)
        bill = self.bill.filter(known)
        every = []
        for line in self.one.lines:
            due = bill.filter(_due(line)) if _due(line) else bill
            made = due.select(line_columns(self.one, line, *(pl.col(name) for name in _said(line))))
            every.append(without_nothing(made, line.component))
        return _without_bare_tax(every)

    def charged(self, name: str) -> pl.DataFrame:
        """The rows with what each span's charges come to without tax, as column `name`; null where one is not known."""
        net = net_of(self.one).cast(pl.Int128).alias(name)
        rows = self.rows.select("account_id", "connection_id", SPAN_FROM, "days", net)
        # Where only the total is rounded, the lines are those of all spans together.
        return shared_out(rows, "connection_id", name, "days") if self.one.totalled else rows

    def _find_quantity(self) -> None:
        """Each way's quantity by stretches of the facts that it depends on, shared among their days."""
        name = column(QUANTITY)
        self.rows = self.rows.with_columns(found_quantity(self.one)).with_row_index("_row")
        pieces = [self.rows.filter(pl.col(WAY).is_null())]
        for place, (way, number) in enumerate(zip(self.one.ways, self.one.by_days, strict=True)):
            piece = self.rows.filter(pl.col(WAY) == place)
            if not FLOWS - {"days"} & set(way.quantity.names) and piece.height:
                facts = [column(each) for each in number.names if each not in FLOWS]
                piece = self._shared_quantity(piece, facts, number)
            pieces.append(piece)
        self.rows = pl.concat(pieces).sort("_row").drop("_row").with_columns(pl.col(name).cast(pl.Int64))

    def _shared_quantity(self, piece: pl.DataFrame, facts: list[str], number: Number) -> pl.DataFrame:
        quantity = (number.finer(3) if number.scale <= 3 else number.rounded(3)).within(0, MAX_QUANTITY - 1)
        cut = _cut(piece, facts)
        found = self._whole(cut).select(_STRETCH, quantity.expr.cast(pl.Int64).alias(column(QUANTITY)))
        joined = cut.drop(column(QUANTITY)).join(found, on=_STRETCH, how="left", maintain_order="left")
        return shared_out(joined, _STRETCH, column(QUANTITY), "days").select(piece.columns)

    def _whole(self, cut: pl.DataFrame) -> pl.DataFrame:
        """One row per stretch: of its days together what flows, and of the last of them what does not."""
        flowing = {column(name) for name in FLOWS} | {
            name(line.code) for line in self._rated for name in (column, before, exact)
        }
        made = [name for name in cut.columns if name[:2] in ("d.", "u.", "t.")]
        summed = [name in flowing or name.startswith(column(CHARGE)) for name in made]
        sums = [_sum(name) for name, is_sum in zip(made, summed, strict=True) if is_sum]
        facts = [pl.col(name).last() for name, is_sum in zip(made, summed, strict=True) if not is_sum]
        texts = [name for name in cut.columns if name in (*_OF_DAY, "regime", WAY) or name.startswith("a.")]
        days = [pl.col(SPAN_FROM).first(), pl.col("days").sum(), pl.col("days_in_period").last()]
        ids = [pl.col("connection_id").first(), *(pl.col(name).last() for name in texts)]
        return cut.group_by(_STRETCH, maintain_order=True).agg(*ids, *days, *sums, *facts)

    def _rate(self, line: Line) -> None:
        taken = self.rows.filter(_due(line)) if _due(line) else self.rows
        cut = _cut(taken, self._facts(line) if line.spread == STRETCH else [])
        price, scale = price_of(line)
        found = self._whole(cut).select(
            _STRETCH,
            "connection_id",
            line.unrounded.expr.alias(_AMOUNT),
            _quantity(line).alias("quantity"),
            price.alias("price"),
            scale.alias("price_scale"),
        )
        self._bill(line, found, self._told(line, taken))
        self._share(line, cut, found)
        self._rated.append(line)

    def _facts(self, line: Line) -> list[str]:
        """The columns on which a line depends, other than by what flows."""
        codes = {each.code for each in self.one.lines}
        facts = [column(name) for name in line.names if not flows(name) and name not in codes]
        return facts + [name for name in _OF_DAY if name in self.rows.columns]

    def _told(self, line: Line, taken: pl.DataFrame) -> pl.DataFrame:
        """connection_id and what lies behind a line as JSON: where it is of some of the days, stretch by stretch of
        what it and its quantity depend on."""
        if _due(line):
            return self._whole(_cut(taken, [])).select("connection_id", basis_of(self.one, line).alias("basis"))
        basis = basis_of(self.one, line, _SAID_OF_A_STRETCH).alias("basis")
        facts = self._facts(line)
        if QUANTITY in line.names:
            behind = [name for way in self.one.ways for name in way.quantity.names if name not in FLOWS]
            facts = list(dict.fromkeys([WAY, *facts, *(column(name) for name in behind)]))
        stretches = self._whole(_cut(taken, facts))
        quantity = pl.col(column(QUANTITY)) if QUANTITY in line.names else _quantity(line)
        told = stretches.select("connection_id", SPAN_FROM, "days", quantity.alias("quantity"), basis)
        return told.group_by("connection_id", maintain_order=True).agg(_stretches().alias("basis"))

    def _bill(self, line: Line, found: pl.DataFrame, told: pl.DataFrame) -> None:
        """What the bill says of a line, and its amount."""
        quantity, price, scale, _, basis = _said(line)
        same = pl.when(pl.col("price").n_unique() == 1).then(pl.col("price").first())
        by_connection = found.group_by("connection_id").agg(
            _sum(_AMOUNT, MOST), _sum("quantity").alias(quantity), same.alias(price), pl.col("price_scale").first()
        )
        # Without one price for all of it there is no scale either.
        by_connection = by_connection.with_columns(
            pl.when(pl.col(price).is_not_null()).then("price_scale").alias(scale)
        ).drop("price_scale")
        bill = self.bill.join(by_connection, on="connection_id", how="left", maintain_order="left").join(
            told.rename({"basis": basis}), on="connection_id", how="left", maintain_order="left"
        )
        if due := _due(line):
            nothing = pl.lit(0, dtype=pl.Int128)
            bill = bill.with_columns(pl.when(due).then(_AMOUNT).otherwise(nothing).alias(_AMOUNT))
        amount = settled(self.one.version, line.index, Number(pl.col(_AMOUNT), -MOST, MOST, MAX_SCALE))
        kept = amount.expr.alias(exact(line.code)) if self.one.totalled else _strict(amount.expr, line)
        self.bill = bill.with_columns(kept).drop(_AMOUNT)

    def _share(self, line: Line, cut: pl.DataFrame, found: pl.DataFrame) -> None:
        """Each span's part of the amount, before rounding and as later lines have it."""
        whole = found.select(_STRETCH, _AMOUNT)
        weighed = cut.select("connection_id", SPAN_FROM, _STRETCH, _weight(line).alias(_WEIGHT))
        joined = weighed.join(whole, on=_STRETCH, how="left", maintain_order="left")
        shared = shared_out(joined, _STRETCH, _AMOUNT, _WEIGHT)
        parts = shared.select("connection_id", SPAN_FROM, pl.col(_AMOUNT).alias(before(line.code)))
        # An attribute of another service may bear the name of a component.
        rows = self.rows.drop(column(line.code), strict=False)
        rows = rows.join(parts, on=["connection_id", SPAN_FROM], how="left", maintain_order="left")
        if due := _due(line):
            owed = pl.when(due).then(before(line.code)).otherwise(pl.lit(0, dtype=pl.Int128))
            rows = rows.with_columns(owed.alias(before(line.code)))
        kept, unit = (exact(line.code), ONE) if self.one.totalled else (column(line.code), 1)
        billed = self.bill.select("connection_id", pl.col(kept).cast(pl.Int128).alias(_AMOUNT))
        rows = rows.join(billed, on="connection_id", how="left", maintain_order="left")
        self.rows = _shared_down(rows, before(line.code), unit).rename({_AMOUNT: kept})

    def _share_total(self) -> None:
        billed = sorted(self.one.lines, key=lambda line: line.index)
        amounts = [Number(pl.col(exact(line.code)), -MOST, MOST, MAX_SCALE) for line in billed]
        for level in shared_total([line.code for line in billed], amounts, self.one.version.rounding):
            self.bill = self.bill.with_columns(level)
        codes = [column(line.code) for line in billed]
        self.rows = self.rows.join(
            self.bill.select("connection_id", *codes), on="connection_id", how="left", maintain_order="left"
        )


def _without_bare_tax(every: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """Lines without taxes of nothing: where nothing is charged, as of a fee that is owed by who is there on the last
    day, a tax would stand alone on the bill."""
    charged = pl.concat(every).filter(pl.col("kind") == "charge").get_column("connection_id").unique()
    bare = (pl.col("kind") == "tax") & (pl.col("amount") == 0) & ~pl.col("connection_id").is_in(charged.implode())
    return [lines.filter(~bare) for lines in every]


def net_of(one: Prepared) -> pl.Expr:
    """What the charges of a row come to without tax; null where one is not known."""
    charges = [pl.col(column(line.code)).cast(pl.Int128) for line in one.lines if line.component.kind == "charge"]
    return pl.sum_horizontal(charges, ignore_nulls=False) if charges else pl.lit(0, dtype=pl.Int128)


def _due(line: Line) -> str | None:
    """The column that says on which span a line is owed that is owed once; None for one that every day has part in."""
    return {PERIOD: _BILLED, CONNECTED: LAST_HERE}.get(line.spread)


def _weight(line: Line) -> pl.Expr:
    """By what a line's amount is shared among the spans of a stretch: their quantity where it is made of that, else
    their days."""
    if QUANTITY not in line.names:
        return pl.col("days")
    quantity = pl.col(column(QUANTITY))
    return pl.when(quantity.sum().over(_STRETCH) > 0).then(quantity).otherwise(pl.col("days"))


def _said(line: Line) -> tuple[str, str, str, str, str]:
    """The columns of the bill that hold quantity, price, its scale, amount and basis of a line."""
    code = line.code
    return f"q.{code}", f"p.{code}", f"s.{code}", column(code), f"b.{code}"


def _strict(amount: pl.Expr, line: Line) -> pl.Expr:
    return amount.cast(pl.Int64, strict=True).alias(column(line.code))


def _cut(rows: pl.DataFrame, facts: Sequence[str]) -> pl.DataFrame:
    """The rows with the number of the stretch that each belongs to: of one connection, `facts` all the same."""
    same = pl.struct("connection_id", *facts) if facts else pl.col("connection_id")
    return rows.with_columns(same.rle_id().alias(_STRETCH))


def _sum(name: str, most: int | None = None) -> pl.Expr:
    """The sum of a group; null where one of them is, or where it is beyond what such a number may be."""
    limits = {
        "d.days": 400,
        "d.usage": MAX_QUANTITY - 1,
        "d.followed": MAX_QUANTITY - 1,
        "d.quantity": MAX_QUANTITY - 1,
    }
    most = most or limits.get(name, MAX_AMOUNT if name.startswith("d.") else MOST)
    whole = pl.col(name).sum()
    known = (pl.col(name).null_count() == 0) & whole.is_between(
        pl.lit(-most, dtype=pl.Int128), pl.lit(most, dtype=pl.Int128)
    )
    return pl.when(known).then(whole).alias(name)


def _quantity(line: Line) -> pl.Expr:
    return pl.lit(None, dtype=pl.Int64) if line.quantity is None else line.quantity.expr.cast(pl.Int64)


def _stretches() -> pl.Expr:
    """The stretches of a line as JSON: from, days, quantity and what lies behind them."""
    own = pl.col("basis").str.slice(1).str.strip_suffix("}")
    head = pl.format('{{"from":"{}","days":{}', pl.col(SPAN_FROM).dt.to_string("%Y-%m-%d"), "days")
    quantity = pl.when(pl.col("quantity").is_null()).then(pl.lit("")).otherwise(pl.format(',"quantity":{}', "quantity"))
    rest = pl.when(pl.col("basis").is_null()).then(pl.lit("")).otherwise(pl.format(",{}", own))
    return pl.format('{{"stretches":[{}]}}', pl.concat_str(head, quantity, rest, pl.lit("}")).str.join(","))


def _shared_down(rows: pl.DataFrame, weight: str, unit: int) -> pl.DataFrame:
    """`_AMOUNT` of each connection shared among its spans by what each comes to: whole tyiyn by largest remainder, and
    what rounding to more than a tyiyn adds or takes on the largest. `unit`: a tyiyn in the units of `_AMOUNT`."""
    # Not rounded to tyiyn yet, or by a rule of its own: then the difference falls on the largest as a whole.
    parts = pl.col(weight) if unit > 1 else pl.col(weight) // ONE
    rows = rows.with_columns(parts.alias("_part"), (pl.col(weight) - pl.col(weight) // ONE * ONE).alias("_rest"))
    missing = pl.col(_AMOUNT) - pl.col("_part").sum().over("connection_id")
    few = missing.is_between(0, pl.len().over("connection_id"))
    turn = pl.col("_rest").rank("ordinal", descending=True).over("connection_id")
    size = pl.col(weight).abs().rank("ordinal", descending=True).over("connection_id")
    one_each = (turn <= missing).cast(pl.Int128)
    largest = pl.when(size == 1).then(missing).otherwise(pl.lit(0, dtype=pl.Int128))
    extra = largest if unit > 1 else pl.when(few).then(one_each).otherwise(largest)
    return rows.with_columns((pl.col("_part") + extra).alias(_AMOUNT)).drop("_part", "_rest")
