"""Money is whole tyiyn, read strictly and shared out without loss."""

import pytest
from aimak.money import MAX_TYIYN, apportion, format_som, half_up, parse_som, plain_som, share
from hypothesis import given
from hypothesis import strategies as st

amounts = st.integers(-MAX_TYIYN, MAX_TYIYN)


@pytest.mark.parametrize(
    ("text", "tyiyn"),
    [
        ("10.45", 1045),
        ("1 234,5", 123450),
        ("1\u00a0234.50", 123450),
        ("- 1 234 567", -123456700),
        ("-\u00a01  234,00", -123400),
        ("-3", -300),
        ("0", 0),
        ("007.10", 710),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, tyiyn: int) -> None:
    """A comma or a dot, thousands apart or not, one decimal or two: the same amount."""
    assert parse_som(text) == tyiyn


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.234,50",
        "1,234.50",
        "10.455",
        "1e3",
        "+5",
        "٣",
        "12сом",
        "--1",
        "1\n2",
        "1 23,00",
        "12 3456",
        "999 999 999 999 999",
    ],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    """Nothing is guessed: two marks, three decimals, a space where none belongs, other digits or words."""
    with pytest.raises(ValueError):
        parse_som(text)


@given(amounts)
def test_an_amount_written_and_read_is_the_same(tyiyn: int) -> None:
    """Both forms of an amount read back as the amount."""
    assert parse_som(plain_som(tyiyn)) == tyiyn
    assert parse_som(format_som(tyiyn)) == tyiyn


@given(st.integers(), st.integers(1, 10**12))
def test_rounding_is_half_away_from_zero(numerator: int, denominator: int) -> None:
    """A rounded quotient is the nearest whole number, a half goes away from zero, and the sign only mirrors."""
    rounded = half_up(numerator, denominator)
    assert 2 * abs(abs(rounded) * denominator - abs(numerator)) <= denominator
    assert half_up(-numerator, denominator) == -rounded
    if 2 * abs(numerator) % denominator == 0 and (2 * abs(numerator) // denominator) % 2:
        assert abs(rounded) * denominator >= abs(numerator)


@given(amounts, st.lists(st.integers(0, 10**9), min_size=1, max_size=20).filter(any))
def test_shares_add_up_to_the_whole(total: int, weights: list[int]) -> None:
    """Parts add up, none is off its exact share by a whole tyiyn, and no weight means no part."""
    parts = share(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - total * weight) < sum(weights)
        assert weight or not part


@given(amounts, st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=20))
def test_a_tax_apportioned_adds_up(tax: int, nets: list[int]) -> None:
    """Whatever the lines are, their parts of a tax come to it, and beside others a line of nothing has none of it."""
    parts = apportion(tax, nets)
    assert sum(parts) == tax
    assert not any(nets) or all(net or not part for part, net in zip(parts, nets, strict=True))


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=20).filter(sum), st.integers(0, 1_000))
def test_a_credit_takes_of_the_tax_what_a_charge_gives(nets: list[int], permille: int) -> None:
    """Of the tax on what the lines come to each has its signed share, off by less than a tyiyn, and never with
    another sign than the line has where the whole is owed."""
    whole = sum(nets)
    tax = half_up(whole * permille, 1_000)
    for part, net in zip(apportion(tax, nets), nets, strict=True):
        assert abs(part * whole - tax * net) < abs(whole)
        assert part * net >= 0


@pytest.mark.parametrize(
    ("tax", "nets", "parts"),
    [
        (122, [4_500, -435], [135, -13]),
        (0, [4_500, -435], [0, 0]),
        (300, [10_000, -10_000], [150, 150]),
        (300, [10_000, -9_990], [150, 150]),
        (-122, [-4_500, 435], [-135, 13]),
        (7, [0, 0], [7, 0]),
    ],
)
def test_a_tax_beside_a_credit(tax: int, nets: list[int], parts: list[int]) -> None:
    """The credit's part lowers it; a tax that is more than all lines come to is not of their sum and goes by size."""
    assert apportion(tax, nets) == parts
