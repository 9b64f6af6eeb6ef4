"""A tree as text: `parse` makes the same tree of it, but for places and needless brackets."""

from __future__ import annotations

from fractions import Fraction

from aimak.plugins.formulas.tree import COMPARISONS, Call, Literal, Name, Node, Unary, Word

_RANK = {"or": 1, "and": 2, "not": 3, **dict.fromkeys(COMPARISONS, 4), "+": 5, "-": 5, "*": 6, "/": 6}
_SIGNED, _VALUE = 7, 8


def written(node: Node) -> str:
    """The text of a tree, with no more brackets than it needs. A text may not hold both kinds of quotes."""
    return _text(node)[0]


def _text(node: Node) -> tuple[str, int]:
    if isinstance(node, Literal):
        return _number(node.value)
    if isinstance(node, Word):
        quote = "'" if '"' in node.text else '"'
        assert quote not in node.text, "a text cannot hold both kinds of quotes"
        return f"{quote}{node.text}{quote}", _VALUE
    if isinstance(node, Name):
        return node.name, _VALUE
    if isinstance(node, Call):
        return f"{node.function}({', '.join(written(argument) for argument in node.arguments)})", _VALUE
    if isinstance(node, Unary):
        rank = _RANK["not"] if node.operator == "not" else _SIGNED
        operand = _within(node.operand, rank)
        return (f"not {operand}" if node.operator == "not" else f"-{operand}"), rank
    rank = _RANK[node.operator]
    compared = node.operator in COMPARISONS
    left = _within(node.left, rank + compared)
    return f"{left} {node.operator} {_within(node.right, rank + 1)}", rank


def _within(node: Node, rank: int) -> str:
    text, own = _text(node)
    return text if own >= rank else f"({text})"


def _number(value: Fraction) -> tuple[str, int]:
    if value < 0:
        return f"-{_number(-value)[0]}", _SIGNED
    for decimals in range(25):
        scaled = value * 10**decimals
        if scaled.denominator == 1:
            digits = str(scaled.numerator).rjust(decimals + 1, "0")
            return (f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits), _VALUE
    return f"{value.numerator} / {value.denominator}", _RANK["/"]
