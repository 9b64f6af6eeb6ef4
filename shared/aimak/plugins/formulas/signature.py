"""Which names a formula uses and as what: numbers, texts of the connection, or its flags."""

from __future__ import annotations

from dataclasses import dataclass, field

from aimak.plugins.formulas.parse import MalformedFormula
from aimak.plugins.formulas.tree import COMPARISONS, Binary, Call, Literal, Name, Node, Unary, Word

NUMBER, TRUTH, TEXT = "number", "truth", "text"


@dataclass(frozen=True)
class Signature:
    """The names by their kinds, each in the order of first use, what the formula comes to, and whether it divides."""

    kind: str
    numbers: tuple[str, ...]
    texts: tuple[str, ...]
    flags: tuple[str, ...]
    divides: bool = False


@dataclass
class _Names:
    numbers: dict[str, None] = field(default_factory=dict)
    texts: dict[str, None] = field(default_factory=dict)
    flags: dict[str, None] = field(default_factory=dict)
    divides: bool = False


def signature(tree: Node) -> Signature:
    """The names of a formula. Raises MalformedFormula where a number, a truth and a text are mixed up."""
    names = _Names()
    kind = _kind(tree, names)
    return Signature(kind, tuple(names.numbers), tuple(names.texts), tuple(names.flags), names.divides)


def _kind(node: Node, names: _Names) -> str:
    """The kind of a node whose place says nothing: a bare name is a number."""
    if isinstance(node, Literal):
        return NUMBER
    if isinstance(node, Word):
        return TEXT
    if isinstance(node, Name):
        names.numbers[node.name] = None
        return NUMBER
    if isinstance(node, Unary):
        kind = TRUTH if node.operator == "not" else NUMBER
        _must(node.operand, kind, names)
        return kind
    if isinstance(node, Binary):
        return _binary(node, names)
    return _call(node, names)


def _binary(node: Binary, names: _Names) -> str:
    if node.operator in ("and", "or"):
        _must(node.left, TRUTH, names)
        _must(node.right, TRUTH, names)
        return TRUTH
    words = isinstance(node.left, Word) or isinstance(node.right, Word)
    if node.operator in ("=", "!=") and words:
        _must(node.left, TEXT, names)
        _must(node.right, TEXT, names)
        return TRUTH
    _must(node.left, NUMBER, names)
    _must(node.right, NUMBER, names)
    names.divides = names.divides or node.operator == "/"
    return TRUTH if node.operator in COMPARISONS else NUMBER


def _call(node: Call, names: _Names) -> str:
    if node.function == "if":
        _must(node.arguments[0], TRUTH, names)
        for branch in node.arguments[1:]:
            _must(branch, NUMBER, names)
        return NUMBER
    for argument in node.arguments:
        _must(argument, NUMBER, names)
    if node.function == "blocks" and len(node.arguments) % 2:
        raise MalformedFormula("AIM-T208", node.at)
    if node.function in ("round", "round_even") and len(node.arguments) == 2:
        _decimals(node.arguments[1])
    return NUMBER


def _decimals(node: Node) -> None:
    if not isinstance(node, Literal) or node.value.denominator != 1 or not 0 <= node.value <= 9:
        raise MalformedFormula("AIM-T209", node.at)


def _must(node: Node, kind: str, names: _Names) -> None:
    if isinstance(node, Name):
        {NUMBER: names.numbers, TRUTH: names.flags, TEXT: names.texts}[kind][node.name] = None
        return
    found = _kind(node, names)
    if found != kind:
        raise MalformedFormula("AIM-T206", node.at, expected=kind, found=found)
