"""What a waste connection carries, and what is told of it anew for each period."""

from __future__ import annotations

from aimak.plugins.fields import Parameters, QuantityField, TextField, WholeField


class WasteSchema(Parameters):
    """The volume an organisation has agreed on, or what a tariff counts; a household by residents needs nothing."""

    volume = QuantityField(metadata={"description": "m³ a month, for organisations"})
    norm = TextField(metadata={"description": "kind of home that the tariff's norms name"})
    container_volume = QuantityField(metadata={"description": "m³ of one container"})
    bin_litres = WholeField(metadata={"description": "litres of the bin that stands there"})
    households = WholeField(metadata={"description": "flats or yards behind one connection"})
    area = QuantityField(metadata={"description": "m² of the premises"})
    places = WholeField(metadata={"description": "seats, beds or stalls"})
    benefit = TextField(metadata={"description": "category of the benefit, as in the tariff"})


class WasteFacts(Parameters):
    """What happened in a period."""

    containers = QuantityField(metadata={"description": "containers that were lifted"})
    visits = QuantityField(metadata={"description": "times that the lorry came"})
    kilograms = QuantityField(metadata={"description": "what was weighed"})
    days_without_supply = WholeField(metadata={"description": "days on which nobody came although it was due"})
