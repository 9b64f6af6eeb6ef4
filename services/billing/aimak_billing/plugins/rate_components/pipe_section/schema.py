"""Parameters of the charge by pipe section and hours."""

from __future__ import annotations

from typing import Any

from aimak.plugins.fields import Parameters, PriceField, QuantityField, fault
from marshmallow import validates_schema

MAX_METRES_A_SECOND = 10_000


class PipeSectionSchema(Parameters):
    """A price, and how fast water is taken to run through the open pipe."""

    price = PriceField(required=True, metadata={"description": "som per m³"})
    metres_a_second = QuantityField(required=True, metadata={"description": "how fast water runs by the rules"})

    @validates_schema
    def runs(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse water that stands still or runs faster than 10 m/s."""
        if not 0 < data.get("metres_a_second", 1) <= MAX_METRES_A_SECOND:
            raise fault("AIM-T064")
