"""The lines of a version as columns, and what must be kept beside them to explain them later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from aimak.plugins.inputs import TAX
from aimak.plugins.numbers import Number, Price
from aimak.plugins.rate_components import RateComponent

from aimak_billing.domain.rating.alike import Same, alike
from aimak_billing.domain.rating.determinants import attribute, column
from aimak_billing.domain.rating.followed import ACCOUNT
from aimak_billing.domain.rating.prepared import CHARGES, QUANTITY, Line, Prepared
from aimak_billing.domain.rating.quantity import WAY

SLOT, BASIS = "_slot", "basis"
IDS = ("account_id", "place", "connection_id")
LINES_PER_CONNECTION = 100
SLOTS_OF_A_BOOK = 10_000
"""More than the rows of an account: lines of several books stand on one bill."""
# The quantity tells these already, or they are lines of their own.
_SAID_BY_THE_LINE = frozenset({QUANTITY, CHARGES, "usage", "followed"})

EMPTY = pl.DataFrame(
    schema={
        "account_id": pl.Int64,
        "place": pl.Int64,
        "connection_id": pl.Int64,
        "service": pl.String,
        "provider": pl.String,
        "tariff_id": pl.Int64,
        "component": pl.String,
        "kind": pl.String,
        "position": pl.Int32,
        "quantity": pl.Int64,
        "price": pl.Int64,
        "price_scale": pl.Int16,
        "amount": pl.Int64,
        "tax": pl.String,
        "basis": pl.String,
    }
)


def without_nothing(lines: pl.DataFrame, component: RateComponent) -> pl.DataFrame:
    """A component's lines; where it is optional without those that come to nothing: a benefit of who has none."""
    return lines.filter(pl.col("amount") != 0) if component.optional else lines


def slotted(rows: pl.DataFrame, book: int) -> pl.DataFrame:
    """With the number of each row's account, counted from 0, and the position of the row's first line, by its place
    among the rows of the account. `book`: the number of the book they are rated by."""
    place = rows.get_column("place")
    index = pl.int_range(rows.height, dtype=pl.Int64, eager=True)
    begins = index.head(1).append(index.slice(1).filter(place.slice(1) != place.head(-1)))
    account = place.rle_id()
    slot = (index - begins[account] + book * SLOTS_OF_A_BOOK) * LINES_PER_CONNECTION
    return rows.hstack([account.alias(ACCOUNT), slot.cast(pl.Int32).alias(SLOT)])


def sorted_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines by place and position, which is their order on the bill."""
    return lines.sort(pl.col("place") * 2**31 + pl.col("position"))


@dataclass(frozen=True)
class LineColumns:
    """The columns of one component's lines over rows that were calculated: `same` are alike in all rows; `own` are the
    rows' columns that stand for others, of which `made` makes some first."""

    component: RateComponent
    index: int
    same: Mapping[str, Same]
    own: Mapping[str, str]
    made: tuple[pl.Expr, ...]

    @classmethod
    def of(cls, one: Prepared, line: Line) -> LineColumns:
        """Those of a component."""
        quantity, (price, scale) = line.quantity, price_of(line)
        told = _nothing(pl.Int64()) if quantity is None else quantity.quick
        every = line_columns(one, line, told, price, scale, pl.col(column(line.code)), _nothing(pl.String()))
        varying = {each.meta.output_name(): each for each in every if each.meta.root_names()}
        alone = pl.select(each for each in every[:-1] if not each.meta.root_names())
        same = {one.name: alike(one) for one in alone.iter_columns()}
        own: dict[str, str] = {}
        made = []
        for name in ("quantity", "price", "amount"):
            if name not in varying:
                continue
            own[name] = column(line.code) if name == "amount" else f"{name}.{line.code}"
            if name == "quantity" and quantity is not None and quantity.column is not None:
                own[name] = quantity.column
            elif name != "amount":
                made.append(varying[name].alias(own[name]))
        return cls(line.component, line.index, same, own, tuple(made))

    @property
    def names(self) -> Iterator[str]:
        """The rows' columns that are asked for."""
        yield from (*IDS, SLOT, *self.own.values())

    def over(self, rows: pl.DataFrame, basis: pl.Series) -> pl.DataFrame:
        """The lines of rows, with what lies behind each."""
        of_line = {name: rows.get_column(name) for name in IDS}
        of_line |= {name: one.over(rows.height) for name, one in self.same.items()}
        of_line |= {name: rows.get_column(own).cast(pl.Int64) for name, own in self.own.items()}
        of_line |= {"position": rows.get_column(SLOT) + self.index, BASIS: basis}
        return pl.DataFrame([of_line[name].alias(name) for name in EMPTY.columns])


