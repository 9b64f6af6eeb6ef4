"""Places × price."""

from __future__ import annotations

from aimak.plugins.counted import PerCount

from aimak_billing.plugins.rate_components.per_place.schema import PerPlaceSchema


class PerPlace(PerCount):
    """Every place: a seat, a stall, a bed, a parking place at one price."""

    code = "per_place"
    interface_version = 1
    names = {"ky": "Орун боюнча", "ru": "По местам", "en": "By places"}
    schema = PerPlaceSchema
    unit_names = {"ky": "орун", "ru": "мест", "en": "places"}
    counts = "places"
