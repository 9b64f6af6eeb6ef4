"""Households × price."""

from __future__ import annotations

from aimak.plugins.counted import PerCount

from aimak_billing.plugins.rate_components.per_household.schema import PerHouseholdSchema


class PerHousehold(PerCount):
    """Every household that the connection serves at one price."""

    code = "per_household"
    interface_version = 1
    names = {"ky": "Түтүн боюнча", "ru": "По дворам", "en": "By households"}
    schema = PerHouseholdSchema
    unit_names = {"ky": "түтүн", "ru": "двор.", "en": "households"}
    counts = "households"
