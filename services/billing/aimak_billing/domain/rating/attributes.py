"""Attributes of connections: one JSON text each, of which a run takes out what its tariffs name."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from aimak_billing.domain.rating.determinants import attribute, column

_NUMBER = r"^\d{1,9}(?:\.\d{1,3}0*)?$"


def with_attributes(frame: pl.DataFrame, names: Iterable[str], numbers: Iterable[str]) -> pl.DataFrame:
    """The frame with a text column for each of `names` and a column of thousandths for each of `numbers`, null where
    the attribute is missing or no number. Each distinct text is read once: they are few."""
    texts, wanted = sorted(set(names)), sorted(set(numbers))
    if not texts and not wanted:
        return frame
    distinct = frame.select("attributes").unique()
    read = distinct.with_columns(
        pl.col("attributes").str.json_path_match(f'$["{name}"]').alias(attribute(name)) for name in {*texts, *wanted}
    ).with_columns(_thousandths(attribute(name)).alias(column(name)) for name in wanted)
    return frame.join(read, on="attributes", how="left", maintain_order="left")


def _thousandths(name: str) -> pl.Expr:
    text = pl.col(name)
    sound = text.str.contains(_NUMBER)
    whole = text.str.extract(r"^(\d+)").cast(pl.Int64, strict=False)
    fraction = text.str.extract(r"\.(\d{1,3})").fill_null("0").str.pad_end(3, "0").cast(pl.Int64, strict=False)
    return pl.when(sound).then(whole * 1000 + fraction).otherwise(None)
