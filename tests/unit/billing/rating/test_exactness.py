"""Rating on columns is what whole numbers in Python come to, for every row, at every bound."""

from fractions import Fraction

import polars as pl
import pytest
from aimak.money import half_up
from aimak.plugins.numbers import LIMIT, MAX_PRICE, MAX_QUANTITY, BeyondBounds, Number, Price
from aimak_billing.domain.rating import quote, rate
from aimak_billing.domain.rating.calculate import FRAME
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.billing.rating.conftest import frame, tariff

quantities = st.one_of(st.sampled_from([0, 1, 999, 1000, MAX_QUANTITY - 1]), st.integers(0, MAX_QUANTITY - 1))
usual_quantities = st.integers(0, 10**7)
prices = st.builds(
    Price, st.one_of(st.sampled_from([0, 1, MAX_PRICE - 1]), st.integers(0, MAX_PRICE - 1)), st.integers(0, 6)
)
# Each example reads a tariff file: a quarter as many as elsewhere keeps the suite quick.
FEWER = settings(max_examples=settings().max_examples // 4)
METERED = {"service": "water", "provider": "p", "attributes": {"metered": True}}


def som(price):
    """A price as the tariff file says it."""
    digits = str(price.units).rjust(price.scale + 3, "0")
    return f"{digits[: -price.scale - 2]}.{digits[-price.scale - 2 :]}"


def evaluated(number, **columns):
    """A number on one row."""
    frame = pl.DataFrame({name: pl.Series([value], dtype=pl.Int64) for name, value in columns.items()} or {"one": [1]})
    return frame.select(number.expr).item()


def determinant(name, low=-(2**63), high=2**63 - 1, scale=0):
    """A column of any whole numbers."""
    return Number.determinant(name, name, low, high, scale)


@given(quantities, prices)
def test_quantity_times_price_is_pythons_product(quantity, price):
    """In 10^-9 tyiyn, at the bounds too, and rounded half away from zero."""
    exact = quantity * price.units * 10 ** (6 - price.scale)
    product = determinant("q", 0, MAX_QUANTITY - 1, 3) * price.number
    assert evaluated(product.finer(9), q=quantity) == exact
    assert evaluated(product.rounded(0), q=quantity) == half_up(exact, 10**9)


@given(
    st.integers(-(10**18), 10**18),
    st.integers(0, 9),
    st.sampled_from(["half_up", "half_even", "down", "up"]),
    st.sampled_from([1, 10, 100]),
)
def test_rounding_is_away_from_zero_towards_it_or_half(value, scale, mode, unit):
    """Of -1.5 half up is -2; down cuts off, up never cuts off; a reversal is the negated amount."""
    number = determinant("n", scale=9)
    found = evaluated(number.rounded(9 - scale, mode, unit), n=value)
    exact = Fraction(value, 10**scale * unit)
    size = abs(exact)
    whole = {"half_up": (size + Fraction(1, 2)).__floor__(), "down": size.__floor__(), "up": size.__ceil__()}
    steps = round(size) if mode == "half_even" else whole[mode]
    assert found == (steps if exact >= 0 else -steps) * unit
    assert evaluated(number.rounded(9 - scale, mode, unit), n=-value) == -found


@given(st.integers(-(10**15), 10**15), st.integers(0, 31), st.integers(28, 31))
def test_a_portion_is_rounded_half_away_from_zero(value, part, whole):
    """value × part ÷ whole, no float between."""
    number = determinant("v", -(10**15), 10**15).portion(determinant("p", 0, 31), determinant("w", 1, 31))
    assert evaluated(number, v=value, p=part, w=whole) == half_up(value * part, whole)


@given(st.lists(st.integers(-(2**62), 2**62), min_size=2, max_size=2), st.sampled_from("+-*"))
def test_results_lie_within_the_bounds_that_were_worked_out(values, operation):
    """Interval arithmetic over the operands' bounds holds the result."""
    left, right = determinant("a", -(2**62), 2**62), determinant("b", -(2**62), 2**62)
    numbers = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b}[operation]
    result = numbers(left, right)
    found = evaluated(result, a=values[0], b=values[1])
    assert found == numbers(*values) and result.low <= found <= result.high


