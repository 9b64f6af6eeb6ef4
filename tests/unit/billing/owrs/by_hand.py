"""An OWRS file evaluated in fractions by another way: PyYAML's values, Python's own syntax tree, no code of ours.

Semantics as the specification's page has them: a tier's start is the first unit at its price; a budget's tiers end at
the value itself, rounded to whole units, half to the even.
"""

import ast
import re
from fractions import Fraction

import yaml


class NotPriced(Exception):
    """What the file or the inputs do not let be reckoned."""


def plain(text):
    """A key without what spellings differ in."""
    return re.sub(r'[\s_|"]', "", str(text)).lower()


class ByHand:
    """One class of a file with the inputs of one account; parts given are not the file's any more."""

    def __init__(self, text, owrs_class, given, usage):
        parts = yaml.safe_load(text)["rate_structure"][owrs_class]
        self.parts = {name.removesuffix("_commodity"): value for name, value in parts.items()}
        self.given = {name: value for name, value in given.items()}
        self.usage = usage

    def bill(self):
        """The unrounded bill."""
        return self.value("bill")

    def value(self, name):
        """A part, an input, or the usage."""
        name = name.removesuffix("_commodity")
        if name in self.given:
            return self.number(self.given[name])
        if name == "usage_ccf":
            return self.usage
        if name not in self.parts:
            raise NotPriced(name)
        part = self.chosen(self.parts[name])
        if part in ("Tiered", "Budget"):
            return self.tiers(name, part)
        return self.number(part[0] if isinstance(part, list) and len(part) == 1 else part)

    def chosen(self, part):
        """A part, of a map the row of this account."""
        if not isinstance(part, dict):
            return part
        by = part["depends_on"] if isinstance(part["depends_on"], list) else [part["depends_on"]]
        missing = [name for name in by if name not in self.given]
        if missing or set(part) != {"depends_on", "values"}:
            raise NotPriced(missing)
        key = "".join(plain(self.given[name]) for name in by)
        rows = {plain(name): value for name, value in dict(part["values"]).items()}
        if key not in rows:
            raise NotPriced(key)
        return rows[key]

    def number(self, value):
        """A number or a formula."""
        if isinstance(value, (int, float)):
            return Fraction(repr(value))
        if not isinstance(value, str):
            raise NotPriced(value)
        try:
            return self.reckoned(ast.parse(value.strip(), mode="eval").body)
        except SyntaxError:
            raise NotPriced(value) from None

    def reckoned(self, node):
        """Arithmetic alone."""
        if isinstance(node, ast.Constant):
            return Fraction(repr(node.value))
        if isinstance(node, ast.Name):
            return self.value(node.id)
        if isinstance(node, ast.UnaryOp):
            return -self.reckoned(node.operand)
        left, right = self.reckoned(node.left), self.reckoned(node.right)
        signs = {ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b}
        return left / right if isinstance(node.op, ast.Div) else signs[type(node.op)](left, right)

    def tiers(self, name, word):
        """The charge of tiers."""
        kind = next((one for one in ("drought", "wastewater") if one in name), None)
        names = (f"tier_starts_{kind}", f"tier_prices_{kind}") if kind else ("tier_starts", "tier_prices")
        if name == "sewer_charge":
            names = ("sewer_tier_starts", "sewer_tier_prices")
        starts, prices = (self.listed(self.parts.get(one)) for one in names)
        if len(starts) != len(prices):
            raise NotPriced(name)
        left, charge, below = self.usage, Fraction(0), Fraction(0)
        for start, price in zip([*starts[1:], None], prices, strict=True):
            if start is None:
                inside = left
            else:
                end = max(below, self.edge(start, word))
                inside = min(left, end - below)
                below = end
            charge += inside * self.number(price)
            left -= inside
        return charge

    def listed(self, part):
        """A list; a number alone is one of one."""
        part = self.chosen(part)
        if part is None:
            raise NotPriced("tiers")
        return part if isinstance(part, list) else [part]

    def edge(self, start, word):
        """Where the tier before this start ends."""
        if word == "Tiered":
            if isinstance(start, str) and "%" in start:
                raise NotPriced(start)
            return self.number(start) - 1
        if isinstance(start, (int, float)):
            return Fraction(repr(start))
        if "%" in start:
            return Fraction(round(Fraction(start.strip().rstrip("%")) / 100 * self.value("budget")))
        return Fraction(round(self.number(start)))
