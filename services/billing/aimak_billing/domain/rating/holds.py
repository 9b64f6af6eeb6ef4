"""Connections that cannot be rated, each with the first reason."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl
from aimak.plugins.rate_components import Gap

from aimak_billing.domain.rating.determinants import OUT_OF_BOUNDS, Reason, column, reasons_of
from aimak_billing.domain.rating.prepared import QUANTITY, Prepared
from aimak_billing.domain.rating.quantity import quantity_reasons

NO_TARIFF = Reason("AIM-T020", {}, pl.lit(True))
HOLDS = pl.DataFrame(
    schema={
        "account_id": pl.Int64,
        "place": pl.Int64,
        "connection_id": pl.Int64,
        "service": pl.String,
        "provider": pl.String,
        "code": pl.String,
        "fields": pl.String,
    }
)


def told(rows: pl.DataFrame, one: Prepared, day: date) -> pl.DataFrame:
    """Rows of one version that are held, as HOLDS."""
    codes = {line.code for line in one.lines}
    reasons: list[Reason | Gap] = [*(quantity_reasons(one) if one.quantity_used else [])]
    names = dict.fromkeys(name for line in one.lines for name in line.names if name not in codes and name != QUANTITY)
    for name in names:
        reasons += reasons_of(name, one.service)
    reasons += [gap for line in (*one.values, *one.lines) for gap in line.gaps]
    for line in one.lines:
        reasons.append(Reason(OUT_OF_BOUNDS, {"name": line.code}, pl.col(column(line.code)).is_null()))
    return held(rows, reasons, day)


def held(rows: pl.DataFrame, reasons: Sequence[Reason | Gap], day: date) -> pl.DataFrame:
    """Rows with the first of `reasons` that is so for each, as HOLDS."""
    code, fields = pl.lit(None, dtype=pl.String), pl.lit(None, dtype=pl.String)
    for reason in reversed(reasons):
        code = pl.when(reason.holds).then(pl.lit(reason.code)).otherwise(code)
        fields = pl.when(reason.holds).then(_said({**reason.fields, "date": day.isoformat()})).otherwise(fields)
    chosen = rows.select("account_id", "place", "connection_id", "service", "provider", code=code, fields=fields)
    # Every hold has a reason: one without would be an account that silently gets no bill.
    assert not chosen.get_column("code").null_count()
    return chosen


def _said(fields: Mapping[str, str | pl.Expr]) -> pl.Expr:
    """The fields as JSON; what is a column is told row by row."""
    if all(isinstance(value, str) for value in fields.values()):
        return pl.lit(json.dumps(fields, separators=(",", ":")))
    columns = [(pl.lit(value) if isinstance(value, str) else value).alias(name) for name, value in fields.items()]
    return pl.struct(columns).struct.json_encode()
