"""A customer class as components of ours: values and charges that the usual rating prices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from aimak.languages import LANGUAGES
from aimak.plugins.formulas import written
from aimak.plugins.formulas.tree import Binary, Call, Literal, Name, Node, Unary
from aimak.problems import Problem, Refused

from aimak_billing.owrs import names
from aimak_billing.owrs.document import OwrsClass
from aimak_billing.owrs.linear import summed, taken_apart, times_
from aimak_billing.owrs.parts import Item, Percent, Reader, Table
from aimak_billing.owrs.tiers import Mismatch, joined, tier_names, tiered

BILL = "bill"
COMMODITY = "commodity"
CONTEXTS = (COMMODITY, "drought", "wastewater")
MAX_DEPTH = 40
PRICE_DECIMALS = 8


@dataclass
class Keyed:
    """An attribute that a table is read by: its name in the file, whether it is a size, and the keys there are."""

    name: str
    sized: bool = False
    words: set[str] = field(default_factory=set)


@dataclass
class Translated:
    """What a class came to: components as the tariff file has them, what each is called, the attributes that tables
    are read by, which of the given values counted, and what is wrong with rows that are left out."""

    components: list[dict[str, Any]] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    keys: dict[str, Keyed] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    faults: list[Problem] = field(default_factory=list)


def translate(owrs: OwrsClass, given: Mapping[str, str]) -> Translated:
    """The components of a class. `given`: values for data columns and in place of parts of the file, by name; a data
    column that is not given is left to be an attribute of the connection. Raises Refused with the place of what is
    wrong in the parts that the bill is made of."""
    if owrs.problems:
        raise Refused(*owrs.problems)
    translator = _Translator(owrs, given)
    made = translator.translated()
    doubled = [problem for part, problem in owrs.doubled.items() if part in translator.touched]
    if doubled:
        raise Refused(*doubled)
    return made


class _Translator:
    def __init__(self, owrs: OwrsClass, given: Mapping[str, str]) -> None:
        self.owrs = owrs
        self.reader = Reader(owrs)
        self.exact = {self.reader.odd.get(part, part): part for part in owrs.parts}
        self.spelt = {name.lower(): part for name, part in self.exact.items()}
        self.given = {self._spelt(name): (name, value) for name, value in given.items()}
        self.out = Translated()
        self.codes: dict[str, str] = {}
        self.inputs: dict[str, str] = {}
        self.open: list[str] = []
        self.touched: set[str] = set()
        self.charges: tuple[str, ...] = ()

    def translated(self) -> Translated:
        """All components that the bill is made of."""
        if self._found(BILL, COMMODITY) is None:
            raise Refused(self.owrs.problem("AIM-T221"))
        self.touched.add(BILL)
        bill = self._whole(BILL)
        if bill is None:
            self._component(BILL)
            return self.out
        total = taken_apart(bill, self._constant)
        times: dict[str, Fraction] = {}
        others: list[Node] = [self._resolved(term, COMMODITY) for term in total.rest]
        for name, factor in total.names.items():
            part = self._found(name, COMMODITY)
            if part is None:
                others.append(times_(factor, self._name(name, COMMODITY)))
            else:
                times[part] = times.get(part, Fraction(0)) + factor
        self.charges = tuple(part for part, factor in times.items() if factor > 0)
        for part in self.charges:
            self._component(part)
        beside = {part: factor - (1 if part in self.charges else 0) for part, factor in times.items()}
        rest = [times_(factor, self._name(part, COMMODITY)) for part, factor in beside.items() if factor]
        if rest or others or not self.charges:
            self._add(BILL, {"kind": "formula", "formula": written(summed([*rest, *others]))})
        return self.out

    def _whole(self, part: str) -> Node | None:
        """A part that is one formula; None where it is a map or given."""
        if part in self.given or isinstance(self.owrs.parts[part], dict) or self.reader.word(part):
            return None
        items = self.reader.part(part)
        assert not isinstance(items, Table)
        return self._single(items, part)

    def _single(self, items: Sequence[Item], part: str, *steps: str | int) -> Node:
        if len(items) != 1 or isinstance(items[0], Percent):
            raise Refused(self.owrs.problem("AIM-T225", part, *steps, part=part))
        return items[0]

    def _constant(self, tree: Node) -> Fraction | None:
        """The value of what is the same for everybody: numbers, and names of parts that are numbers."""
        if isinstance(tree, Literal):
            return tree.value
        if isinstance(tree, Name):
            part = self._found(tree.name, COMMODITY)
            if part is None or part == BILL:
                return self._given(tree.name)
            self.touched.add(part)
            if part in self.given:
                return self._given(part)
            value = self.owrs.parts[part]
            return names.number(value) if isinstance(value, str) else None
        if isinstance(tree, Unary) and tree.operator == "-":
            inner = self._constant(tree.operand)
            return None if inner is None else -inner
        if isinstance(tree, Binary) and tree.operator in "+-*/":
            left, right = self._constant(tree.left), self._constant(tree.right)
            if left is None or right is None or (tree.operator == "/" and not right):
                return None
            signs = {"+": left + right, "-": left - right, "*": left * right}
            return left / right if tree.operator == "/" else signs[tree.operator]
        return None

    def _spelt(self, name: str) -> str:
        """A given name as the file spells it; a data column in lower case."""
        return self._found(name, COMMODITY) or name.strip().lower()

    def _found(self, name: str, context: str) -> str | None:
        """The part that a name means: of the same context first, then as it is, then of the commodity charge."""
        plain = self.reader.odd.get(name, name)
        wanted = [plain, f"{plain}_{COMMODITY}"]
        for one in [f"{plain}_{context}", *wanted] if context != COMMODITY else wanted:
            if one in self.exact or one.lower() in self.spelt:
                return self.exact.get(one) or self.spelt[one.lower()]
        return None

    def _given(self, name: str) -> Fraction | None:
        """The number that is given for a part or a data column; None where nothing is. Raises Refused for a text."""
        found = self.given.get(name) or self.given.get(name.lower())
        if found is None:
            return None
        said, value = found
        self.out.used.add(said)
        number = names.number(value)
        number = names.size(value) if number is None else number
        if number is None:
            raise Refused(Problem("AIM-T230", {"name": said, "value": value}))
        return number

    def _context(self, part: str) -> str:
        return next((context for context in CONTEXTS[1:] if part.lower().endswith(context)), COMMODITY)

    def _name(self, name: str, context: str) -> Node:
        """What stands for a name: a number, another component, the quantity, an attribute of the connection."""
        part = self._found(name, context)
        if part is not None:
            if part not in self.charges:
                constant = self._constant(Name(part)) if part != BILL else None
                if constant is not None:
                    return Literal(constant)
            return Name(self._component(part))
        usage = name.lower() in names.USAGE
        given = self._given(names.USAGE[0] if usage else name)
        if given is not None:
            return Literal(given)
        return Name("quantity") if usage else Name(self._input(name))

    def _input(self, name: str) -> str:
        plain = name.lower()
        if plain not in self.inputs:
            self.inputs[plain] = names.input_name(name, set(self.codes.values()))
        return self.inputs[plain]

    def _resolved(self, node: Node, context: str) -> Node:
        """A formula of the file over components, attributes and the quantity."""
        if isinstance(node, Name):
            return self._name(node.name, context)
        if isinstance(node, Unary):
            return replace(node, operand=self._resolved(node.operand, context))
        if isinstance(node, Binary):
            left, right = self._resolved(node.left, context), self._resolved(node.right, context)
            return replace(node, left=left, right=right)
        if isinstance(node, Call):
            return replace(node, arguments=tuple(self._resolved(one, context) for one in node.arguments))
        return node

    def _component(self, part: str) -> str:
        """The code of the component that a part becomes."""
        self.touched.add(part)
        if part in self.codes:
            return self.codes[part]
        if part in self.open or len(self.open) > MAX_DEPTH:
            cycle = " → ".join([*self.open[self.open.index(part) if part in self.open else 0 :], part])
            raise Refused(self.owrs.problem("AIM-T010", part, cycle=cycle))
        self.open.append(part)
        made = self._made(part)
        self.open.pop()
        return self._add(part, made)

    def _add(self, part: str, made: dict[str, Any]) -> str:
        code = names.code(part, {*self.codes.values(), *self.inputs.values()})
        self.codes[part] = code
        self.out.labels[code] = part
        gives = {} if part in (*self.charges, BILL) or made["kind"] == "fixed" else {"gives": "value"}
        shown = dict.fromkeys(LANGUAGES, part)
        self.out.components.append({"code": code, **made, **gives, "name": shown})
        return code

    def _made(self, part: str) -> dict[str, Any]:
        given = self._given(part)
        if given is not None:
            return self._formula(part, Literal(given))
        word, context = self.reader.word(part), self._context(part)
        if word is not None:
            return self._tiers(part, word, context)
        value = self.reader.part(part)
        if isinstance(value, Table):
            rows = {keys: self._single(items, part, "values") for keys, items in value.rows.items()}
            return self._lookup(part, value, {keys: self._resolved(one, context) for keys, one in rows.items()})
        return self._formula(part, self._resolved(self._single(value, part), context))

    def _formula(self, part: str, tree: Node) -> dict[str, Any]:
        if isinstance(tree, Literal) and tree.value >= 0 and part in (*self.charges, BILL):
            price = names.decimal(tree.value)
            if len(price.partition(".")[2]) <= PRICE_DECIMALS:
                return {"kind": "fixed", "price": price}
        return {"kind": "formula", "formula": written(tree)}

    def _lookup(self, part: str, table: Table, rows: Mapping[tuple[str, ...], Node]) -> dict[str, Any]:
        """A table; a key that is a number of the file itself chooses its rows here."""
        kept: list[int] = []
        for place, name in enumerate(table.by):
            constant = self._constant(Name(name)) if self._found(name, COMMODITY) else None
            if constant is None:
                kept.append(place)
                continue
            rows = {keys: one for keys, one in rows.items() if keys[place] == names.decimal(constant)}
        if not rows:
            raise Refused(self.owrs.problem("AIM-T231", part, part=part))
        if not kept:
            return self._formula(part, next(iter(rows.values())))
        by = [self._input(table.by[place]) for place in kept]
        for place, attribute in zip(kept, by, strict=True):
            rows = self._keyed(table, place, attribute, rows)
        listed = [{"keys": [keys[place] for place in kept], "value": written(one)} for keys, one in rows.items()]
        return {"kind": "lookup", "by": by, "table": listed}

    def _keyed(
        self, table: Table, place: int, attribute: str, rows: Mapping[tuple[str, ...], Node]
    ) -> Mapping[tuple[str, ...], Node]:
        """Note how an attribute is spelt as a key, and that it counts. Where its value is given and there is a row for
        it, the other rows are left out: nobody will ask for them."""
        known = self.out.keys.setdefault(attribute, Keyed(table.by[place]))
        known.sized = known.sized or table.sized[place]
        known.words |= {keys[place] for keys in table.rows}
        given = self.given.get(table.by[place].lower())
        if given is None:
            return rows
        self.out.used.add(given[0])
        key = names.key(given[1], table.sized[place])
        met = {keys: one for keys, one in rows.items() if keys[place] == key}
        return met or rows

    def _tiers(self, part: str, word: str, context: str) -> dict[str, Any]:
        starts, prices, budgets = (self._first(part, wanted) for wanted in tier_names(part))
        missing = [wanted[0] for wanted, one in zip(tier_names(part), (starts, prices), strict=False) if one is None]
        if starts is None or prices is None:
            raise Refused(self.owrs.problem("AIM-T232", part, part=part, name=missing[0]))

        def budget() -> Node:
            return self._name(budgets or tier_names(part)[2][0], context)

        self.touched |= {starts, prices}
        quantity = self._name(names.USAGE[0], context)
        table, rows = joined(self.reader.part(starts), self.reader.part(prices))
        made: dict[tuple[str, ...], Node] = {}
        for keys, (begin, price) in rows.items():
            try:
                made[keys] = tiered(word, quantity, begin, price, lambda node: self._resolved(node, context), budget)
            except Mismatch as wrong:
                key = "|".join(keys)
                self.out.faults.append(self.owrs.problem(wrong.code, starts, part=part, key=key, **wrong.fields))
        if not made:
            raise Refused(
                *self.out.faults or [self.owrs.problem("AIM-T223", starts, part=part, key="", starts=0, prices=0)]
            )
        return self._formula(part, made[()]) if table is None else self._lookup(part, table, made)

    def _first(self, part: str, wanted: Iterable[str]) -> str | None:
        return next((found for name in wanted if (found := self._found(name, self._context(part)))), None)
