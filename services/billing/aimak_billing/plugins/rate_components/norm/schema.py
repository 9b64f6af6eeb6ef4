"""Parameters of the charge by norm."""

from __future__ import annotations

from aimak.plugins.fields import ChoiceField, Parameters, PriceField


class NormSchema(Parameters):
    """A price per unit of the norm; the norms stand under `norms` of the tariff, by amenity level and date."""

    price = PriceField(required=True, metadata={"description": "som per unit of the service"})
    norms_for = ChoiceField(
        ("day", "month", "year"),
        load_default="day",
        metadata={"description": "what a norm is for; of a norm for a year each month takes a twelfth"},
    )
