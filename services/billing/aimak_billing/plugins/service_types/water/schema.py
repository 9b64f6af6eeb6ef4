"""What a water connection carries."""

from __future__ import annotations

from aimak.plugins.fields import FlagField, Parameters, QuantityField, TextField


class WaterSchema(Parameters):
    """Whether it is metered, and what counts where there is no reading."""

    metered = FlagField(required=True)
    norm = TextField(metadata={"description": "amenity level that the tariff's norms name: flat, house, standpipe"})
    agreed_volume = QuantityField(metadata={"description": "m³ a month agreed with a customer without a meter"})
