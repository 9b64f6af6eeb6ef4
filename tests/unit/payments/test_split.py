"""How one payment is shared among providers."""

from __future__ import annotations

from datetime import date

from aimak_payments.domain.split import SplitRule, Standing, after, rule_on, split
from hypothesis import given
from hypothesis import strategies as st

TYIYN = st.integers(-(10**9), 10**9)
STANDINGS = st.lists(
    st.builds(Standing, st.sampled_from("abcdefgh"), TYIYN, st.integers(0, 10**9)),
    min_size=1,
    max_size=6,
    unique_by=lambda standing: standing.provider,
)
AMOUNT = st.integers(1, 10**10)


@given(AMOUNT, STANDINGS)
def test_parts_add_up_and_none_is_negative(amount: int, standings: list[Standing]) -> None:
    """No tyiyn is lost or made, and nobody is paid a negative sum."""
    parts = split(amount, standings)
    assert sum(parts.values()) == amount
    assert all(part > 0 for part in parts.values())


@given(AMOUNT, STANDINGS, st.randoms())
def test_order_of_providers_does_not_matter(amount: int, standings: list[Standing], random: object) -> None:
    """The same money is split the same way whatever the order in which rows came."""
    assert split(amount, list(reversed(standings))) == split(amount, standings)


@given(AMOUNT, STANDINGS)
def test_nobody_gets_more_than_is_owed_while_another_is_owed(amount: int, standings: list[Standing]) -> None:
    """An advance comes about only when every debt is paid, and then with one provider alone."""
    parts = split(amount, standings)
    left = after(standings, parts)
    if any(standing.owed > 0 for standing in left):
        assert all(parts.get(standing.provider, 0) <= max(standing.owed, 0) for standing in standings)
    paid_ahead = [standing for standing in standings if parts.get(standing.provider, 0) > max(standing.owed, 0)]
    assert len(paid_ahead) <= 1


@given(st.integers(1, 10**9), STANDINGS)
def test_share_is_within_a_tyiyn_of_the_proportion(amount: int, standings: list[Standing]) -> None:
    """A part differs from the exact proportion by less than one tyiyn."""
    debts = {standing.provider: max(standing.owed, 0) for standing in standings}
    owed = sum(debts.values())
    if amount >= owed:
        return
    parts = split(amount, standings)
    for provider, debt in debts.items():
        assert abs(parts.get(provider, 0) * owed - amount * debt) < owed


def test_surplus_is_an_advance_with_who_charged_most() -> None:
    """30.00 on debts of 10.00 and 5.00: 15.00 is an advance with the provider that charged the most so far."""
    standings = [Standing("tazalyk", 90_000, 89_500), Standing("vodokanal", 1_000, 0)]
    assert split(3_000, standings) == {"tazalyk": 2_000, "vodokanal": 1_000}


def test_an_advance_that_came_over_counts_against_its_provider() -> None:
    """34.89 were charged where an advance of 150.37 had come over, and 14.09 elsewhere: of 500.00 all that is left is
    an advance with the other."""
    standings = [Standing("suukanal", 3_489 - 15_037, 0), Standing("tazalyk", 1_409, 0)]
    assert split(50_000, standings) == {"tazalyk": 50_000}
    came_by_payments = [Standing("suukanal", 3_489, 15_037), Standing("tazalyk", 1_409, 0)]
    assert split(50_000, came_by_payments) == {"suukanal": 48_591, "tazalyk": 1_409}


def test_nobody_known_nothing_split() -> None:
    """Without a provider there is no part."""
    assert split(100, []) == {}


def test_rule_is_the_last_that_has_begun() -> None:
    """A payment follows the rule of its own day."""
    rules = [SplitRule(date(2026, 1, 1)), SplitRule(date(2026, 11, 1))]
    assert rule_on(rules, date(2026, 10, 31)) == rules[0]
    assert rule_on(rules, date(2026, 11, 1)) == rules[1]
    assert rule_on(rules, date(2025, 12, 31)).valid_from == date.min