def test_a_number_in_64_bits_is_the_same_or_raises():
    """A column that is 128 bits wide already, a bare one or a reckoned one: never cut, never null."""
    bare = Number.determinant("a", "a", 0, 2**100, 0)
    for number, factor in ((bare, 1), (bare * Number.constant(3), 3)):
        for kind in (pl.Int64, pl.Int128):
            frame = pl.DataFrame({"a": [2**61]}, schema={"a": kind})
            assert frame.select(number.in_64.alias("x")).schema == {"x": pl.Int64}
            assert frame.select(number.in_64).item() == 2**61 * factor
        with pytest.raises(pl.exceptions.InvalidOperationError):
            pl.DataFrame({"a": [2**63]}, schema={"a": pl.Int128}).select(number.in_64)


def steps_of(a, b):
    """Every kind of step on two numbers."""
    return {
        "sum": a + b,
        "difference": a - b,
        "product": a * b,
        "floor": (a - b).at_least(7),
        "ceiling": (a - b).at_most(7),
        "portion": a.portion(b.at_least(0), Number.constant(31)),
        "bounded": (a + b).within(-9, 9),
        "finer": (a + b).finer(5),
        **{mode: (a - b).rounded(1, mode) for mode in ("half_up", "half_even", "down", "up")},
        "tens": (a + b).rounded(2, "half_up", 10),
    }


@given(st.data())
def test_in_64_bits_it_is_the_same_where_that_is_chosen(data):
    """At the very bounds too: each step comes to the same in 64 bits and in 128, or is left to 128."""
    most = data.draw(st.sampled_from([9, 10**6, 2**31, 2**40, 2**61, 2**62, 2**63 - 1]))
    a, b = (determinant(name, -most, most, 3) for name in "ab")
    drawn = st.one_of(st.sampled_from([-most, most, 0]), st.integers(-most, most))
    row = pl.DataFrame({"a": [data.draw(drawn)], "b": [data.draw(drawn)]}, schema={"a": pl.Int64, "b": pl.Int64})
    for name, number in steps_of(a, b).items():
        if number.narrow is not None:
            found = row.select(number.narrow.alias("narrow"), number.expr.alias("wide"))
            assert found.schema == {"narrow": pl.Int64, "wide": pl.Int128}, name
            assert found.item(0, 0) == found.item(0, 1), name
    narrow = {name for name, number in steps_of(a, b).items() if number.narrow is not None}
    assert len(narrow) == {9: 13, 10**6: 13, 2**63 - 1: 0}.get(most, len(narrow))
    assert not {"product", "portion"} & narrow or most < 2**32


def test_what_could_leave_128_bits_is_refused_before_it_is_reckoned():
    """The product of the widest operands is refused; one step less passes at its very bound."""
    widest = determinant("a", 0, 2**63)
    with pytest.raises(BeyondBounds):
        widest * widest * determinant("b", 0, 4)
    assert (widest * widest).high == 2**126 <= LIMIT
    with pytest.raises(BeyondBounds):
        (widest * widest).rounded(0) + (widest * widest)
    with pytest.raises(BeyondBounds):
        determinant("a").portion(determinant("b"), determinant("c", 0, 31))


@pytest.mark.parametrize(
    "made",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: (a + b).at_least(0),
        lambda a, b: (a + b).at_most(0),
        lambda a, b: (a + b).rounded(1),
        lambda a, b: (a + b).within(0, 9),
        lambda a, b: a.portion(b, Number.constant(3)),
    ],
)
def test_null_is_never_a_number(made):
    """A null operand makes every operation null."""
    result = made(determinant("a", -(10**9), 10**9, 3), determinant("b", -(10**9), 10**9, 3))
    for columns in ({"a": None, "b": 1}, {"a": 1, "b": None}, {"a": None, "b": None}):
        assert evaluated(result, **columns) is None


