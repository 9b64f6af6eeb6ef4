"""The tree of a formula. Every node knows where it stands in the text."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Spot:
    """Line and column in the formula, both from 1."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True)
class Literal:
    """A number, exact."""

    value: Fraction
    at: Spot = Spot()


@dataclass(frozen=True)
class Word:
    """A text in quotes."""

    text: str
    at: Spot = Spot()


@dataclass(frozen=True)
class Name:
    """A determinant, an attribute of the connection or another component."""

    name: str
    at: Spot = Spot()


@dataclass(frozen=True)
class Unary:
    """`-` or `not`."""

    operator: str
    operand: Node
    at: Spot = Spot()


@dataclass(frozen=True)
class Binary:
    """`+ - * /`, `= != < <= > >=`, `and or`."""

    operator: str
    left: Node
    right: Node
    at: Spot = Spot()


@dataclass(frozen=True)
class Call:
    """A function with its arguments."""

    function: str
    arguments: tuple[Node, ...]
    at: Spot = Spot()


Node = Literal | Word | Name | Unary | Binary | Call

COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
FUNCTIONS = {"min": (2, 20), "max": (2, 20), "round": (1, 2), "round_even": (1, 2), "if": (3, 3), "blocks": (2, 80)}
"""Function → fewest and most arguments."""
