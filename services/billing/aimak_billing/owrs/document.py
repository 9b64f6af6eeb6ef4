"""An OWRS file as it stands: what it says of itself, and its customer classes with their parts and places."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from aimak.problems import Problem, Refused

from aimak_billing.owrs.units import UNITS
from aimak_billing.tariff_file.nodes import Path, Tree
from aimak_billing.tariff_file.nodes import read as read_nodes

CLASSES = "rate_structure"
USUAL_UNIT = "ccf"
FREQUENCIES = {"monthly": "month", "bimonthly": "two_months", "quarterly": "quarter", "annually": "year"}
"""How often a utility bills, by its letters alone → the frequency of our tariff."""
_DATES = (
    re.compile(r"(?P<y>\d{4})[-/](?P<m>\d{1,2})[-/](?P<d>\d{1,2})"),
    re.compile(r"(?P<m>\d{1,2})[-/](?P<d>\d{1,2})[-/](?P<y>\d{4})"),
)


@dataclass(frozen=True)
class OwrsClass:
    """One customer class: its parts as text, lists and mappings, and what is wrong with it as a whole."""

    name: str
    parts: Mapping[str, Any]
    path: Path
    tree: Tree
    problems: tuple[Problem, ...] = ()
    doubled: Mapping[str, Problem] = field(default_factory=dict)
    """Parts that are named again with another value."""

    def problem(self, code: str, *steps: str | int, **fields: str | int | None) -> Problem:
        """A problem at a place within the class."""
        return Problem(code, {"class": self.name, **fields}, self.tree.place((*self.path, *steps)))


@dataclass(frozen=True)
class Document:
    """A file that can be read. `unit` is one of UNITS, `frequency` that of a tariff of ours, the month where the file
    says none that is known; `start` None where its date cannot be read."""

    utility: str
    start: date | None
    frequency: str
    unit: str
    source: str
    classes: Mapping[str, OwrsClass]
    problems: tuple[Problem, ...]
    tree: Tree

    def named(self, name: str) -> OwrsClass:
        """The class of that name, however it is spelt. Raises Refused with the names there are."""
        spelt = {_plain(known): known for known in self.classes}
        if _plain(name) not in spelt:
            known = ", ".join(self.classes)
            raise Refused(Problem("AIM-T228", {"class": name, "known": known}, self.tree.place((CLASSES,))))
        return self.classes[spelt[_plain(name)]]


def read(text: str, file: str | None = None) -> Document:
    """Read a file. Raises Refused where it is no YAML, or not in this form; what is wrong with single classes stands
    with them."""
    tree = read_nodes(text, file)
    root = tree.value
    doubles = [problem for problem in tree.problems if problem.code == "AIM-T012"]
    broken = [problem for problem in tree.problems if problem.code != "AIM-T012"]
    if broken:
        raise Refused(*broken)
    if not isinstance(root, dict) or not isinstance(root.get(CLASSES), dict) or not root[CLASSES]:
        raise Refused(Problem("AIM-T220", {"field": CLASSES}, tree.place(())))
    outside = [problem for problem, _ in _wrong_doubles(tree, doubles) if not _within(problem, CLASSES)]
    if outside:
        raise Refused(*outside)
    about = root.get("metadata") if isinstance(root.get("metadata"), dict) else {}
    unit = UNITS.get(str(about.get("bill_unit") or USUAL_UNIT).strip().lower())
    if unit is None:
        place = tree.place(("metadata", "bill_unit"))
        raise Refused(Problem("AIM-T229", {"unit": about.get("bill_unit"), "known": ", ".join(UNITS)}, place))
    start, wrong = _day(about.get("effective_date"), tree)
    return Document(
        utility=" ".join(str(about.get("utility_name") or "").split()) or (file or "OWRS"),
        start=start,
        frequency=_frequency(str(about.get("bill_frequency") or "")),
        unit=unit,
        source=str(about.get("prop_218_link") or "").strip(),
        classes={name: _class(name, parts, tree, doubles) for name, parts in root[CLASSES].items()},
        problems=wrong,
        tree=tree,
    )


def _class(name: str, parts: Any, tree: Tree, doubles: list[Problem]) -> OwrsClass:
    path: Path = (CLASSES, name)
    wrong = [(problem, at) for problem, at in _wrong_doubles(tree, doubles) if at[:2] == path]
    whole = tuple(problem for problem, at in wrong if at == path)
    doubled = {str(at[2]): problem for problem, at in wrong if at != path}
    if not isinstance(parts, dict):
        return OwrsClass(name, {}, path, tree, (Problem("AIM-T221", {"class": name}, tree.place(path)),))
    return OwrsClass(name, parts, path, tree, whole, doubled)


def _wrong_doubles(tree: Tree, doubles: list[Problem]) -> list[tuple[Problem, Path]]:
    """Keys that are named again with another value; the same value again does no harm."""
    return [
        (problem, path)
        for problem, (path, value) in zip(doubles, tree.doubled, strict=True)
        if _at(tree.value, path) != value
    ]


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _within(problem: Problem, name: str) -> bool:
    return bool(problem.place and (problem.place.path or "").startswith(f"{name}."))


def _day(text: Any, tree: Tree) -> tuple[date | None, tuple[Problem, ...]]:
    for pattern in _DATES:
        match = pattern.fullmatch(str(text or "").strip())
        if match:
            try:
                return date(int(match["y"]), int(match["m"]), int(match["d"])), ()
            except ValueError:
                break
    return None, (Problem("AIM-T008", {"value": str(text)}, tree.place(("metadata", "effective_date"))),)


def _frequency(text: str) -> str:
    return FREQUENCIES.get(re.sub(r"[^a-z]", "", text.lower()), FREQUENCIES["monthly"])


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.strip().lower())