@FEWER
@given(st.lists(quantities, min_size=1, max_size=6), prices, st.integers(0, 10**9 - 1))
def test_one_account_is_rated_as_in_bulk(made, usages, price, share):
    """Bit for bit the same lines and holds for each connection alone and among the others."""
    rate_text = f"{share // 10**4}.{share % 10**4:04d} %"
    tax = (
        f"\ntaxes: [{{tax: t, name: {{ky: а, ru: б, en: c}}, rate: {rate_text}, from: 2026-01-01, legal_ground: x}}]\n"
    )
    components = f"- {{code: volume, kind: per_unit, price: {som(price)}}}\n- {{code: tax, kind: tax, tax: t}}"
    book = made(tariff(components), taxes=tax)
    rows = frame(*({"usage": usage, "account_id": place, "place": place} for place, usage in enumerate(usages)))
    bulk = rate(rows, book)
    for place, usage in enumerate(usages):
        alone = rate(rows.slice(place, 1), book)
        assert alone.lines.equals(bulk.lines.filter(pl.col("place") == place).sort("position"))
        assert alone.holds.equals(bulk.holds.filter(pl.col("place") == place))
        exact = half_up(usage * price.units * 10 ** (6 - price.scale), 10**9)
        if alone.lines.height:
            assert alone.lines["amount"][0] == exact
            assert alone.lines["amount"][1] == half_up(exact * share, 10**6)


@st.composite
def blocks(draw):
    """Limits that rise, in units, and a price for each block and for what is above."""
    limits = sorted(draw(st.sets(st.integers(1, 100), min_size=1, max_size=5)))
    costs = [draw(st.integers(0, 10_000)) for _ in range(len(limits) + 1)]
    return limits, costs


def block_tariff(limits, costs):
    """The tariff of such blocks."""
    inner = [f"{{up_to: {limit}, price: {cost / 100:.2f}}}" for limit, cost in zip(limits, costs, strict=False)]
    return tariff(
        f"- {{code: volume, kind: block, blocks: [{', '.join([*inner, f'{{price: {costs[-1] / 100:.2f}}}'])}]}}"
    )


@FEWER
@given(blocks(), st.integers(0, 200_000))
def test_the_parts_of_a_volume_are_the_whole(made, tariff_blocks, usage):
    """Every thousandth is priced once, at its own block: the sum over the single blocks is the line."""
    limits, costs = tariff_blocks
    line = quote({**METERED, "usage": usage}, made(block_tariff(limits, costs))).lines.to_dicts()[0]
    floors = [0, *(limit * 1000 for limit in limits)]
    ceilings = [*floors[1:], usage]
    inside = [max(min(usage, ceiling) - floor, 0) for floor, ceiling in zip(floors, ceilings, strict=True)]
    assert sum(inside) == usage == line["quantity"]
    assert line["amount"] == half_up(sum(part * cost for part, cost in zip(inside, costs, strict=True)), 1000)


@FEWER
@given(blocks(), st.lists(st.integers(0, 200_000), min_size=2, max_size=20))
def test_a_rising_tariff_never_costs_less_for_more(made, tariff_blocks, usages):
    """Where each block costs at least what the one before does, more usage is never cheaper."""
    limits, costs = tariff_blocks
    book = made(block_tariff(limits, sorted(costs)))
    rows = frame(*({"usage": usage, "account_id": place, "place": place} for place, usage in enumerate(sorted(usages))))
    amounts = rate(rows, book).lines.sort("place")["amount"].to_list()
    assert len(amounts) == len(usages) and amounts == sorted(amounts)


@given(st.sampled_from(sorted(set(FRAME) - {"account_id", "place", "connection_id", "pensioners", "span_from"})))
def test_no_missing_column_value_becomes_an_amount(made, name):
    """Whichever value of a row is null, the row is held or does not depend on it; it is never rated as 0."""
    components = "- {code: volume, kind: per_unit, price: 10}\n- {code: tax, kind: tax, tax: sales_tax}"
    book = made(tariff(components, extra="without_reading: hold\napplies_to: {class: household}"))
    rated = rate(frame({"usage": 1000, "residents": 1, name: None}), book)
    needed = name not in ("residents", "days", "days_in_period")
    assert rated.holds.height == needed and rated.lines.height == (0 if needed else 2)
    assert 0 not in rated.lines["amount"].to_list()
