"""From a formula's tree to exact columns.

In a formula money is in som and every other name in its own unit. A null stays null; in `if` only the branch that is
taken counts. Division by zero gives null, which holds the account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from functools import reduce

import polars as pl

from aimak.plugins.formulas import arithmetic
from aimak.plugins.formulas.arithmetic import NeverDivisible, Value, number
from aimak.plugins.formulas.field import Formula
from aimak.plugins.formulas.parse import MalformedFormula
from aimak.plugins.formulas.signature import signature
from aimak.plugins.formulas.tree import Binary, Call, Literal, Name, Node, Spot, Unary, Word
from aimak.plugins.inputs import Flag, Inputs
from aimak.plugins.numbers import MAX_SCALE, Number
from aimak.plugins.rate_components import Gap

# A som is 10^2 tyiyn: the same digits, read two decimals finer.
SOM = 2
QUANTITY = "quantity"
_COMPARED: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_REDUCED = {"min": arithmetic.smallest, "max": arithmetic.largest}


def som(amount: Number) -> Number:
    """An amount in tyiyn as som, with at most nine decimals."""
    finer = replace(amount, scale=amount.scale + SOM)
    return finer if finer.scale <= MAX_SCALE else finer.rounded(MAX_SCALE)


def tyiyn(amount: Number) -> Number:
    """An amount in som as tyiyn."""
    return replace(amount, scale=amount.scale - SOM) if amount.scale >= SOM else tyiyn(amount.finer(SOM))


class Compiler:
    """Makes columns of formulas over the host's inputs."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.divisors: list[tuple[Spot, pl.Expr]] = []
        """Where a division stands and whether its divisor is zero: for the divisions that can meet one."""

    def number(self, tree: Node) -> Number:
        """The formula as a column. Raises UnknownName, BeyondBounds, and MalformedFormula for a division that is
        always by zero."""
        return number(self.value(tree))

    def value(self, node: Node) -> Value:
        """The same, a constant kept exact."""
        if isinstance(node, Literal):
            return node.value
        if isinstance(node, Name):
            found = self.inputs[node.name]
            return som(found) if node.name in self.inputs.amounts else found
        if isinstance(node, Unary):
            return arithmetic.negated(self.value(node.operand))
        if isinstance(node, Binary):
            return self._binary(node)
        assert isinstance(node, Call)
        return self._call(node)

    def blocks(self, node: Call) -> list[tuple[Number, Number]]:
        """Quantity and price of each block of `blocks(quantity, limit, price, …, price)`."""
        quantity, *rest = (self.number(argument) for argument in node.arguments)
        edges: list[Value] = [*rest[:-1:2]]
        found: list[tuple[Number, Number]] = []
        floor: Value = Fraction(0)
        for place, price in enumerate([*rest[1:-1:2], rest[-1]]):
            # A limit below the one before it leaves its block empty.
            top = arithmetic.largest(floor, edges[place]) if place < len(edges) else None
            inside = arithmetic.largest(quantity, floor)
            inside = inside if top is None else arithmetic.smallest(inside, top)
            part = number(inside) - number(floor)
            # The limits rise from 0: what lies between two of them is not below nothing nor more than there is.
            found.append((replace(part, low=0, high=max(quantity.finer(part.scale).high, 0)), price))
            floor = floor if top is None else top
        return found

    def _binary(self, node: Binary) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        if node.operator == "*":
            return arithmetic.product(left, right)
        if node.operator == "/":
            return self._quotient(left, right, node.at)
        if isinstance(left, Fraction) and isinstance(right, Fraction):
            return left + right if node.operator == "+" else left - right
        return number(left) + number(right) if node.operator == "+" else number(left) - number(right)

    def _quotient(self, left: Value, right: Value, at: Spot) -> Value:
        if isinstance(right, Number) and right.low <= 0 <= right.high:
            self.divisors.append((at, right.expr == 0))
        try:
            return arithmetic.quotient(left, right)
        except NeverDivisible:
            raise MalformedFormula("AIM-T207", at) from None

    def _call(self, node: Call) -> Value:
        if node.function == "if":
            condition, names = self.truth(node.arguments[0])
            return arithmetic.chosen(condition, names, *(self.value(branch) for branch in node.arguments[1:]))
        if node.function == "blocks":
            return reduce(lambda a, b: a + b, (inside * price for inside, price in self.blocks(node)))
        if node.function in _REDUCED:
            return reduce(_REDUCED[node.function], [self.value(argument) for argument in node.arguments])
        places = node.arguments[1] if len(node.arguments) == 2 else Literal(Fraction(0))
        assert isinstance(places, Literal)
        mode = "half_even" if node.function == "round_even" else "half_up"
        return arithmetic.rounded(self.value(node.arguments[0]), int(places.value), mode)

    def truth(self, node: Node) -> tuple[pl.Expr, tuple[str, ...]]:
        """A condition as a column, null where it is not known, and the numbers it is made of."""
        if isinstance(node, Name):
            flag: Flag = self.inputs.flag(node.name)
            return flag.expr, ()
        if isinstance(node, Unary):
            expr, names = self.truth(node.operand)
            return ~expr, names
        assert isinstance(node, Binary)
        if node.operator in ("and", "or"):
            return self._joined(node)
        if isinstance(node.left, Word) or isinstance(node.right, Word):
            return _COMPARED[node.operator](self._text(node.left), self._text(node.right)), ()
        first, second = arithmetic.aligned(self.number(node.left), self.number(node.right))
        names = arithmetic.joined(first.names, second.names)
        return _COMPARED[node.operator](first.expr, second.expr), names

    def _joined(self, node: Binary) -> tuple[pl.Expr, tuple[str, ...]]:
        left, names = self.truth(node.left)
        right, more = self.truth(node.right)
        both = left & right if node.operator == "and" else left | right
        # Polars would call "unknown or true" true: here what is not known holds.
        unknown = left.is_null() | right.is_null()
        kept = pl.when(unknown).then(pl.lit(None, dtype=pl.Boolean)).otherwise(both)
        return kept, arithmetic.joined(names, more)

    def _text(self, node: Node) -> pl.Expr:
        if isinstance(node, Word):
            return pl.lit(node.text)
        assert isinstance(node, Name)
        return self.inputs.text(node.name)


