"""A charge for each of what is counted: what `per_area`, `per_head`, `per_visit` and their kind have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import fields, validate

from aimak.plugins.choices import product
from aimak.plugins.fields import ChoiceField, CodeField, Parameters, PriceField, QuantityField
from aimak.plugins.inputs import Inputs
from aimak.plugins.numbers import MAX_QUANTITY, MAX_SCALE
from aimak.plugins.rate_components import Part, RateComponent


class CountSchema(Parameters):
    """A price for each; which attribute or fact of the connection is counted, where it is not the usual one."""

    price = PriceField(required=True, metadata={"description": "som for each, for the whole period"})
    of = CodeField(metadata={"description": "the attribute or fact that is counted instead of the usual one"})
    times = fields.List(
        CodeField(),
        validate=validate.Length(min=1, max=2),
        metadata={"description": "further determinants by which the count is multiplied, as containers × visits"},
    )
    at_least = QuantityField(metadata={"description": "what is counted at the least"})
    prorate = ChoiceField(("none", "days"), load_default="none")


class PerCount(RateComponent):
    """Count × price. A class of its own says what is counted, and in which words."""

    counts: ClassVar[str]
    """The attribute or fact that is counted unless the tariff names another."""

    schema: ClassVar[type[CountSchema]] = CountSchema
    decimals = 0

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        super().__init__(parameters)
        self.of = (parameters.get("of") or self.counts, *(parameters.get("times") or ()))
        self.by_days = parameters["prorate"] == "days"
        self.needs = tuple(dict.fromkeys([*self.of, *(("days", "days_in_period") if self.by_days else ())]))

    def parts(self, inputs: Inputs) -> list[Part]:
        """One part. quantity: thousandths of what is counted; amount: unrounded."""
        count, price = product([inputs[name] for name in self.of], MAX_QUANTITY - 1), self.parameters["price"]
        if self.parameters.get("at_least") is not None:
            count = count.at_least(self.parameters["at_least"])
        amount = count * price.number
        if self.by_days:
            amount = amount.finer(MAX_SCALE).portion(inputs["days"], inputs["days_in_period"])
        return [Part(amount, count, price)]
