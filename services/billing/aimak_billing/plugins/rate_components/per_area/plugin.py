"""Square metres × price."""

from __future__ import annotations

from aimak.plugins.counted import PerCount

from aimak_billing.plugins.rate_components.per_area.schema import PerAreaSchema


class PerArea(PerCount):
    """Every square metre at one price."""

    code = "per_area"
    interface_version = 1
    names = {"ky": "Аянты боюнча", "ru": "По площади", "en": "By area"}
    schema = PerAreaSchema
    unit_names = {"ky": "м²", "ru": "м²", "en": "m²"}
    decimals = 1
    counts = "area"
