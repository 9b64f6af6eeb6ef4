"""Money and quantities are whole numbers: what would bring a fraction or a silent zero in is refused.

Polars turns `/` into Float64, counts null as 0 in `sum_horizontal`, and a float once in a sum stays there.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from tools.lint.finding import Finding

FLOAT_NAMES = frozenset({"float", "Float32", "Float64", "truediv"})


def check(path: Path, source: str) -> list[Finding]:
    """All findings in one module, in the order of its lines."""
    return sorted(
        Finding(path, getattr(node, "lineno", 1), text)
        for node in ast.walk(ast.parse(source, str(path)))
        for text in _faults(node)
    )


def _faults(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Constant(value=float()):
            yield f"a float: {node.value}"
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) if name in FLOAT_NAMES:
            yield f"a float: {name}"
        case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
            yield "`/` gives a float; use // or aimak.money.half_up"
        case ast.Call(func=ast.Attribute(attr="sum_horizontal") | ast.Name(id="sum_horizontal")):
            if not _keeps_nulls(node):
                yield "sum_horizontal counts null as 0; say ignore_nulls=False"


def _keeps_nulls(call: ast.Call) -> bool:
    return any(
        word.arg == "ignore_nulls" and isinstance(word.value, ast.Constant) and word.value.value is False
        for word in call.keywords
    )
