"""What a sewerage connection carries, and what is told of it anew for each period."""

from __future__ import annotations

from aimak.plugins.fields import Parameters, QuantityField, TextField, WholeField


class SewerageSchema(Parameters):
    """Nothing where it follows the account's water; a norm or a volume of its own otherwise."""

    norm = TextField(metadata={"description": "amenity level, for an account without a water connection"})
    agreed_volume = QuantityField(metadata={"description": "m³ a month agreed, for an account with its own well"})
    meter_size = TextField(metadata={"description": "nominal size of the water meter, as in the tariff"})
    households = WholeField(metadata={"description": "flats or yards behind one connection"})
    benefit = TextField(metadata={"description": "category of the benefit, as in the tariff"})


class SewerageFacts(Parameters):
    """What was found for a period, or for the year until the next winter."""

    winter_average = QuantityField(metadata={"description": "m³ a month of the winter, when no garden is watered"})
    days_without_supply = WholeField(metadata={"description": "days without service"})
