"""What a water connection carries, and what is told of it anew for each period."""

from __future__ import annotations

from aimak.plugins.fields import FlagField, Parameters, QuantityField, TextField, WholeField


class WaterSchema(Parameters):
    """Whether it is metered, what counts where there is no reading, and what a tariff may price beside the volume."""

    metered = FlagField(required=True, metadata={"description": "whether a meter counts what is used"})
    norm = TextField(metadata={"description": "amenity level that the tariff's norms name: flat, house, standpipe"})
    agreed_volume = QuantityField(metadata={"description": "m³ a month agreed with a customer without a meter"})
    meter_size = TextField(metadata={"description": "nominal size of the meter, as in the tariff: 15, 20, 50"})
    households = WholeField(metadata={"description": "flats or yards behind one connection"})
    garden_area = QuantityField(metadata={"description": "m² that are watered"})
    cattle = WholeField(metadata={"description": "head of cattle that drink"})
    small_cattle = WholeField(metadata={"description": "sheep and goats"})
    benefit = TextField(metadata={"description": "category of the benefit, as in the tariff"})


class WaterFacts(Parameters):
    """What happened in a period."""

    days_without_supply = WholeField(metadata={"description": "days without water"})
    pipe_mm = QuantityField(metadata={"description": "inner diameter of a pipe that ran unmetered, by act"})
    draw_hours = QuantityField(metadata={"description": "hours for which it ran"})
