"""Payments as billing hears of them."""

from __future__ import annotations

from itertools import permutations

import pytest
from aimak.problems import PermanentFault

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
