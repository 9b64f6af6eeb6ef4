"""The contract of rate components as tests: an author inherits `RateComponentContract` and names cases."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

import polars as pl
import pytest
from aimak.plugins.base import LANGUAGES
from aimak.plugins.checks import broken_contract
from aimak.plugins.fields import Parameters
from aimak.plugins.inputs import (
    AMOUNT,
    ATTRIBUTE,
    FOUND,
    GIVEN,
    SHARE,
    TAX,
    UNROUNDED,
    UNROUNDED_AMOUNT,
    Flag,
    Inputs,
    UnknownName,
)
from aimak.plugins.json_schema import json_schema
from aimak.plugins.numbers import LIMIT, MAX_SCALE, Number, total
from aimak.plugins.rate_components import INTERFACE_VERSION, RateComponent
from marshmallow import ValidationError

MANY_ROWS = 1_000
SOME_ROWS = 40


class RateComponentContract:
    """What every rate component must keep.

    A case is {"parameters": {…}, "inputs": {"quantity": 25000}, "parts": [{"quantity": 10000, "amount": 20000000000}]}:
    parameters as in the tariff file, inputs as whole numbers in their scale (quantity and attributes in thousandths,
    persons and days plain, shares in millionths, amounts of components in tyiyn,
    attributes read as text as they are); in the parts quantity in thousandths,
    amount in 10^-9 tyiyn; `whole`: which of its inputs are lines that are owed whole for the period. `attributes` names
    the inputs that are attributes of a connection. `refused` are parameters that the schema or the constructor must not
    take.
    """

    component: ClassVar[type[RateComponent]]
    cases: ClassVar[Sequence[Mapping[str, Any]]]
    refused: ClassVar[Sequence[Mapping[str, Any]]] = ()
    attributes: ClassVar[Sequence[str]] = ()

    def made(self, parameters: Mapping[str, Any]) -> RateComponent:
        """The component with parameters as in the tariff file."""
        return self.component(self.component.schema().load(parameters))

    def bounds(self, name: str) -> tuple[int, int, int]:
        """Lowest, highest and scale of an input, as the host would have it."""
        if name.startswith(TAX):
            return SHARE
        if name.startswith(UNROUNDED):
            return UNROUNDED_AMOUNT
        return {**GIVEN, **FOUND, **dict.fromkeys(self.attributes, ATTRIBUTE)}.get(name, AMOUNT)

    def inputs(self, component: RateComponent, whole: Collection[str] = ()) -> Inputs:
        """Inputs over columns named as the determinants; only what the component declared."""
        numbers = {name: Number.determinant(name, name, *self.bounds(name)) for name in component.needs}
        amounts = frozenset(name for name in numbers if self.bounds(name) in (AMOUNT, UNROUNDED_AMOUNT))
        texts = {name: pl.col(name) for name in component.texts}
        truth = {
            name: pl.when(text == "true").then(True).when(text == "false").then(False) for name, text in texts.items()
        }
        flags = {name: Flag(found.otherwise(None), name) for name, found in truth.items()}
        return Inputs(numbers, flags, texts, amounts=amounts, whole=frozenset(whole))

    def named(self, component: RateComponent) -> list[str]:
        """Numbers and texts that a component asks for."""
        return list(dict.fromkeys([*component.needs, *component.texts]))

    def amount(self, component: RateComponent) -> Number:
        """The unrounded amount of the line."""
        return total([part.amount for part in component.parts(self.inputs(component))]).finer(MAX_SCALE)

    def value(self, number: Number, row: Mapping[str, int | str | None], texts: Sequence[str] = ()) -> int | None:
        """A number on one row of inputs; `texts` names those that are texts even where they are missing."""
        found = _frame(row, 1, texts).select(number.expr).item()
        return None if found is None else int(found)

    def test_it_keeps_the_interface(self) -> None:
        """The class is what the host's registry accepts, and it says what it is."""
        problem = broken_contract(self.component.code, self.component, RateComponent, INTERFACE_VERSION)
        assert problem is None, problem
        assert self.component.kind in ("charge", "tax")
        for case in self.cases:
            assert (self.made(case["parameters"]).tax is not None) == (self.component.kind == "tax")

    def test_parameters_read_back_the_same(self) -> None:
        """What the schema writes is plain JSON, and loading it again gives the same parameters."""
        schema = self.component.schema()
        for case in self.cases:
            loaded = schema.load(case["parameters"])
            written = {name: value for name, value in schema.dump(loaded).items() if value is not None}
            assert schema.load(json.loads(json.dumps(written))) == loaded

    def test_parameters_have_a_json_schema(self) -> None:
        """The parameters can be told to an editor, and what they do not know is refused."""
        assert issubclass(self.component.schema, Parameters)
        assert json_schema(self.component.schema)["type"] == "object"
        with pytest.raises(ValidationError):
            self.component.schema().load({**self.cases[0]["parameters"], "no_such_parameter": "1"})

    def test_wrong_parameters_are_refused(self) -> None:
        """What is listed as refused is not taken."""
        for parameters in self.refused:
            with pytest.raises(ValidationError):
                self.made(parameters)

    def test_each_case_is_met(self) -> None:
        """Quantity and unrounded amount of every part are those of the case."""
        for case in self.cases:
            component = self.made(case["parameters"])
            row = {name: case["inputs"][name] for name in self.named(component)}
            told = [
                {
                    "quantity": None if part.quantity is None else self.value(part.quantity.finer(3), row),
                    "amount": self.value(part.amount.finer(MAX_SCALE), row),
                }
                for part in component.parts(self.inputs(component, case.get("whole", ())))
            ]
            assert told == list(case["parts"]), case

    def test_it_uses_what_it_declares(self) -> None:
        """An input that `needs` does not name cannot be had."""
        component = self.made(self.cases[0]["parameters"])
        if component.needs:
            with pytest.raises(UnknownName):
                component.parts(Inputs({}))

    def test_what_is_not_known_stays_unknown(self) -> None:
        """A null input makes the amount null, never 0."""
        for case in self.cases:
            component = self.made(case["parameters"])
            for missing in set(self.named(component)) - set(component.optional_texts):
                row = {name: None if name == missing else case["inputs"][name] for name in self.named(component)}
                assert self.value(self.amount(component), row, component.texts) is None, (case, missing)

    def test_one_row_is_rated_as_among_many(self) -> None:
        """The amount of a row does not depend on the rows beside it."""
        for case in self.cases:
            component = self.made(case["parameters"])
            row = {name: case["inputs"][name] for name in self.named(component)}
            if not row:
                continue
            amount = self.amount(component)
            rows = _frame(row, MANY_ROWS)
            assert rows.select(amount.expr).to_series().to_list() == [self.value(amount, row)] * MANY_ROWS

    def test_any_rows_are_rated_as_one_by_one(self) -> None:
        """Rows at the bounds, beside the case and anywhere: together they come to what each comes to alone, and none
        leaves the bounds that were worked out."""
        for place, case in enumerate(self.cases):
            component = self.made(case["parameters"])
            amount = self.amount(component)
            rows = self._rows_beside(component, case, random.Random(place))
            if not rows or not rows[0]:
                continue
            together = pl.concat([_frame(row, 1, component.texts) for row in rows]).select(amount.expr).to_series()
            alone = [self.value(amount, row, component.texts) for row in rows]
            assert together.to_list() == alone, case
            assert all(found is None or amount.low <= found <= amount.high for found in alone), case

    def _rows_beside(
        self, component: RateComponent, case: Mapping[str, Any], dice: random.Random
    ) -> list[dict[str, int | str | None]]:
        rows = []
        for _ in range(SOME_ROWS):
            row: dict[str, int | str | None] = {name: case["inputs"][name] for name in component.texts}
            for name in component.needs:
                low, high, _ = self.bounds(name)
                said = int(case["inputs"][name])
                near = min(max(said + dice.choice((-1, 0, 1)), low), high)
                row[name] = dice.choice(
                    (low, high, said, near, dice.randint(low, high), dice.randint(low, max(near, 1)))
                )
            rows.append(row)
        return rows

    def test_its_sentences_can_be_said(self) -> None:
        """In every language or in none, and with nothing in braces that the host cannot fill in."""
        for case in self.cases:
            component = self.made(case["parameters"])
            assert set(component.sentences) in (set(), set(LANGUAGES)), component.sentences
            known = {*component.needs, *component.texts, *component.parameters, *component.told(self.inputs(component))}
            known |= {"amount", "products", "quantity", "unit", "service_unit"}
            for sentence in component.sentences.values():
                said = {field for _, field, _, _ in string.Formatter().parse(sentence) if field is not None}
                assert said <= known, (sentence, said - known)

    def test_amounts_stay_within_their_stated_bounds(self) -> None:
        """At the bounds of the inputs no amount leaves the bounds that were worked out, nor 128 bits."""
        for case in self.cases:
            component = self.made(case["parameters"])
            amount = self.amount(component)
            assert -LIMIT <= amount.low <= amount.high <= LIMIT
            for end in (0, 1):
                texts = {name: case["inputs"][name] for name in component.texts}
                found = self.value(amount, {**texts, **{name: self.bounds(name)[end] for name in component.needs}})
                assert found is None or amount.low <= found <= amount.high


def _frame(row: Mapping[str, int | str | None], height: int, texts: Sequence[str] = ()) -> pl.DataFrame:
    """The row as often as said."""
    kinds = {name: pl.String if isinstance(row[name], str) or name in texts else pl.Int128 for name in row}
    columns = {name: pl.Series([value] * height, dtype=kinds[name]) for name, value in row.items()}
    return pl.DataFrame(columns or {"none": pl.Series([0] * height, dtype=pl.Int128)})