def priced(compiler: Compiler, tree: Node) -> list[tuple[Number, Number | None, Number | None]]:
    """Amount, quantity and price as a line shows them: of each block, of `quantity × price`, or the amount alone."""
    if isinstance(tree, Call) and tree.function == "blocks" and tree.arguments[0] == _quantity(tree.arguments[0]):
        return [(inside * price, inside, price) for inside, price in compiler.blocks(tree)]
    if isinstance(tree, Binary) and tree.operator == "*":
        for quantity, price in ((tree.left, tree.right), (tree.right, tree.left)):
            if quantity == _quantity(quantity) and QUANTITY not in signature(price).numbers:
                each = compiler.number(price)
                return [(compiler.number(tree), compiler.number(quantity), each)]
    return [(compiler.number(tree), None, None)]


def _quantity(node: Node) -> Name:
    return Name(QUANTITY, node.at)


def gaps_of(formulas: Iterable[Formula], inputs: Inputs) -> list[Gap]:
    """Why formulas may be null beside a number that is not known: a text or a flag that is missing, a divisor of
    zero."""
    found: list[Gap] = []
    for formula in formulas:
        for name in (*formula.uses.texts, *formula.uses.flags):
            found.append(Gap("AIM-T024", {"attribute": name}, inputs.text(name).is_null()))
        for name in formula.uses.flags:
            found.append(Gap("AIM-T025", {"attribute": name}, inputs.flag(name).expr.is_null()))
        if not formula.uses.divides:
            continue
        compiler = Compiler(inputs)
        compiler.number(formula.tree)
        for at, zero in compiler.divisors:
            found.append(Gap("AIM-T207", {"line": str(at.line), "column": str(at.column)}, zero.fill_null(False)))
    return found
