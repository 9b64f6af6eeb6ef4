"""What a waste connection carries."""

from __future__ import annotations

from aimak.plugins.fields import Parameters, QuantityField


class WasteSchema(Parameters):
    """The volume an organisation has agreed on; a household needs nothing."""

    volume = QuantityField(metadata={"description": "m³ a month, for organisations"})
