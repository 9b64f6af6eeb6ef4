"""A formula on columns is what fractions in Python come to, within nine decimals for each step that rounds."""

from fractions import Fraction

import polars as pl
import pytest
from aimak.plugins.formulas import Compiler, parse, written
from aimak.plugins.formulas.tree import Binary, Call, Literal, Name, Node, Unary
from aimak.plugins.inputs import Inputs
from aimak.plugins.numbers import BeyondBounds, Number
from hypothesis import assume, given
from hypothesis import strategies as st

NAMES = ("a", "b", "c")
BOUND = 10**6
HALF = Fraction(1, 2 * 10**9)
COLUMNS = {name: Number.determinant(name, name, -BOUND, BOUND, 3) for name in NAMES}

literals = st.builds(Literal, st.builds(lambda n, d: Fraction(n, 10**d), st.integers(0, 10**6), st.integers(0, 12)))
leaves = st.one_of(literals, st.sampled_from(NAMES).map(Name))


def deeper(nodes):
    """Every operation of the language over smaller trees."""
    compared = st.builds(Binary, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), nodes, nodes)
    truths = st.one_of(
        compared,
        st.builds(Binary, st.sampled_from(["and", "or"]), compared, compared),
        st.builds(Unary, st.just("not"), compared),
    )
    decimals = st.builds(Literal, st.integers(0, 9).map(Fraction))
    return st.one_of(
        st.builds(Binary, st.sampled_from("+-*/"), nodes, nodes),
        st.builds(Unary, st.just("-"), nodes),
        st.builds(lambda f, a, b: Call(f, (a, b)), st.sampled_from(["min", "max"]), nodes, nodes),
        st.builds(lambda f, a, b: Call(f, (a, b)), st.sampled_from(["round", "round_even"]), nodes, decimals),
        st.builds(lambda c, a, b: Call("if", (c, a, b)), truths, nodes, nodes),
        st.builds(lambda *given: Call("blocks", given), nodes, nodes, nodes, nodes),
    )


trees = st.recursive(leaves, deeper, max_leaves=8)
rows = st.fixed_dictionaries({name: st.integers(-BOUND, BOUND) for name in NAMES})


class ByHand:
    """A tree worked out in fractions: the exact value, and how far the columns may be from it."""

    def __init__(self, row):
        self.row = {name: Fraction(value, 1000) for name, value in row.items()}

    def number(self, node: Node) -> tuple[Fraction, Fraction]:
        """Value and tolerance. Raises ZeroDivisionError; skips what lies too near to a step."""
        if isinstance(node, Literal):
            return node.value, Fraction(0) if 10**9 % node.value.denominator == 0 else HALF
        if isinstance(node, Name):
            return self.row[node.name], Fraction(0)
        if isinstance(node, Unary):
            value, off = self.number(node.operand)
            return -value, off
        if isinstance(node, Binary):
            return self.operation(node.operator, self.number(node.left), self.number(node.right))
        return self.call(node)

    def operation(self, operator, left, right):
        """Sum, difference, product, quotient."""
        (a, da), (b, db) = left, right
        if operator in "+-":
            return (a + b if operator == "+" else a - b), da + db
        if operator == "*":
            return a * b, abs(a) * db + abs(b) * da + da * db + HALF
        if db:
            assume(abs(b) > 2 * db)
        return a / b, (da + abs(a / b) * db) / (abs(b) - db) + HALF

    def call(self, node):
        """A function."""
        if node.function == "if":
            return self.number(node.arguments[1 if self.truth(node.arguments[0]) else 2])
        given = [self.number(argument) for argument in node.arguments]
        if node.function == "blocks":
            return self.blocks(*given)
        (a, da), (b, db) = given
        if node.function in ("min", "max"):
            return (min if node.function == "min" else max)(a, b), max(da, db)
        scaled = a * 10**b
        if da:
            assume(abs(scaled % 1 - Fraction(1, 2)) > da * 10**b)
        size = (abs(scaled) + Fraction(1, 2)).__floor__()
        whole = round(scaled) if node.function == "round_even" else size if a >= 0 else -size
        return Fraction(whole, 10 ** int(b)), Fraction(0) if da == 0 else HALF + da

    def blocks(self, quantity, limit, low, high):
        """Two blocks: what lies up to the limit, and the rest."""
        zero = (Fraction(0), Fraction(0))
        edge = (max(Fraction(0), limit[0]), limit[1])
        whole = max(quantity, zero)
        first = (min(max(whole[0], Fraction(0)), edge[0]), quantity[1] + limit[1])
        rest = (max(quantity[0], edge[0]) - edge[0], quantity[1] + 2 * limit[1])
        return self.operation("+", self.operation("*", first, low), self.operation("*", rest, high))

    def truth(self, node) -> bool:
        """A condition. Skips a comparison of numbers that may be equal."""
        if isinstance(node, Unary):
            return not self.truth(node.operand)
        if node.operator in ("and", "or"):
            # Both sides: the columns know no short way either.
            both = self.truth(node.left), self.truth(node.right)
            return all(both) if node.operator == "and" else any(both)
        (a, da), (b, db) = self.number(node.left), self.number(node.right)
        if da or db:
            assume(abs(a - b) > da + db)
        signs = {"=": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}
        return signs[node.operator]


