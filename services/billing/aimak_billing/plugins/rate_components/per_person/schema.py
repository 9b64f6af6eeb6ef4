"""Parameters of the charge per person."""

from __future__ import annotations

from aimak.plugins.fields import ChoiceField, Parameters, PriceField, ShareField


class PerPersonSchema(Parameters):
    """A price for each resident; pensioners may pay a share of it."""

    price = PriceField(required=True, metadata={"description": "som per person for the whole period"})
    pensioners_pay = ShareField(metadata={"description": "what a pensioner pays of it, in per cent"})
    prorate = ChoiceField(("none", "days"), load_default="none")
