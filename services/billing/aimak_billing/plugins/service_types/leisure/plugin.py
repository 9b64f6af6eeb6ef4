"""Leisure: parks, pools, clubs."""

from __future__ import annotations

from aimak.plugins.inputs import Inputs
from aimak.plugins.service_types import ServiceType, Way

from aimak_billing.plugins.service_types.leisure.schema import LeisureFacts, LeisureSchema


class Leisure(ServiceType):
    """By visits. The budget pays unless a tariff says otherwise; residents see what it costs and how many came."""

    code = "leisure"
    interface_version = 1
    names = {"ky": "Бош убакыт", "ru": "Досуг", "en": "Leisure"}
    unit = "visit"
    unit_names = {"ky": "барып келүү", "ru": "посещ.", "en": "visits"}
    decimals = 0
    metered = False
    attributes = LeisureSchema
    facts = LeisureFacts
    indicators = ("visitors", "hours_open")
    budget_pays = True

    def ways(self, inputs: Inputs) -> list[Way]:
        """The visits."""
        return [Way("visits", inputs["visits"])]
