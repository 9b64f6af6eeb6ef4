"""A module that no longer fits in the head is split: into a folder of the same name, or into functions."""

import ast
from pathlib import Path

from tools.lint.finding import Finding

MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50


def check(path: Path, source: str) -> list[Finding]:
    """All findings in one module, in the order of its lines."""
    if "migrations" in path.parts:
        return []  # a migration is a list of tables, written once
    findings = []
    lines = source.count("\n")
    if lines > MODULE_LINES_MAX:
        findings.append(Finding(path, 1, f"{lines} lines, more than {MODULE_LINES_MAX}"))
    for node in ast.walk(ast.parse(source, str(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                text = f"{node.name} has {length} lines, more than {FUNCTION_LINES_MAX}"
                findings.append(Finding(path, node.lineno, text))
    return sorted(findings)
