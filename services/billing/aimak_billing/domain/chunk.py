"""One chunk of a run in columns: from what is known of its accounts to bills, lines, holds and totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from aimak.money import MAX_TYIYN
from aimak.period import Period

from aimak_billing.domain.period_facts import of_connections, with_facts
from aimak_billing.domain.rating.book import Book
from aimak_billing.domain.spans import (
    SPAN_FROM,
    Moved,
    boundaries,
    connections_by_span,
    residents_by_span,
    usage_by_span,
)

# Transfers of a bill take their ids from a block of 64.
TRANSFERS_AT_MOST = 64
ACTIVE = "active"

LINE = (
    "place",
    "line",
    "connection_id",
    "service",
    "provider",
    "kind",
    "component",
    "tariff_version",
    "tax_code",
    "quantity",
    "price",
    "price_scale",
    "amount",
    "basis",
    "origin",
)


@dataclass(frozen=True)
class Facts:
    """What a chunk knows, as columns.

    accounts: account_id, status, all of the chunk in the order of their ids (the row's number is the account's place);
    connections: account_id, connection_id, service, provider, regime, customer_class, attributes; those of all days
    of the period; residents: account_id, residents, pensioners, of entries of all days; usage: connection_id, usage
    (thousandths); told: account_id, connection_id, name, from_date, to_date, value_thousandths of what comes anew each
    period; moved: what begins, ends or changes inside the period.
    """

    accounts: pl.DataFrame
    connections: pl.DataFrame
    residents: pl.DataFrame
    usage: pl.DataFrame
    told: pl.DataFrame
    moved: Moved


@dataclass(frozen=True)
class Outcome:
    """What a chunk comes to: `bills` (place, rank, account_id, net, tax), `lines` (columns `LINE`), `holds`
    (account_id, connection_id, service, code, fields) and `totals` by service, provider and class (with corrected
    where something is)."""

    bills: pl.DataFrame
    lines: pl.DataFrame
    holds: pl.DataFrame
    totals: pl.DataFrame


def rating_frame(facts: Facts, book: Book, *others: Book) -> pl.DataFrame:
    """One row per connection in the order of the bill, with what its price depends on, over the whole period; of
    accounts of which something changes inside it one row per connection and span of days, for all books of one period
    alike. A closed account keeps its place and has no connection."""
    places = facts.accounts.with_row_index("place").with_columns(pl.col("place").cast(pl.Int64))
    places = places.filter(pl.col("status") == ACTIVE).select("account_id", "place")
    days = pl.lit(book.period.days, dtype=pl.Int64)
    spans = boundaries(facts.moved, _cut(facts, [book, *others]), book.period)
    whole, parted = facts.connections, spans.is_empty()
    if not parted:
        whole = whole.join(spans.select("account_id").unique(), on="account_id", how="anti")
    frame = (
        whole.join(places, on="account_id", how="inner")
        .join(facts.residents, on="account_id", how="left")
        .join(facts.usage, on="connection_id", how="left")
        .with_columns(days.alias("days"), pl.lit(None, dtype=pl.Date).alias(SPAN_FROM))
    )
    if not parted:
        frame = pl.concat([frame, _by_span(facts, spans, places, book.period).select(frame.columns)])
    frame = frame.sort("place", "connection_id", SPAN_FROM).with_columns(days.alias("days_in_period"))
    return with_facts(frame, of_connections(facts.told, book.period))


def _cut(facts: Facts, books: Sequence[Book]) -> pl.DataFrame:
    """account_id and day of what changes because of a tariff."""
    schema = {"service": pl.String, "provider": pl.String, "day": pl.Date}
    days = [(cut.service, cut.provider, cut.day) for book in books for cut in book.cuts]
    cuts = pl.DataFrame(days, schema=schema, orient="row")
    connected = [
        part.select("account_id", "service", "provider") for part in (facts.connections, facts.moved.connections)
    ]
    return pl.concat(connected).join(cuts, on=["service", "provider"], how="inner").select("account_id", "day")


def _by_span(facts: Facts, spans: pl.DataFrame, places: pl.DataFrame, period: Period) -> pl.DataFrame:
    rows = connections_by_span(facts.connections, facts.moved, spans, period)
    residents = residents_by_span(facts.residents, facts.moved, spans, period)
    usage = usage_by_span(rows.select("connection_id", SPAN_FROM, "span_to", "days"), facts.moved.usage)
    return (
        rows.join(places, on="account_id", how="inner")
        .join(residents, on=["account_id", SPAN_FROM], how="left")
        .join(usage, on=["connection_id", SPAN_FROM], how="left")
    )


def outcome(
    frame: pl.DataFrame, lines: pl.DataFrame, holds: pl.DataFrame, differing: pl.DataFrame | None = None
) -> Outcome:
    """Bills of the rated `lines` and of what `differing` corrects (columns LINE, account_id, customer_class). An
    account with any hold, or whose bill is beyond the bounds of money or of the ledger, is held as a whole."""
    held = holds.select("account_id", "connection_id", "service", "code", "fields")
    lines = lines.rename({"position": "line", "tariff_id": "tariff_version", "tax": "tax_code"})
    lines = lines.with_columns(pl.lit(None, dtype=pl.String).alias("origin")).select("account_id", *LINE)
    if differing is not None:
        lines = pl.concat([lines, differing.select("account_id", *LINE)])
    lines = lines.join(held.select("account_id").unique(), on="account_id", how="anti")
    held = pl.concat([held, _beyond_bounds(lines)])
    gone = held.select("account_id").unique()
    lines = lines.join(gone, on="account_id", how="anti").sort("place", "line")
    totals = _totals(frame, lines.filter(pl.col("origin").is_null()))
    if differing is not None:
        totals = _with_corrected(totals, differing.join(gone, on="account_id", how="anti"))
    return Outcome(_bills(lines), lines.select(LINE), held, totals)


def _sum_of(kind: str) -> pl.Expr:
    return pl.col("amount").filter(pl.col("kind") == kind).cast(pl.Int128).sum().cast(pl.Int64, strict=True)


def _bills(lines: pl.DataFrame) -> pl.DataFrame:
    return (
        lines.group_by("place", maintain_order=True)
        .agg(pl.col("account_id").first(), _sum_of("charge").alias("net"), _sum_of("tax").alias("tax"))
        .with_row_index("rank")
        .select("place", pl.col("rank").cast(pl.Int64), "account_id", "net", "tax")
    )


def _beyond_bounds(lines: pl.DataFrame) -> pl.DataFrame:
    """Holds for bills that money or the ledger cannot carry; one for each account."""
    size = lines.group_by("account_id").agg(
        pl.col("amount").cast(pl.Int128).abs().sum().alias("size"),
        pl.struct("service", "provider", "kind", "tax_code", "origin").n_unique().alias("transfers"),
    )
    size = size.filter((pl.col("size") >= MAX_TYIYN) | (pl.col("transfers") > TRANSFERS_AT_MOST)).sort("account_id")
    return size.select(
        "account_id",
        pl.lit(0, dtype=pl.Int64).alias("connection_id"),
        pl.lit(None, dtype=pl.String).alias("service"),
        pl.lit("AIM-B041").alias("code"),
        pl.lit("{}").alias("fields"),
    )


def _totals(frame: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """By service, provider and class of the connections that are billed, the class of the last day. A connection's
    quantity under a version is that of its first charge, shared by all that follow it."""
    connection = lines.group_by("connection_id", "tariff_version").agg(
        pl.col("quantity").filter(pl.col("kind") == "charge").first().fill_null(0).alias("quantity"),
        _sum_of("charge").alias("net"),
        _sum_of("tax").alias("tax"),
    )
    classes = frame.select("connection_id", "service", "provider", "customer_class")
    classes = classes.unique("connection_id", keep="last", maintain_order=True)
    return (
        connection.join(classes, on="connection_id", how="inner")
        .group_by("service", "provider", "customer_class")
        .agg(
            pl.col("connection_id").n_unique().cast(pl.Int64).alias("connections"),
            *(pl.col(name).cast(pl.Int128).sum().cast(pl.Int64, strict=True) for name in ("quantity", "net", "tax")),
        )
        .sort("service", "provider", "customer_class")
    )


def _with_corrected(totals: pl.DataFrame, differing: pl.DataFrame) -> pl.DataFrame:
    """Totals with what earlier periods are corrected by: in net and tax, and once more by itself."""
    keys = ["service", "provider", "customer_class"]
    corrected = differing.group_by(keys).agg(_sum_of("charge").alias("net_c"), _sum_of("tax").alias("tax_c"))
    joined = totals.join(corrected, on=keys, how="full", coalesce=True)
    whole = [pl.col(name).fill_null(0) for name in ("connections", "quantity")]
    net, tax = pl.col("net_c").fill_null(0), pl.col("tax_c").fill_null(0)
    sums = [(pl.col("net").fill_null(0) + net).alias("net"), (pl.col("tax").fill_null(0) + tax).alias("tax")]
    return joined.select(*keys, *whole, *sums, (net + tax).alias("corrected")).sort(keys)
