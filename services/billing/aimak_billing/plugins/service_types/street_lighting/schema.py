"""What a street lighting connection carries, and what is told of it anew for each period."""

from __future__ import annotations

from aimak.plugins.fields import Parameters, QuantityField, TextField, WholeField


class StreetLightingSchema(Parameters):
    """How many lamps burn for this payer, of which kind, or what else a levy counts."""

    lamps = WholeField(metadata={"description": "lamps that burn for this payer"})
    lamp_type = TextField(metadata={"description": "kind of lamp, as in the tariff"})
    kilowatts = QuantityField(metadata={"description": "load of one lamp"})
    households = WholeField(metadata={"description": "homes that a levy counts"})
    hectares = QuantityField(metadata={"description": "land that a levy counts"})
    frontage = QuantityField(metadata={"description": "metres along the street"})


class StreetLightingFacts(Parameters):
    """What happened in a period."""

    hours = QuantityField(metadata={"description": "hours for which the lamps burned"})
