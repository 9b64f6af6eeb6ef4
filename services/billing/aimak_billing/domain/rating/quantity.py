"""The billed quantity: the first way that is meant for a connection."""

from __future__ import annotations

import polars as pl
from aimak.plugins.inputs import Flag
from aimak.plugins.numbers import MAX_QUANTITY

from aimak_billing.domain.rating.determinants import OUT_OF_BOUNDS, Reason, column, reasons_of, unknown_flag
from aimak_billing.domain.rating.prepared import QUANTITY, Prepared

WAY = "_way"
NO_WAY = "AIM-T029"


def found_quantity(one: Prepared) -> list[pl.Expr]:
    """Two columns: the quantity in thousandths (null where not known) and the number of the way it was found."""
    amount = _chain(one, [way.quantity.within(0, MAX_QUANTITY - 1).quick for way in one.ways], pl.Int64())
    number = _chain(one, [pl.lit(place, dtype=pl.Int8) for place in range(len(one.ways))], pl.Int8())
    return [amount.alias(column(QUANTITY)), number.alias(WAY)]


def quantity_reasons(one: Prepared) -> list[Reason]:
    """Why the quantity may be null, in the order in which the ways are tried."""
    found: list[Reason] = []
    earlier = pl.lit(False)
    for place, way in enumerate(one.ways):
        if way.when is not None and not way.when.certain:
            found += [_but(reason, earlier) for reason in unknown_flag(way.when)]
        meant = _meant(one, place)
        here = ~earlier & meant
        for name in way.quantity.names:
            found += [_and(reason, here) for reason in reasons_of(name, one.service)]
        beyond = pl.col(column(QUANTITY)).is_null()
        found.append(Reason(OUT_OF_BOUNDS, {"name": QUANTITY}, here & beyond))
        earlier = earlier | meant
    return [*found, Reason(NO_WAY, {}, ~earlier)]


def _chain(one: Prepared, values: list[pl.Expr], kind: pl.DataType) -> pl.Expr:
    chosen = pl.lit(None, dtype=kind)
    for place in reversed(range(len(one.ways))):
        way = one.ways[place]
        chosen = pl.when(_meant(one, place)).then(values[place]).otherwise(chosen)
        if way.when is not None and not way.when.certain:
            chosen = pl.when(way.when.expr.is_null()).then(None).otherwise(chosen)
    return chosen


def _meant(one: Prepared, place: int) -> pl.Expr:
    """Whether a way is meant for a connection; never null. Without a reading the tariff may pass on to the next."""
    way = one.ways[place]
    meant = pl.lit(True) if way.when is None else _true(way.when)
    passes_on = one.version.without_reading == "norm" and place + 1 < len(one.ways)
    if "usage" in way.quantity.names and passes_on:
        meant = meant & pl.col("usage").is_not_null()
    return meant


def _true(flag: Flag) -> pl.Expr:
    return flag.expr if flag.certain else flag.expr.fill_null(False)


def _and(reason: Reason, where: pl.Expr) -> Reason:
    return Reason(reason.code, reason.fields, where & reason.holds)


def _but(reason: Reason, where: pl.Expr) -> Reason:
    return _and(reason, ~where)
