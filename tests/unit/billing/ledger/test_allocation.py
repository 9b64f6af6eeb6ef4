"""Which debt a payment meets: parts add up, and the order of arrival plays no part where it must not."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from aimak.money import share
from aimak_billing.domain import oldest_first
from aimak_billing.domain.allocation import METHODS, MOVE, Policy, Standing, standing
from hypothesis import given, settings
from hypothesis import strategies as st

FIRST = date(2026, 1, 1)
END = date(2026, 12, 31)
PRIORITY = ("water", "sewerage")
Move = tuple[str | None, str | None, int, int]
"""Origin, service, day of the year, tyiyn."""


def frame(moves: Sequence[Move], account: int = 1) -> pl.DataFrame:
    """Moves of one account and creditor in columns."""
    rows = [
        (account, "vodokanal", service, origin, FIRST + timedelta(days=day), amount)
        for origin, service, day, amount in moves
    ]
    return pl.DataFrame(rows, schema=MOVE, orient="row")


def left(moves: Sequence[Move], *policies: Policy) -> tuple[dict[tuple[str, str | None], int], int]:
    """What is owed by month and service, and the advance."""
    return said(standing(frame(moves), policies, END))


def said(found: Standing) -> tuple[dict[tuple[str, str | None], int], int]:
    """The same as plain values."""
    debts = {(origin, service): owed for _, _, origin, service, owed in found.debts.iter_rows()}
    return debts, sum(found.advances["advance"].to_list())


TWO_MONTHS: list[Move] = [
    ("2026-01", "water", 31, 300),
    ("2026-01", "sewerage", 31, 100),
    ("2026-02", "water", 59, 300),
    ("2026-02", "sewerage", 59, 100),
]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("oldest_first", {("2026-02", "water"): 250, ("2026-02", "sewerage"): 100}),
        ("service_priority", {("2026-02", "water"): 150, ("2026-01", "sewerage"): 100, ("2026-02", "sewerage"): 100}),
        ("current_first", {("2026-01", "water"): 250, ("2026-01", "sewerage"): 100}),
    ],
)
def test_each_policy_pays_in_its_own_order(method: str, expected: dict[Any, int]) -> None:
    """450 of 800: the oldest month, the first service, or the newest month is paid first."""
    owed, advance = left([*TWO_MONTHS, (None, None, 70, -450)], Policy(FIRST, method, PRIORITY))
    assert (owed, advance) == (expected, 0)


def test_pro_rata_shares_to_the_tyiyn() -> None:
    """Every debt loses its share by largest remainder, and the shares are the payment."""
    owed, advance = left([*TWO_MONTHS, (None, None, 70, -101)], Policy(FIRST, "pro_rata", PRIORITY))
    parts = share(101, [300, 100, 300, 100])
    assert list(owed.values()) == [owed[key] for key in owed] and sum(owed.values()) == 800 - 101
    assert owed[("2026-01", "water")] == 300 - parts[0] and advance == 0


def test_a_payment_meets_what_was_owed_on_its_day() -> None:
    """With the current month first, a payment of January cannot pay February's bill while January is owed; what it
    leaves over can."""
    moves = [*TWO_MONTHS, (None, None, 40, -150)]
    assert left(moves, Policy(FIRST, "current_first", PRIORITY))[0][("2026-01", "water")] == 150
    moves = [*TWO_MONTHS, (None, None, 40, -450)]
    owed, advance = left(moves, Policy(FIRST, "current_first", PRIORITY))
    assert (sum(owed.values()), advance) == (350, 0)
    assert {origin for origin, _ in owed} == {"2026-02"}


def test_a_policy_holds_from_its_day() -> None:
    """Money from before the decision is set against the oldest debt, later money by the new rule."""
    policy = Policy(FIRST + timedelta(days=65), "current_first", PRIORITY)
    owed, _ = left([*TWO_MONTHS, (None, None, 60, -100), (None, None, 70, -100)], policy)
    assert owed == {("2026-01", "water"): 300, ("2026-02", "water"): 200, ("2026-02", "sewerage"): 100}


def test_a_cancelled_bill_is_undone_in_its_own_month() -> None:
    """A cancellation meets the bill it undoes, and what had been paid for it is free for the rest, then an advance."""
    moves = [*TWO_MONTHS, (None, None, 40, -400), ("2026-01", "water", 90, -300), ("2026-01", "sewerage", 90, -100)]
    assert left(moves) == ({}, 0)
    assert left([*moves, ("2026-02", "water", 91, -300)]) == ({}, 300)


def test_a_reversed_payment_that_was_never_taken_is_owed() -> None:
    """A refund of money that was not there is a debt without a month."""
    assert left([(None, None, 5, 70)]) == ({("", None): 70}, 0)


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["2026-01", "2026-02", "2026-03"]),
        st.sampled_from(["water", "sewerage", "waste"]),
        st.integers(0, 120),
        st.integers(-500, 900),
    )
    | st.tuples(st.none(), st.none(), st.integers(0, 120), st.integers(-900, 200)),
    max_size=14,
)
FEW = settings(max_examples=40)
POLICIES = st.lists(st.tuples(st.integers(0, 120), st.sampled_from(METHODS)), max_size=3, unique_by=lambda p: p[0])


def dated(policies: list[tuple[int, str]]) -> list[Policy]:
    """Policies by the day of the year."""
    return [Policy(FIRST + timedelta(days=day), method, PRIORITY) for day, method in policies]


@FEW
@given(MOVES, POLICIES)
def test_parts_add_up_and_nothing_is_made(moves: list[Move], policies: list[tuple[int, str]]) -> None:
    """Owed less advance is the balance, no debt is above what was raised for it, and no advance stands beside a
    debt."""
    owed, advance = left(moves, *dated(policies))
    assert sum(owed.values()) - advance == sum(move[3] for move in moves)
    raised: dict[Any, int] = {}
    for origin, service, _, amount in moves:
        if origin is not None:
            raised[origin, service] = raised.get((origin, service), 0) + amount
    assert all(0 < amount <= raised[key] for key, amount in owed.items() if key != ("", None))
    assert not (owed and advance)


@FEW
@given(MOVES, POLICIES, st.randoms(use_true_random=False))
def test_the_order_of_arrival_plays_no_part(
    moves: list[Move], policies: list[tuple[int, str]], chance: random.Random
) -> None:
    """The same rows in any order leave the same debts."""
    shuffled = list(moves)
    chance.shuffle(shuffled)
    assert left(shuffled, *dated(policies)) == left(moves, *dated(policies))


@FEW
@given(MOVES, st.lists(st.integers(0, 120), max_size=20))
def test_the_oldest_first_asks_no_day(moves: list[Move], days: list[int]) -> None:
    """With the oldest debt first it does not matter when anything came: bills before payments or after."""
    other = [
        (origin, service, day, amount)
        for (origin, service, _, amount), day in zip(moves, [*days, *[0] * 14], strict=False)
    ]
    assert left(other) == left(moves)


@FEW
@given(st.lists(MOVES, min_size=2, max_size=4), POLICIES)
def test_accounts_do_not_touch_each_other(towns: list[list[Move]], policies: list[tuple[int, str]]) -> None:
    """A million accounts in columns are a million single accounts."""
    together = standing(pl.concat([frame(moves, key) for key, moves in enumerate(towns)]), dated(policies), END)
    for key, moves in enumerate(towns):
        mine = pl.col("account_id") == key
        alone = Standing(together.debts.filter(mine), together.advances.filter(mine))
        assert said(alone) == left(moves, *dated(policies))


def by_hand(moves: Sequence[Move], policy: Policy) -> tuple[dict[Any, int], int]:
    """The rule for one account and one policy, step by step in plain Python."""
    debts: dict[Any, list[Any]] = {}
    money: list[tuple[int, int]] = []
    for origin, service, day, amount in moves:
        if origin is None:
            money.append((day, -amount))
            continue
        entry = debts.setdefault((origin, service), [0, 999, 0])
        entry[0] += amount
        entry[1] = min(entry[1], day) if amount > 0 else entry[1]
        entry[2] = max(entry[2], day)
    owed = {key: entry[0] for key, entry in debts.items() if entry[0] > 0}
    for month in {key[0] for key in debts}:
        minus = [entry for key, entry in debts.items() if key[0] == month and entry[0] < 0]
        rest = -sum(entry[0] for entry in minus)
        for key in sorted(key for key in owed if key[0] == month):
            met = min(rest, owed[key])
            owed[key] -= met
            rest -= met
        if rest:
            money.append((max(entry[2] for entry in minus), rest))
    owed = {key: amount for key, amount in owed.items() if amount}
    pool = 0
    for day in sorted({day for day, _ in money}):
        pool += sum(amount for when, amount in money if when == day)
        pool = _meet(owed, pool, [key for key in owed if debts[key][1] <= day], policy)
    pool = _meet(owed, pool, list(owed), policy)
    if pool < 0:
        owed["", None], pool = -pool, 0
    return {key: amount for key, amount in owed.items() if amount}, pool


def _meet(owed: dict[Any, int], pool: int, keys: list[Any], policy: Policy) -> int:
    place = {service: number for number, service in enumerate(policy.priority)}
    ranked = {
        "service_priority": lambda key: (place.get(key[1], 9), key[0], key[1]),
        "current_first": lambda key: (-int(key[0].replace("-", "")), place.get(key[1], 9), key[1]),
    }
    keys = sorted(keys, key=ranked.get(policy.method, lambda key: (key[0], place.get(key[1], 9), key[1])))
    keys = [key for key in keys if owed[key]]
    if policy.method == "pro_rata" and keys and pool > 0:
        parts = share(min(pool, sum(owed[key] for key in keys)), [owed[key] for key in keys])
    else:
        parts = []
        rest = max(pool, 0)
        for key in keys:
            parts.append(min(rest, owed[key]))
            rest -= parts[-1]
    for key, part in zip(keys, parts, strict=True):
        owed[key] -= part
    return pool - sum(parts)


@FEW
@given(MOVES, st.sampled_from(METHODS))
def test_columns_say_what_one_account_says_by_hand(moves: list[Move], method: str) -> None:
    """The columns come to what a bookkeeper comes to with a pencil, payment by payment."""
    policy = Policy(date.min, method, PRIORITY)
    assert left(moves, policy) == by_hand(moves, policy)


def test_a_rule_of_later_days_changes_nothing_of_what_stood() -> None:
    """What is decided for the days after the one asked for plays no part, neither its method nor its services."""
    moves = [*TWO_MONTHS, (None, None, 70, -450)]
    later = END + timedelta(days=1)
    for policy in (Policy(later, "pro_rata", ("water",)), Policy(later, "oldest_first", ("water",))):
        assert left(moves, policy) == left(moves)
        now = Policy(FIRST, "current_first", PRIORITY)
        assert left(moves, now, policy) == left(moves, now)
    assert left(moves, Policy(END, "oldest_first", ("water",))) != left(
        moves, Policy(END, "oldest_first", ("sewerage",))
    )


@FEW
@given(
    st.lists(st.tuples(st.sampled_from([4, 5, 9]), MOVES), max_size=4), st.permutations(["water", "sewerage", "waste"])
)
def test_columns_leave_what_every_debt_is_left(drawn: list[tuple[int, list[Move]]], services: list[str]) -> None:
    """Accounts in columns are left the same debts and advances, by month and service, as by setting each payment
    against its debt, whatever came in which order and which services are paid first."""
    moves = pl.concat([frame([]), *(frame(said, account) for account, said in drawn)])
    priority = tuple(services[:2])
    found = standing(moves, [Policy(FIRST, "oldest_first", priority)], END)
    wanted = {tuple(row[:4]): row[4] for row in found.debts.iter_rows()}
    wanted |= {(account, provider, "", None): -paid for account, provider, paid in found.advances.iter_rows()}
    keys = oldest_first.keys_of([moves])
    numbered = keys.with_row_index("key")
    rows = moves.join(numbered, on=keys.columns, nulls_equal=True).select("account_id", "key", "amount")
    cells = oldest_first.Cells.none(4, 6, keys.height).plus(rows)
    got = {
        (4 + place, provider, origin or "", service): amount
        for (provider, origin, service), column in oldest_first.left(cells, keys, priority)
        for place, amount in enumerate(column)
        if amount != 0
    }
    assert got == wanted
