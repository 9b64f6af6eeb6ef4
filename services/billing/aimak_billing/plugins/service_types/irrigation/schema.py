"""What an irrigation connection carries, and what is told of it anew for each period."""

from __future__ import annotations

from aimak.plugins.fields import FlagField, Parameters, QuantityField, TextField


class IrrigationSchema(Parameters):
    """The land, what grows there, and whether the water is measured."""

    hectares = QuantityField(required=True, metadata={"description": "land that is watered"})
    metered = FlagField(required=True, metadata={"description": "whether a meter counts what is used"})
    norm = TextField(metadata={"description": "crop or soil that the tariff's norms name: m³ for one hectare"})


class IrrigationFacts(Parameters):
    """What happened in a period."""

    waterings = QuantityField(metadata={"description": "how often the land was watered"})
    pipe_mm = QuantityField(metadata={"description": "inner diameter of a pipe that ran unmetered, by act"})
    draw_hours = QuantityField(metadata={"description": "hours for which it ran"})
