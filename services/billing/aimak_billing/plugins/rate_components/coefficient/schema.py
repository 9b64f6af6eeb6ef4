"""Parameters of the coefficient."""

from __future__ import annotations

from typing import Any

from aimak.plugins.fields import CodeField, Parameters, QuantityField, fault
from marshmallow import fields, validate, validates_schema

MAX_STEPS = 20
MAX_COEFFICIENT = 10_000


class CoefficientField(QuantityField):
    """A coefficient with at most three decimals, in thousandths: above 0, at most 10."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        thousandths = super()._deserialize(value, attr, data, **kwargs)
        if not 0 < thousandths <= MAX_COEFFICIENT:
            raise fault("AIM-T062", value=str(value))
        return thousandths


class StepSchema(Parameters):
    """A coefficient for those whose volume is above a limit."""

    above = QuantityField(required=True, metadata={"description": "units of the period"})
    coefficient = CoefficientField(required=True)


class CoefficientSchema(Parameters):
    """One coefficient for all, or steps by volume, and the lines that it multiplies."""

    of = fields.List(
        CodeField(),
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "codes of the components"},
    )
    coefficient = CoefficientField(metadata={"description": "of everybody that the tariff applies to"})
    steps = fields.List(
        fields.Nested(StepSchema),
        validate=validate.Length(min=1, max=MAX_STEPS),
        metadata={"description": "by volume, limits rising; up to the first limit it is 1"},
    )

    @validates_schema
    def one_of_both(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse both or neither, and limits that do not rise."""
        steps = [step["above"] for step in data.get("steps") or () if "above" in step]
        if (data.get("coefficient") is None) == (not steps) or steps != sorted(set(steps)):
            raise fault("AIM-T063")
