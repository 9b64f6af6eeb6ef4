"""What is added up over periods and chunks, and what of many accounts the report tells."""

from collections import defaultdict

import polars as pl
import pytest
from aimak_billing.domain.simulation import Compared, of_chunks, over_periods, report
from hypothesis import given
from hypothesis import strategies as st

ACCOUNTS = {
    "account_id": pl.Int64,
    "customer_class": pl.String,
    "length": pl.Int16,
    "months": pl.Int16,
    "old": pl.Int64,
    "new": pl.Int64,
}
SUMS = ("connections", "quantity", "old_net", "old_tax", "new_net", "new_tax")
TOTALS = {"service": pl.String, "customer_class": pl.String, "tariff_id": pl.Int64, **dict.fromkeys(SUMS, pl.Int64)}
HELD = {"side": pl.String, "service": pl.String, "code": pl.String, "accounts": pl.Int64}
MONEY = st.integers(-(10**12), 10**12)
# Accounts of a period with what they pay before and after; some months are of the same accounts, some are not.
PERIOD = st.dictionaries(st.integers(1, 6), st.tuples(st.sampled_from("ab"), MONEY, MONEY), max_size=6)
LATER = st.lists(st.tuples(PERIOD, st.sampled_from([1, 3])), min_size=1, max_size=5)


def compared(accounts, length=1):
    """Accounts of one period, with nothing else."""
    rows = [(key, of, length, length, old, new) for key, (of, old, new) in sorted(accounts.items())]
    return Compared(
        pl.DataFrame(rows, schema=ACCOUNTS, orient="row"), pl.DataFrame(schema=TOTALS), pl.DataFrame(schema=HELD)
    )


@given(LATER)
def test_periods_add_up_account_by_account(periods):
    """By length of the period, whether each has the same accounts or not; the class is the last; in order of ids."""
    sums, of_class = defaultdict(lambda: [0, 0, 0]), {}
    for accounts, length in periods:
        for key, (of, old, new) in accounts.items():
            kept = sums[key, length]
            kept[0], kept[1], kept[2] = kept[0] + length, kept[1] + old, kept[2] + new
            of_class[key, length] = of
    made = over_periods(compared(*period) for period in periods).accounts
    expected = [(key, of_class[key, length], length, *sums[key, length]) for key, length in sorted(sums)]
    assert made.rows() == expected
    assert made.schema == pl.Schema(ACCOUNTS)


def test_a_sum_that_does_not_fit_is_refused():
    """Twice the largest number is none, on either way of adding."""
    most = {1: ("a", 2**63 - 1, 0)}
    for later in (most, {**most, 2: ("a", 1, 1)}):
        with pytest.raises(pl.exceptions.InvalidOperationError):
            over_periods([compared(most), compared(later)])


def test_chunks_kept_before_an_upgrade_go_with_those_after_it():
    """Their months stand in wider columns, and are the same months."""
    before, after = compared({1: ("a", 10, 20)}), compared({2: ("b", 30, 40)})
    wide = before.accounts.with_columns(pl.col("length", "months").cast(pl.Int64))
    made = of_chunks([Compared(wide, before.totals, before.held), after]).accounts
    assert made.rows() == [(1, "a", 1, 1, 10, 20), (2, "b", 1, 1, 30, 40)]
    assert made.schema == pl.Schema(ACCOUNTS)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-3, 40)), min_size=1, max_size=70))
def test_the_report_is_that_of_a_count_by_hand(amounts):
    """The middle change, those hit hardest and the tenths by what is paid now; who is equal stands by the id."""
    rows = [(key, old, new - old) for key, (old, new) in enumerate(amounts, 1)]
    parts = [
        {key: ("a", old, old + change) for key, old, change in rows[first : first + 9]} for first in range(0, 70, 9)
    ]
    told = report(of_chunks([compared(part) for part in parts if part]), {})
    changes = sorted(change for _, _, change in rows)
    assert told["payers"]["median"] == changes[(len(rows) - 1) // 2]
    assert told["payers"]["more"] == sum(change > 0 for change in changes)
    assert told["payers"]["less_by"] == sum(change for change in changes if change < 0)
    hardest = sorted((row for row in rows if row[2] > 0), key=lambda row: (-row[2], row[0]))[:20]
    assert [(row["account_id"], row["difference"]) for row in told["hardest"]] == [(row[0], row[2]) for row in hardest]
    ranked = [change for _, _, change in sorted(rows, key=lambda row: (row[1], row[0]))]
    tenths = defaultdict(list)
    for rank, change in enumerate(ranked):
        tenths[rank * 10 // len(rows) + 1].append(change)
    assert [(row["decile"], row["most"]) for row in told["deciles"]] == [
        (key, max(some)) for key, some in tenths.items()
    ]
