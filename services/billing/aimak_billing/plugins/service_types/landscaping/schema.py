"""What a landscaping connection carries."""

from __future__ import annotations

from aimak.plugins.fields import Parameters, QuantityField, WholeField


class LandscapingSchema(Parameters):
    """The ground that is tended for this payer, or what else a levy counts."""

    area = QuantityField(metadata={"description": "m² that are swept, planted or mown"})
    frontage = QuantityField(metadata={"description": "metres along the street"})
    hectares = QuantityField(metadata={"description": "parks, in hectares"})
    households = WholeField(metadata={"description": "homes that a levy counts"})
    places = WholeField(metadata={"description": "parking places, stalls"})
