"""What a street lighting connection carries."""

from __future__ import annotations

from aimak.plugins.fields import Parameters, WholeField


class StreetLightingSchema(Parameters):
    """How many lamps burn for this payer."""

    lamps = WholeField(required=True)
