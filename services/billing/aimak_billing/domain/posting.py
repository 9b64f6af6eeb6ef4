"""From lines to the ledger and to what other services hear, in columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl
from aimak.entries import account_id as ledger_account

from aimak_billing.domain.chunk import TRANSFERS_AT_MOST
from aimak_billing.domain.receivables import PROVIDERS_AT_MOST

RELIEF = "relief"
"""The kind of a transfer by which another debtor takes over a part of what a resident is charged."""

BUDGET_PAYMENT = "budget_payment"
"""The kind of a transfer, and of the document behind it, by which such a debtor pays."""


@dataclass(frozen=True)
class Issue:
    """What all bills of a chunk have in common. `first_bill` and `first_number` are the chunk's own; `providers`
    maps a provider's code to its number."""

    tenant: str
    run_id: int
    period: str
    issued_on: date
    due_on: date
    first_bill: int
    first_number: int
    providers: Mapping[str, int]
    scope: str = "all"


def bills(
    issue: Issue, run_bills: pl.DataFrame, openings: pl.DataFrame, earlier: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The rows of table `bill` but its ledger day. run_bills: place, rank, account_id, net, tax; openings:
    account_id, provider, before, paid, adjusted, in order; earlier: account_id, bills that it has of the period (none:
    nobody has any)."""
    part = pl.format('["{}",{},{},{}]', "provider", "before", "paid", "adjusted")
    opening = (pl.col("before") + pl.col("adjusted") - pl.col("paid")).sum()
    known = openings.group_by("account_id", maintain_order=True).agg(
        opening.alias("opening"), pl.format("[{}]", part.str.join(",")).alias("opening_parts")
    )
    sequence = pl.lit(0, dtype=pl.Int32)
    if earlier is not None:
        run_bills = run_bills.join(earlier, on="account_id", how="left", maintain_order="left")
        sequence = pl.col("bills").fill_null(0).cast(pl.Int32)
    return run_bills.join(known, on="account_id", how="left", maintain_order="left").select(
        pl.lit(issue.tenant).alias("tenant"),
        (pl.col("place") + issue.first_bill).alias("id"),
        (pl.col("rank") + issue.first_number).alias("number"),
        "account_id",
        pl.lit(issue.run_id, dtype=pl.Int64).alias("run_id"),
        pl.lit(issue.period).alias("period"),
        pl.lit(issue.issued_on).alias("issued_on"),
        pl.lit(issue.due_on).alias("due_on"),
        pl.col("opening").fill_null(0),
        pl.col("opening_parts").fill_null("[]"),
        "net",
        "tax",
        pl.lit(issue.scope).alias("scope"),
        sequence.alias("sequence"),
    )


def sums(issue: Issue, run_bills: pl.DataFrame, run_lines: pl.DataFrame) -> pl.DataFrame:
    """What each bill moves, by provider, service, kind, tax and month, in the order of the bill: bill_id, account_id,
    service, provider, kind, tax_code, origin, amount, rank (within the bill). run_lines: place, service, provider,
    kind, tax_code, origin (null: the bill's own period), amount."""
    accounts = run_bills.select("place", "account_id")
    keys = ["place", "service", "provider", "kind", "tax_code"]
    own = pl.lit(issue.period).alias("origin")
    if run_lines.get_column("origin").null_count() < run_lines.height:
        run_lines, own = run_lines.with_columns(pl.col("origin").fill_null(issue.period)), pl.col("origin")
        keys.append("origin")
    return (
        run_lines.group_by(keys, maintain_order=True)
        .agg(pl.col("amount").cast(pl.Int128).sum().cast(pl.Int64, strict=True))
        .join(accounts, on="place", how="inner", maintain_order="left")
        .with_columns(
            (pl.col("place") + issue.first_bill).alias("bill_id"),
            pl.int_range(pl.len(), dtype=pl.Int64).over("place").alias("rank"),
            own,
        )
    )


def transfers(issue: Issue, moved: pl.DataFrame) -> pl.DataFrame:
    """The rows of table `transfer` but their ledger day: receivable against revenue for what is charged, against
    tax for what is taxed. `moved` as `sums` gives it; what is zero moves nothing."""
    owed = moved.filter(pl.col("amount") != 0)
    against = _counterparts(owed)
    numbers = pl.DataFrame(
        {"provider": list(issue.providers), "number": list(issue.providers.values())},
        schema={"provider": pl.String, "number": pl.Int64},
    )
    keys = ["provider", "service", "kind", "tax_code"]
    joined = owed.join(numbers, on="provider", how="left", maintain_order="left").join(
        against, on=keys, how="left", maintain_order="left", nulls_equal=True
    )
    receivable = pl.col("account_id") * PROVIDERS_AT_MOST + pl.col("number")
    raises = pl.col("amount") > 0
    relieved = (pl.col("kind") == "charge") & pl.col("tax_code").is_not_null()
    return joined.select(
        pl.lit(issue.tenant).alias("tenant"),
        (pl.col("bill_id") * TRANSFERS_AT_MOST + pl.col("rank")).alias("id"),
        pl.when(raises).then(receivable).otherwise(pl.col("counterpart")).alias("debit"),
        pl.when(raises).then(pl.col("counterpart")).otherwise(receivable).alias("credit"),
        pl.col("amount").abs(),
        pl.lit(issue.issued_on).alias("business_date"),
        pl.when(relieved).then(pl.lit(RELIEF)).otherwise("kind").alias("kind"),
        pl.col("bill_id").alias("source_id"),
        "account_id",
        "provider",
        "service",
        "origin",
    )


def _counterparts(owed: pl.DataFrame) -> pl.DataFrame:
    """The few ledger accounts that the receivables stand against: revenue, tax, or the debtor that bears a relief."""
    pairs = owed.select("provider", "service", "kind", "tax_code").unique(maintain_order=True)
    ids = [_counterpart(*pair) for pair in pairs.iter_rows()]
    return pairs.with_columns(pl.Series("counterpart", ids, dtype=pl.Int64))


def _counterpart(provider: str, service: str, kind: str, code: str | None) -> int:
    if kind == "tax":
        return ledger_account("tax", provider, str(code))
    return ledger_account("revenue", provider, service) if code is None else payer_account(provider, code)


def payer_account(provider: str, payer: str) -> int:
    """The ledger account of what a budget line owes a creditor in the place of residents."""
    return ledger_account("payer", provider, payer)


def receivables_moved(issue: Issue, moved: pl.DataFrame) -> pl.DataFrame:
    """The columns of event ReceivablesMoved: one row for each bill and provider."""
    return (
        moved.group_by("bill_id", "account_id", "provider", maintain_order=True)
        .agg(
            pl.col("amount").cast(pl.Int128).sum().cast(pl.Int64, strict=True).alias("amount_tyiyn"),
            pl.col("origin").max(),
        )
        .select(
            pl.col("bill_id").alias("source_id"),
            "account_id",
            "provider",
            pl.lit("bill").alias("kind"),
            "origin",
            "amount_tyiyn",
            pl.lit(1, dtype=pl.Int64).alias("version"),
        )
    )


def bills_issued(issued: pl.DataFrame, moved: pl.DataFrame) -> pl.DataFrame:
    """The columns of event BillsIssued. `issued` as `bills` gives it; services in the order of the bill."""
    parts = (
        moved.group_by("bill_id", "service", maintain_order=True)
        .agg(pl.col("amount").cast(pl.Int128).sum().cast(pl.Int64, strict=True))
        .with_columns(pl.format('["{}",{}]', "service", "amount").alias("part"))
        .group_by("bill_id", maintain_order=True)
        .agg(pl.col("part").str.join(",").alias("services"))
    )
    gross = pl.col("net") + pl.col("tax")
    return issued.join(parts, left_on="id", right_on="bill_id", how="left", maintain_order="left").select(
        pl.col("id").alias("bill_id"),
        "number",
        "account_id",
        "period",
        pl.lit("issued").alias("state"),
        pl.col("issued_on").dt.to_string("%Y-%m-%d"),
        pl.col("due_on").dt.to_string("%Y-%m-%d"),
        pl.col("opening").alias("opening_tyiyn"),
        pl.col("net").alias("net_tyiyn"),
        pl.col("tax").alias("tax_tyiyn"),
        gross.alias("gross_tyiyn"),
        pl.max_horizontal(pl.col("opening") + gross, pl.lit(0, dtype=pl.Int64)).alias("due_tyiyn"),
        pl.format("[{}]", pl.col("services").fill_null("")).alias("services"),
        pl.lit(1, dtype=pl.Int64).alias("version"),
    )
