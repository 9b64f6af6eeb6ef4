"""YAML read as plain mappings, lists and text, with the line and column of every value.

A scalar stays the text that stands in the file: 10.45 never passes through a float, and "no" is no truth value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from aimak.problems import Place, Problem

MAX_FILE_BYTES = 4_000_000
# Aliases can make a small file into an endless tree.
MAX_NODES = 200_000
MAX_DEPTH = 20
Path = tuple[str | int, ...]


@dataclass
class Tree:
    """The values of a file and where each stands: path → (line, column), both from 1."""

    value: Any = None
    places: dict[Path, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    doubled: list[tuple[Path, Any]] = field(default_factory=list)
    """The further values of keys that are named again; the first stands in `value`."""
    file: str | None = None

    def place(self, path: Path) -> Place:
        """The place of a path; of what holds it where the path itself is not in the file."""
        known = path
        while known and known not in self.places:
            known = known[:-1]
        line, column = self.places.get(known, (1, 1))
        return Place(self.file, line, str(column), path_text(path))


class _TooLarge(Exception):
    pass


def path_text(path: Path) -> str:
    """("tariffs", 0, "code") as "tariffs[0].code"."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def read(text: str, file: str | None = None) -> Tree:
    """The tree of a YAML text. What is not YAML, too large or names a key twice is among its problems."""
    tree = Tree(file=file)
    if len(text.encode()) > MAX_FILE_BYTES:
        tree.problems.append(Problem("AIM-T030", {"limit": MAX_FILE_BYTES}, Place(file)))
        return tree
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is not None:
            tree.value = _value(node, (), tree)
    except yaml.MarkedYAMLError as broken:
        mark = broken.problem_mark or broken.context_mark
        line, column = (mark.line + 1, str(mark.column + 1)) if mark else (None, None)
        tree.problems.append(Problem("AIM-T001", {"reason": str(broken.problem)}, Place(file, line, column)))
    except yaml.YAMLError as broken:
        tree.problems.append(Problem("AIM-T001", {"reason": str(broken).splitlines()[0]}, Place(file)))
    except _TooLarge:
        tree.problems.append(Problem("AIM-T030", {"limit": MAX_NODES}, Place(file)))
    return tree


def _value(node: yaml.Node, path: Path, tree: Tree) -> Any:
    tree.places[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if len(tree.places) > MAX_NODES or len(path) > MAX_DEPTH:
        raise _TooLarge
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, tree)
    if isinstance(node, yaml.SequenceNode):
        return [_value(child, (*path, number), tree) for number, child in enumerate(node.value)]
    return None if node.tag == "tag:yaml.org,2002:null" else node.value


def _mapping(node: yaml.MappingNode, path: Path, tree: Tree) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for key, child in node.value:
        inside = (*path, str(key.value))
        if not isinstance(key, yaml.ScalarNode) or key.value in found:
            place = Place(tree.file, key.start_mark.line + 1, str(key.start_mark.column + 1), path_text(inside))
            tree.problems.append(Problem("AIM-T012", {"name": str(key.value)[:80]}, place))
            tree.doubled.append((inside, _value(child, inside, Tree())))
            continue
        found[key.value] = _value(child, inside, tree)
    return found
