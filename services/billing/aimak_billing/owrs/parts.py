"""The parts of a class as they stand in the file, read one by one: a number, a formula, a list, a map, a word."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from aimak.plugins.formulas import MalformedFormula, parse, signature, written
from aimak.plugins.formulas.tree import Node
from aimak.problems import Refused

from aimak_billing.owrs import names
from aimak_billing.owrs.document import OwrsClass

SIZES = ("meter_size", "connection_size", "lateral_size", "diameter")
WORDS = {"tiered": "Tiered", "budget": "Budget"}
_PERCENT = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*%")


@dataclass(frozen=True)
class Percent:
    """A share of the budget, as a tier's start."""

    share: Fraction


Item = Node | Percent


@dataclass(frozen=True)
class Table:
    """A map: what it depends on, and its rows by their keys in one spelling."""

    by: tuple[str, ...]
    sized: tuple[bool, ...]
    rows: Mapping[tuple[str, ...], Sequence[Item]]


Part = Sequence[Item] | Table


class Reader:
    """Reads the parts of one class. Raises Refused with the place of what is wrong."""

    def __init__(self, owrs_class: OwrsClass) -> None:
        self.owrs = owrs_class
        # A name with a hyphen is a difference to any parser: such parts are renamed before.
        odd = [name for name in owrs_class.parts if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)]
        self.odd = {name: re.sub(r"\W+", "_", name) for name in sorted(odd, key=len, reverse=True)}

    def part(self, name: str) -> Part:
        """A part as items or as a table of them."""
        value = self.owrs.parts[name]
        if isinstance(value, dict):
            return self._table(name, value)
        return self._items(value, name)

    def word(self, name: str) -> str | None:
        """ "Tiered" or "Budget" where a part says no more than that."""
        value = self.owrs.parts[name]
        return WORDS.get(value.strip().lower()) if isinstance(value, str) else None

    def _table(self, name: str, value: Mapping[str, Any]) -> Table:
        if set(value) != {"depends_on", "values"}:
            odd = sorted(set(value) - {"depends_on", "values"}) or sorted({"depends_on", "values"} - set(value))
            raise Refused(self.owrs.problem("AIM-T222", name, part=name, field=odd[0]))
        by = value["depends_on"] if isinstance(value["depends_on"], list) else [value["depends_on"]]
        values = _merged(value["values"])
        if not by or not all(isinstance(one, str) and one.strip() for one in by) or not values:
            raise Refused(self.owrs.problem("AIM-T222", name, part=name, field="depends_on"))
        by = [one.strip() for one in by]
        sized = [self._is_size(one, len(by), values) for one in by]
        rows: dict[tuple[str, ...], Sequence[Item]] = {}
        for text, item in values.items():
            found = names.keys(text, sized)
            if found is None:
                raise Refused(
                    self.owrs.problem("AIM-T226", name, "values", text, part=name, key=text, expected=len(by))
                )
            items = self._items(item, name, "values", text)
            if rows.setdefault(tuple(found), items) != items and _same(rows[tuple(found)]) != _same(items):
                raise Refused(self.owrs.problem("AIM-T227", name, "values", text, part=name, key=text))
        return Table(tuple(by), tuple(sized), rows)

    def _is_size(self, name: str, width: int, values: Mapping[str, Any]) -> bool:
        """Whether keys of an attribute are sizes in inches: by its name, or by the marks of its only keys."""
        marked = width == 1 and any(text.strip().endswith('"') for text in values)
        return marked or any(word in name.lower() for word in SIZES)

    def _items(self, value: Any, *steps: str | int) -> Sequence[Item]:
        if not isinstance(value, list):
            return [self._item(value, *steps)]
        if not value:
            raise Refused(self.owrs.problem("AIM-T231", *steps, part=str(steps[0])))
        return [self._item(item, *steps, place) for place, item in enumerate(value)]

    def _item(self, value: Any, *steps: str | int) -> Item:
        if not isinstance(value, str) or not value.strip():
            raise Refused(self.owrs.problem("AIM-T231", *steps, part=str(steps[0])))
        percent = _PERCENT.fullmatch(value.strip())
        return Percent(Fraction(percent[1]) / 100) if percent else self.formula(value, *steps)

    def formula(self, text: str, *steps: str | int) -> Node:
        """A formula of the file; a number with thousands set off by commas too."""
        plain = names.number(text)
        try:
            tree = parse(names.decimal(plain) if plain is not None and plain >= 0 else self._renamed(text))
            uses = signature(tree)
        except MalformedFormula as wrong:
            raise Refused(self.owrs.problem(wrong.code, *steps, part=str(steps[0]), **wrong.fields)) from None
        if uses.kind != "number" or uses.texts or uses.flags:
            raise Refused(self.owrs.problem("AIM-T206", *steps, line=1, column=1, expected="number", found=uses.kind))
        return tree

    def _renamed(self, text: str) -> str:
        for name, plain in self.odd.items():
            text = re.sub(re.escape(name), plain, text, flags=re.IGNORECASE)
        return text


def _merged(values: Any) -> Mapping[str, Any]:
    """Rows also where each stands as a mapping of its own in a list."""
    if isinstance(values, list) and all(isinstance(one, dict) for one in values):
        return {key: value for one in values for key, value in one.items()}
    return values if isinstance(values, dict) else {}


def _same(items: Sequence[Item]) -> str:
    return "|".join(str(item) if isinstance(item, Percent) else written(item) for item in items)
