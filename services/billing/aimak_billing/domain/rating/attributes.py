"""Attributes of connections: one JSON text each, of which a run takes out what its tariffs name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import polars as pl

from aimak_billing.domain.rating.determinants import attribute, column

FEW = 16
_NUMBER = r"^\d{1,9}(?:\.\d{1,3}0*)?$"


def with_attributes(frame: pl.DataFrame, names: Iterable[str], numbers: Iterable[str]) -> pl.DataFrame:
    """The frame with a text column for each of `names` and a column of thousandths for each of `numbers`, null where
    the attribute is missing or no number; what is there stays. Each distinct text is read once, as they are few."""
    texts, wanted = sorted(set(names)), sorted(set(numbers))
    if not texts and not wanted:
        return frame
    distinct = _distinct(frame)
    if distinct.height <= FEW:
        read = _read_once(tuple(distinct.get_column("attributes")), tuple(texts), tuple(wanted))
    else:
        read = _read(distinct, texts, wanted)
    read = read.select("attributes", *(name for name in read.columns if name not in frame.columns))
    if read.height == 1:
        return frame.with_columns(
            pl.lit(read[name].item(), dtype=read[name].dtype).alias(name) for name in read.columns
        )
    return frame.join(read, on="attributes", how="left", maintain_order="left")


@lru_cache(maxsize=1024)
def _read_once(few: tuple[str | None, ...], texts: tuple[str, ...], wanted: tuple[str, ...]) -> pl.DataFrame:
    """The same few texts come with every chunk: reading them costs more than all that is done with them."""
    return _read(pl.DataFrame({"attributes": few}, schema={"attributes": pl.String}), texts, wanted)


def _read(distinct: pl.DataFrame, texts: Sequence[str], wanted: Sequence[str]) -> pl.DataFrame:
    return distinct.with_columns(
        pl.col("attributes").str.json_path_match(f'$["{name}"]').alias(attribute(name)) for name in {*texts, *wanted}
    ).with_columns(_thousandths(attribute(name)).alias(column(name)) for name in wanted)


def _distinct(frame: pl.DataFrame) -> pl.DataFrame:
    """The texts that there are. Most services have one alone, which is seen sooner than distinct ones are found."""
    texts = frame.select("attributes")
    same = texts.select((pl.col("attributes") == pl.col("attributes").first()).all(ignore_nulls=False)).item()
    return texts.head(1) if same and texts.height else texts.unique(maintain_order=True)


def _thousandths(name: str) -> pl.Expr:
    text = pl.col(name)
    sound = text.str.contains(_NUMBER)
    whole = text.str.extract(r"^(\d+)").cast(pl.Int64, strict=False)
    fraction = text.str.extract(r"\.(\d{1,3})").fill_null("0").str.pad_end(3, "0").cast(pl.Int64, strict=False)
    return pl.when(sound).then(whole * 1000 + fraction).otherwise(None)
