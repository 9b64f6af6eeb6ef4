"""Whatever a tariff counts × price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aimak.plugins.counted import PerCount

from aimak_billing.plugins.rate_components.per_count.schema import PerCountSchema


class PerAnything(PerCount):
    """Each of what an attribute or a fact counts at one price, under a unit that the tariff names."""

    code = "per_count"
    interface_version = 1
    names = {"ky": "Саны боюнча", "ru": "По количеству", "en": "By count"}
    schema = PerCountSchema
    counts = ""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        super().__init__(parameters)
        self.unit_names = parameters["unit"]
