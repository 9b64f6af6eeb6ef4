"""Parameters of the fixed charge."""

from __future__ import annotations

from aimak.plugins.fields import ChoiceField, Parameters, PriceField


class FixedSchema(Parameters):
    """A price for the period; `prorate: days` takes it for the days of the period that count."""

    price = PriceField(required=True, metadata={"description": "som for the whole period"})
    prorate = ChoiceField(("none", "days"), load_default="none")