def on_columns(tree, row):
    """Number and value of a tree on one row; None for null."""
    number = Compiler(Inputs(COLUMNS)).number(tree)
    value = pl.DataFrame(row, schema=dict.fromkeys(NAMES, pl.Int64)).select(number.expr).item()
    return number, value


@given(trees, rows)
def test_columns_come_to_what_fractions_do(tree, row):
    """Within half of 10^-9 for each product, quotient or endless constant, and within the bounds worked out."""
    try:
        expected, off = ByHand(row).number(tree)
    except ZeroDivisionError:
        assume(False)
    try:
        number, value = on_columns(tree, {name: [units] for name, units in row.items()})
    except (BeyondBounds, ValueError):
        assume(False)
    assert value is not None
    assert abs(Fraction(value, 10**number.scale) - expected) <= off, (written(tree), row)
    assert number.low <= value <= number.high


@given(trees)
def test_what_is_written_reads_back_the_same(tree):
    """The text of a tree makes the same text again, and comes to the same."""
    text = written(tree)
    assert written(parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        *("a + b", "a - b", "a * b", "a / b", "-a * b", "min(a, b)", "max(a, b)", "max(1, a, b)", "round(a + b, 1)"),
        *("blocks(a, b, 1, 2)", "blocks(a, 1, b, 2)", "blocks(a, 1, 2, b, 2, 3)", "round_even(a) * b"),
        *("if(a > b, 1, 2)", "if(not a = b, 1, 2)", "if(a = 1 or b = 1, 1, 2)", "if(a = 0 and b = 0, 1, 2)"),
    ],
)
def test_null_is_never_a_number(text):
    """A name that is not known makes the whole null, whatever the other is; both known give a number."""
    for known in (-2000, 0, 1000, 5000):
        for row in ({"a": [None], "b": [known]}, {"a": [known], "b": [None]}, {"a": [None], "b": [None]}):
            assert on_columns(parse(text), {**row, "c": [0]})[1] is None, (text, row)
    assert on_columns(parse(text), {"a": [1000], "b": [2000], "c": [0]})[1] is not None


@given(st.integers(-30, 30), st.integers(0, 2))
def test_half_goes_away_from_zero_or_to_the_even(steps, decimals):
    """Of a constant and of a column alike: 2.5 is 3 or 2, -2.5 is -3 or -2."""
    half = Fraction(2 * steps + 1, 2 * 10**decimals)
    away = (abs(half) * 10**decimals + Fraction(1, 2)).__floor__() * (1 if half > 0 else -1)
    for function, whole in (("round", away), ("round_even", round(half * 10**decimals))):
        for value in (Literal(half) if half > 0 else Unary("-", Literal(-half)), Name("a")):
            tree = Call(function, (value, Literal(Fraction(decimals))))
            number, units = on_columns(tree, {"a": [int(half * 1000)], "b": [0], "c": [0]})
            assert Fraction(units, 10**number.scale) == Fraction(whole, 10**decimals), (function, half)
