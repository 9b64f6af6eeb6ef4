"""Metres of street front × price."""

from __future__ import annotations

from aimak.plugins.counted import PerCount

from aimak_billing.plugins.rate_components.per_frontage.schema import PerFrontageSchema


class PerFrontage(PerCount):
    """Every metre along the street at one price."""

    code = "per_frontage"
    interface_version = 1
    names = {"ky": "Көчө тарабынын узундугу боюнча", "ru": "По длине фасада", "en": "By frontage"}
    schema = PerFrontageSchema
    unit_names = {"ky": "м", "ru": "м", "en": "m"}
    decimals = 1
    counts = "frontage"
