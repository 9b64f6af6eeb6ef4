"""What the wider components reckon with is what whole numbers in Python come to."""

from fractions import Fraction

import polars as pl
import pytest
from aimak.money import half_up
from aimak.plugins.choices import greater, only_where, product, smaller, started, where
from aimak.plugins.numbers import MAX_QUANTITY, Number
from aimak_billing.domain.rating import quote
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.billing.rating.conftest import tariff
from tests.unit.billing.rating.test_exactness import FEWER, determinant

anything = st.one_of(st.none(), st.integers(-(2**62), 2**62))
counts = st.integers(0, 10**9)
METERED = {"service": "water", "provider": "p", "attributes": {"metered": True}}


def written(tyiyn):
    """A price as the tariff file says it."""
    return f"{tyiyn // 100}.{tyiyn % 100:02}"


def on(number, **row):
    """A number on one row, of which a value may be missing."""
    columns = {name: pl.Series([value], dtype=pl.Int64) for name, value in row.items()}
    return pl.DataFrame(columns).select(number.expr).item()


@given(anything, anything)
def test_smaller_and_greater_are_pythons_and_null_where_one_is_unknown(left, right):
    """An unknown number is neither the smaller nor the greater."""
    a, b = determinant("a"), determinant("b")
    known = left is not None and right is not None
    assert on(smaller(a, b), a=left, b=right) == (min(left, right) if known else None)
    assert on(greater(a, b), a=left, b=right) == (max(left, right) if known else None)


@given(anything)
def test_smaller_and_greater_than_a_constant(value):
    """The same where one of the two is the same in every row."""
    a, seven = determinant("a"), Number.constant(7)
    assert on(smaller(a, seven), a=value) == (None if value is None else min(value, 7))
    assert on(greater(a, seven), a=value) == (None if value is None else max(value, 7))


@given(st.one_of(st.none(), counts), st.integers(1, 10**6))
def test_what_is_begun_counts_whole(value, size):
    """1 of 10 is one package, 10 too, 11 are two; nothing is none; unknown stays unknown."""
    number = started(determinant("a", 0, 10**9), size)
    assert on(number, a=value) == (None if value is None else -(-value // size))


@given(anything, st.one_of(st.none(), st.booleans()))
def test_a_condition_that_is_not_known_gives_nothing(value, condition):
    """`where` is 0 where the condition does not hold, `only_where` is null; both are null where it is not known."""
    a = determinant("a")
    flag = pl.lit(condition, dtype=pl.Boolean)
    known = value is not None and condition is not None
    assert on(where(flag, a), a=value) == ((value if condition else 0) if known else None)
    assert on(only_where(a, flag), a=value) == (value if known and condition else None)


@given(st.lists(counts, min_size=1, max_size=3))
def test_a_product_is_in_thousandths_or_unknown(values):
    """Each step half away from zero; what is beyond a quantity is null, never wrapped."""
    numbers = [determinant(f"n{place}", 0, 10**9, 3) for place in range(len(values))]
    expected = values[0]
    for value in values[1:]:
        expected = None if expected is None else half_up(expected * value, 1000)
        expected = expected if expected is not None and expected < MAX_QUANTITY else None
    row = {f"n{place}": value for place, value in enumerate(values)}
    assert on(product(numbers, MAX_QUANTITY - 1), **row) == expected


steps = st.lists(st.integers(1, 10**6), min_size=0, max_size=4, unique=True)
tyiyn_prices = st.lists(st.integers(0, 10**5), min_size=5, max_size=5)


@FEWER
@given(steps, tyiyn_prices, st.integers(0, 10**7), st.integers(0, 10**6), st.integers(0, 6))
def test_blocks_by_resident_are_pythons_and_rise(made, limits, prices, quantity, more, residents):
    """Each part at its own block's price whatever the limits; under rising prices more never costs less."""
    limits, prices = sorted(limits), sorted(prices)
    ends = [f"up_to: {limit // 1000}.{limit % 1000:03}, " for limit in limits] + [""]
    blocks = [f"{{{end}price: {written(price)}}}" for end, price in zip(ends, prices, strict=False)]
    book = made(tariff(f"- {{code: v, kind: block, limits: resident, blocks: [{', '.join(blocks)}]}}"))

    def cost(volume):
        exact, floor = Fraction(0), 0
        for limit, price in zip([limit * residents for limit in limits] + [10**30], prices, strict=False):
            exact += Fraction(max(min(volume, limit) - floor, 0) * price, 1000)
            floor = limit
        return half_up(exact.numerator, exact.denominator)

    found = [
        quote({**METERED, "usage": volume, "residents": residents}, book).lines["amount"].item()
        for volume in (quantity, quantity + more)
    ]
    assert found == [cost(quantity), cost(quantity + more)]
    assert found[0] <= found[1]


@FEWER
@given(
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.integers(0, 10**4),
    st.sampled_from(["percent", "amount", "units"]),
)
def test_a_benefit_never_takes_off_more_than_was_charged(made, quantity, price, much, way):
    """However large it is; and never adds."""
    value = {"percent": f"{much % 101} %", "amount": f"{much}", "units": f"{much}"}[way]
    benefit = f"- {{code: b, kind: benefit, {way}: {value}, of: [v]}}"
    lines = f"- {{code: v, kind: per_unit, price: {written(price)}}}\n{benefit}"
    amounts = quote({**METERED, "usage": quantity}, made(tariff(lines))).lines["amount"].to_list()
    charged, relief = [*amounts, 0][:2]
    assert -charged <= relief <= 0


@pytest.mark.parametrize("usage", [0, 1, 10_000, 10_001, 25_000, MAX_QUANTITY - 1])
def test_every_tyiyn_of_blocks_by_the_meters_size_is_of_one_set(made, usage):
    """A connection pays by its own set, as if the other were not there."""
    sets = {"15": "[{up_to: 10, price: 2, fixed: 30}, {price: 4}]", "50": "[{price: 5, fixed: 90}]"}
    both = ", ".join(f"{{keys: '{size}', blocks: {blocks}}}" for size, blocks in sets.items())
    book = made(tariff(f"- {{code: v, kind: block, by: meter_size, sets: [{both}]}}"))
    for size, blocks in sets.items():
        alone = made(tariff(f"- {{code: v, kind: block, blocks: {blocks}}}"))
        known = {**METERED, "usage": usage, "attributes": {"metered": True, "meter_size": size}}
        assert quote(known, book).lines["amount"].item() == quote(known, alone).lines["amount"].item()
