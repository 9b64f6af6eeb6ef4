"""Payments as billing hears of them."""

from __future__ import annotations

from itertools import permutations

import pytest
from aimak.problems import PermanentFault
from aimak_billing.domain.receivables import allocate
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.billing.town import Town, account_line

WORDS = ((1, 10_000), (2, 6_000), (3, 0))


@pytest.mark.parametrize("order", list(permutations(WORDS)))
def test_the_newest_word_stands_in_any_order(town: Town, order: tuple[tuple[int, int], ...]) -> None:
    """Taken, lowered, reversed: whatever comes late or twice, the balance is that of the newest version heard."""
    town.accounts(account_line("A1"))
    newest = 0
    for version, amount in order + order:
        town.pay(1, amount, version)
        newest = max(newest, version)
        assert town.balance("A1") == -dict(WORDS)[newest]
    assert town.get("/billing/doctor", role="admin")["control"].get("tazalyk", 0) == 0


def test_a_payment_that_moves_leaves_nothing_behind(town: Town) -> None:
    """Put on another account, it is taken from the first."""
    town.accounts(account_line("A1"), account_line("A2"))
    town.pay(1, 10_000)
    town.pay(2, 10_000, version=2)
    assert (town.balance("A1"), town.balance("A2")) == (0, -10_000)
    assert town.get("/billing/doctor", role="admin")["control"] == {"tazalyk": 10_000}


def test_a_payment_for_nobody_goes_to_the_dead_letters(town: Town) -> None:
    """An account or provider that billing never told of is no passing fault; nothing is posted."""
    with pytest.raises(PermanentFault, match="AIM-B061"):
        town.pay(77, 10_000)
    assert town.rows("transfer") == [] and town.rows("payment_part") == []


ORIGINS = st.sampled_from(["2024-01", "2024-02", "2025-07", None])


@given(st.lists(st.tuples(ORIGINS, st.integers(-(10**9), 10**9))))
def test_allocation_loses_nothing(moves: list[tuple[str | None, int]]) -> None:
    """What is left by month less the advance is the sum of all moves; both are never there together; the oldest debt
    is paid first."""
    standing = allocate(moves)
    assert standing.balance == sum(amount for _, amount in moves)
    assert not (standing.owed and standing.advance)
    assert standing.advance >= 0 and all(amount > 0 for _, amount in standing.owed)
    assert list(standing.owed) == sorted(standing.owed)


def test_the_oldest_debt_is_paid_first() -> None:
    """Part of a payment pays the first month off, the rest lowers the next."""
    standing = allocate([("2026-02", 500), ("2026-01", 300), (None, -450)])
    assert standing.owed == (("2026-02", 350),) and standing.advance == 0
