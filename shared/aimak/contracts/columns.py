"""The bulk path of a batch: the contract's schema as Polars types, checked by column."""

from __future__ import annotations

from typing import Any

import polars as pl

from aimak.contracts import fields
from aimak.contracts.base import Event, unfit

_TYPES: dict[type, tuple[type, Any]] = {
    fields.Whole: (int, pl.Int64),
    fields.Tyiyn: (int, pl.Int64),
    fields.Text: (str, pl.String),
    fields.Flag: (bool, pl.Boolean),
    fields.Day: (str, pl.String),
}


def check_columns(event: Event) -> None:
    """Hold each column against the contract as marshmallow would row by row. Raises PermanentFault.

    The set of Python types is looked at before Polars sees a column: it would take True as 1.
    """
    for name, field in event.row._declared_fields.items():
        column = event.columns[name]
        wanted, _ = _TYPES[type(field)]
        found = set(map(type, column))
        if type(None) in found and not field.allow_none:
            raise unfit(type(event), f"column {name} holds a null")
        if found - {wanted, type(None)}:
            names = sorted(kind.__name__ for kind in found - {wanted, type(None)})
            raise unfit(type(event), f"column {name} holds {', '.join(names)}")
        try:
            series = pl.Series(name, column, dtype=_TYPES[type(field)][1], strict=True)
        except (OverflowError, TypeError, UnicodeEncodeError, pl.exceptions.PolarsError) as wrong:
            raise unfit(type(event), f"column {name}: {wrong}") from wrong
        if isinstance(field, fields.Day):
            _check_days(event, name, series)


def _check_days(event: Event, name: str, series: pl.Series) -> None:
    shaped = series.str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
    real = series.str.to_date("%Y-%m-%d", strict=False).is_not_null() & (series.str.slice(0, 4) != "0000")
    good = (shaped & real) | series.is_null()
    if not good.all():
        raise unfit(type(event), f"column {name} holds {series.filter(~good.fill_null(False))[0]!r}, not a date")


def frame_of(event: Event) -> pl.DataFrame:
    """The event's columns as a typed frame."""
    declared = event.row._declared_fields
    return pl.DataFrame(
        {name: pl.Series(name, column, dtype=_TYPES[type(declared[name])][1]) for name, column in event.columns.items()}
    )
