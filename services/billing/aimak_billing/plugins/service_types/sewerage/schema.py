"""What a sewerage connection carries."""

from __future__ import annotations

from aimak.plugins.fields import Parameters, QuantityField, TextField


class SewerageSchema(Parameters):
    """Nothing where it follows the account's water; a norm or a volume of its own otherwise."""

    norm = TextField(metadata={"description": "amenity level, for an account without a water connection"})
    agreed_volume = QuantityField(metadata={"description": "m³ a month agreed, for an account with its own well"})
