"""Hectares × price."""

from __future__ import annotations

from aimak.plugins.counted import PerCount

from aimak_billing.plugins.rate_components.per_hectare.schema import PerHectareSchema


class PerHectare(PerCount):
    """Every hectare at one price."""

    code = "per_hectare"
    interface_version = 1
    names = {"ky": "Гектары боюнча", "ru": "По гектарам", "en": "By hectares"}
    schema = PerHectareSchema
    unit_names = {"ky": "га", "ru": "га", "en": "ha"}
    decimals = 2
    counts = "hectares"
