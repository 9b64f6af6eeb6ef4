"""A bill taken apart into the charges it adds up, and what is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from aimak.plugins.formulas.tree import Binary, Literal, Name, Node, Unary


@dataclass
class Sum:
    """Names with what each is multiplied by, and terms that are no multiple of one name."""

    names: dict[str, Fraction] = field(default_factory=dict)
    rest: list[Node] = field(default_factory=list)

    def add(self, other: Sum, factor: Fraction) -> None:
        """Add a multiple of another sum."""
        for name, times in other.names.items():
            self.names[name] = self.names.get(name, Fraction(0)) + factor * times
        self.rest += [times_(factor, term) for term in other.rest]


def taken_apart(tree: Node, constant: Callable[[Node], Fraction | None]) -> Sum:
    """The sum that a formula is. `constant` tells the value of what is the same for every connection."""
    if isinstance(tree, Name):
        return Sum({tree.name: Fraction(1)})
    found = Sum()
    if isinstance(tree, Unary) and tree.operator == "-":
        found.add(taken_apart(tree.operand, constant), Fraction(-1))
    elif isinstance(tree, Binary) and tree.operator in "+-":
        found.add(taken_apart(tree.left, constant), Fraction(1))
        found.add(taken_apart(tree.right, constant), Fraction(1 if tree.operator == "+" else -1))
    elif isinstance(tree, Binary) and tree.operator in "*/":
        _scaled(tree, constant, found)
    else:
        found.rest.append(tree)
    return found


def _scaled(tree: Binary, constant: Callable[[Node], Fraction | None], found: Sum) -> None:
    left, right = constant(tree.left), constant(tree.right)
    if tree.operator == "/":
        if right:
            found.add(taken_apart(tree.left, constant), 1 / right)
            return
    elif left is not None:
        found.add(taken_apart(tree.right, constant), left)
        return
    elif right is not None:
        found.add(taken_apart(tree.left, constant), right)
        return
    found.rest.append(tree)


def times_(factor: Fraction, term: Node) -> Node:
    """factor × term, without a needless one."""
    if factor == 1:
        return term
    if factor == -1:
        return Unary("-", term)
    return Binary("*", Literal(factor), term)


def summed(terms: list[Node]) -> Node:
    """Terms added up; nothing is 0."""
    if not terms:
        return Literal(Fraction(0))
    total = terms[0]
    for term in terms[1:]:
        negative = isinstance(term, Unary) and term.operator == "-"
        total = Binary("-", total, term.operand) if isinstance(term, Unary) and negative else Binary("+", total, term)
    return total
