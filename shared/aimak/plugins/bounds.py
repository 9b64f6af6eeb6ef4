"""What a minimum and a maximum have in common: the lines that they look at, and the bound for the days that count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from aimak.plugins.fields import ChoiceField, CodeField, Parameters, PriceField
from aimak.plugins.inputs import Inputs
from aimak.plugins.numbers import MAX_SCALE, Number, total


class BoundSchema(Parameters):
    """An amount, and the lines whose sum it bounds."""

    bound = PriceField(required=True, metadata={"description": "som for the whole period"})
    of = fields.List(
        CodeField(),
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "codes of the components whose sum is bounded"},
    )
    prorate = ChoiceField(("none", "days"), load_default="none")


def bound_needs(parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """The lines it looks at, and the days where it is by days."""
    days = ("days", "days_in_period") if parameters["prorate"] == "days" else ()
    return (*dict.fromkeys(parameters["of"]), *days)


def bound_and_sum(parameters: Mapping[str, Any], inputs: Inputs) -> tuple[Number, Number]:
    """The bound and the sum of the lines, both at 10^-9 tyiyn."""
    bound = parameters["bound"].number.finer(MAX_SCALE)
    if parameters["prorate"] == "days":
        bound = bound.portion(inputs["days"], inputs["days_in_period"])
    return bound, total([inputs[name] for name in dict.fromkeys(parameters["of"])]).finer(MAX_SCALE)
