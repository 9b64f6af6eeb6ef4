"""Market places by pitch and day."""

from __future__ import annotations

from aimak.plugins.inputs import Inputs
from aimak.plugins.service_types import ServiceType, Way

from aimak_market_places.schema import MarketPlacesSchema


class MarketPlaces(ServiceType):
    """A trader pays for every pitch on every trading day."""

    code = "market_places"
    interface_version = 1
    names = {"ky": "Базардагы орундар", "ru": "Торговые места", "en": "Market places"}
    unit = "pitch_day"
    unit_names = {"ky": "орун-күн", "ru": "место-дней", "en": "pitch-days"}
    decimals = 0
    metered = False
    attributes = MarketPlacesSchema
    components = frozenset({"fixed", "per_unit", "block", "tax"})

    def ways(self, inputs: Inputs) -> list[Way]:
        """Pitches × trading days."""
        return [Way("pitch_days", inputs["pitches"] * inputs["trading_days"])]