def line_columns(
    one: Prepared, line: Line, quantity: pl.Expr, price: pl.Expr, scale: pl.Expr, amount: pl.Expr, basis: pl.Expr
) -> list[pl.Expr]:
    """The columns of EMPTY for one component; the rest as given."""
    return [
        *map(pl.col, IDS),
        pl.lit(one.version.service).alias("service"),
        pl.lit(one.version.provider).alias("provider"),
        pl.lit(one.version.id, dtype=pl.Int64).alias("tariff_id"),
        pl.lit(line.code).alias("component"),
        pl.lit(line.component.kind).alias("kind"),
        (pl.col(SLOT) + pl.lit(line.index, dtype=pl.Int32)).alias("position"),
        quantity.alias("quantity"),
        price.alias("price"),
        scale.alias("price_scale"),
        amount.alias("amount"),
        pl.lit(line.component.tax or line.component.payer, dtype=pl.String).alias("tax"),
        basis.alias(BASIS),
    ]


def price_of(line: Line) -> tuple[pl.Expr, pl.Expr]:
    """The line's price and its scale; null where its parts have prices of their own."""
    price = line.parts[0].price if len(line.parts) == 1 else None
    if isinstance(price, Price):
        return pl.lit(price.units, dtype=pl.Int64), pl.lit(price.scale, dtype=pl.Int16)
    if isinstance(price, Number):
        return price.in_64, pl.lit(price.scale, dtype=pl.Int16)
    return _nothing(pl.Int64()), _nothing(pl.Int16())


def basis_of(one: Prepared, line: Line, said: frozenset[str] = frozenset()) -> pl.Expr:
    """The determinants behind a line but those that are `said` beside it, and the attributes it reads as texts, as
    compact JSON; null where nothing is left to say."""
    own = [name for name in _kept(one, line.names, line.component.keeps_quantity) if name not in said] + [*line.texts]
    if QUANTITY not in line.names:
        return _json("", own, line.texts) if own else _nothing(pl.String())
    basis = _json("", own, line.texts) if own else _nothing(pl.String())
    for place, way in enumerate(one.ways):
        behind = [name for name in _kept(one, way.quantity.names) if name not in said]
        if behind:
            text = _json(f'"way":"{way.code}",', list(dict.fromkeys([*behind, *own])), line.texts)
            basis = pl.when(pl.col(WAY) == place).then(text).otherwise(basis)
    return basis


def _kept(one: Prepared, names: tuple[str, ...], with_quantity: bool = False) -> list[str]:
    left_out = {line.code for line in one.lines} | _SAID_BY_THE_LINE
    left_out -= {QUANTITY} if with_quantity else set()
    return [name for name in names if name not in left_out and not name.startswith(TAX)]


def _json(head: str, names: list[str], texts: Sequence[str]) -> pl.Expr:
    body = ",".join(f'"{name}":{{}}' for name in names)
    return pl.format(f"{{{{{head}{body}}}}}", *(_value(name, texts) for name in names))


def _value(name: str, texts: Sequence[str]) -> pl.Expr:
    """A number as it is, a text in quotes; null where it is missing."""
    if name not in texts:
        return pl.col(column(name))
    # As an object of one key, without its head and its closing brace.
    quoted = pl.struct(pl.col(attribute(name)).alias("a")).struct.json_encode()
    return quoted.str.slice(5, quoted.str.len_chars() - 6)


def _nothing(kind: pl.DataType) -> pl.Expr:
    return pl.lit(None, dtype=kind)
