"""A price or a value by attributes of the connection, the customer's class, the month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_
from typing import Any

import polars as pl
from aimak.plugins.fields import decimal, fault, plain
from aimak.plugins.formulas import Compiler
from aimak.plugins.formulas.compile import gaps_of, som, tyiyn
from aimak.plugins.inputs import Inputs
from aimak.plugins.numbers import Number
from aimak.plugins.rate_components import Gap, Part, RateComponent

from aimak_billing.plugins.rate_components.lookup.schema import Key, LookupSchema, Range

NAMED = 12
# Of the host's numbers those that are counted, not measured. `norm` as a key is the connection's amenity level.
COUNTED = frozenset({"residents", "pensioners", "days", "days_in_period", "month"})


class Lookup(RateComponent):
    """The value of the row whose keys a connection has. No row holds the account."""

    code = "lookup"
    interface_version = 1
    names = {"ky": "Жадыбал боюнча", "ru": "По таблице", "en": "By table"}
    schema = LookupSchema

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        super().__init__(parameters)
        self.kind = parameters["gives"]
        self.by: Sequence[str] = parameters["by"]
        self.rows: Sequence[Mapping[str, Any]] = parameters["table"]
        self.times: str | None = parameters.get("times")
        first = dict(zip(self.by, self.rows[0]["keys"], strict=True))
        numbers = [name for name in self.by if name in COUNTED or isinstance(first[name], Range)]
        texts = [name for name in self.by if name not in numbers]
        uses = [row["value"].uses for row in self.rows]
        times = [self.times] if self.times else []
        self.needs = tuple(dict.fromkeys([*numbers, *(name for use in uses for name in use.numbers), *times]))
        self.texts = tuple(dict.fromkeys([*texts, *(name for use in uses for name in (*use.texts, *use.flags))]))
        for row in self.rows:
            for name, key in zip(self.by, row["keys"], strict=True):
                if name in numbers and not isinstance(key, Range):
                    _whole_numbers(key)

    def parts(self, inputs: Inputs) -> list[Part]:
        """One part; with `times` its quantity and price are shown."""
        value = self._value(inputs)
        if self.times is None:
            return [Part(value if self.kind == "value" else tyiyn(value))]
        times = inputs[self.times]
        times = som(times) if self.times in inputs.amounts else times
        if self.kind == "value":
            return [Part(value * times)]
        return [Part(tyiyn(value * times), times, tyiyn(value))]

    def gaps(self, inputs: Inputs) -> list[Gap]:
        """An attribute that is missing, keys that no row has, and what its formulas may lack."""
        read = [name for name in self.by if name in self.texts and name not in self.needs]
        found = [Gap("AIM-T024", {"attribute": name}, inputs.text(name).is_null()) for name in read]
        given = pl.concat_str([_shown(name, inputs) for name in self.by], separator=", ")
        fields = {"attribute": ", ".join(self.by), "value": given, "known": self._known()}
        matched = pl.any_horizontal([self._matches(row["keys"], inputs) for row in self.rows])
        found.append(Gap("AIM-T210", fields, ~matched.fill_null(True)))
        return found + gaps_of([row["value"] for row in self.rows], inputs)

    def _value(self, inputs: Inputs) -> Number:
        compiler = Compiler(inputs)
        values = [compiler.number(row["value"].tree) for row in self.rows]
        scale = max(value.scale for value in values)
        values = [value.finer(scale) for value in values]
        expr = pl.lit(None, dtype=pl.Int128)
        for row, value in reversed(list(zip(self.rows, values, strict=True))):
            expr = pl.when(self._matches(row["keys"], inputs)).then(value.expr).otherwise(expr)
        keys = [name for name in self.by if name in self.needs]
        names = dict.fromkeys([*keys, *(name for value in values for name in value.names)])
        low, high = min(value.low for value in values), max(value.high for value in values)
        return Number(expr, low, high, scale, tuple(names))

    def _matches(self, keys: Sequence[Key], inputs: Inputs) -> pl.Expr:
        """Whether a connection has the keys of a row; null where one of its attributes is not known."""
        return reduce(and_, [self._meets(name, key, inputs) for name, key in zip(self.by, keys, strict=True)])

    def _meets(self, name: str, key: Key, inputs: Inputs) -> pl.Expr:
        if isinstance(key, Range):
            number = inputs[name].finer(3)
            over = number.expr > key.over if key.over is not None else number.expr.is_not_null()
            up_to = number.expr <= key.up_to if key.up_to is not None else number.expr.is_not_null()
            return over & up_to
        if name in self.needs and name in COUNTED:
            return inputs[name].finer(3).expr.is_in(_whole_numbers(key))
        return inputs.text(name).is_in(list(key))

    def _known(self) -> str:
        """The first keys of the table, as they are told to who asked for another."""
        keys = [", ".join(_told(key) for key in row["keys"]) for row in self.rows[:NAMED]]
        return "; ".join(keys) + ("; …" if len(self.rows) > NAMED else "")


def _whole_numbers(key: Sequence[str]) -> list[int]:
    """Texts as thousandths. Raises ValidationError."""
    found = []
    for word in key:
        units, scale = decimal(word)
        if scale > 3:
            raise fault("AIM-T031", value=word, decimals=3)
        found.append(units * 10 ** (3 - scale))
    return found


def _told(key: Key) -> str:
    if isinstance(key, Range):
        ends = (("over", key.over), ("up_to", key.up_to))
        return " ".join(f"{name} {plain(end, 3)}" for name, end in ends if end is not None)
    return " / ".join(key)


def _shown(name: str, inputs: Inputs) -> pl.Expr:
    """What a connection has of an attribute, as text."""
    if name in inputs.texts:
        return inputs.text(name)
    return inputs[name].rounded(0).expr.cast(pl.String)
