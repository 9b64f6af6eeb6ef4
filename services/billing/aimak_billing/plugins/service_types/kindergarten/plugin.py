"""Kindergarten."""

from __future__ import annotations

from aimak.plugins.inputs import Inputs
from aimak.plugins.service_types import ServiceType, Way

from aimak_billing.plugins.service_types.kindergarten.schema import KindergartenFacts, KindergartenSchema


class Kindergarten(ServiceType):
    """A child's place, by days attended of the days that it was open."""

    code = "kindergarten"
    interface_version = 1
    names = {"ky": "Бала бакча", "ru": "Детский сад", "en": "Kindergarten"}
    unit = "day"
    unit_names = {"ky": "күн", "ru": "дн.", "en": "days"}
    decimals = 0
    metered = False
    attributes = KindergartenSchema
    facts = KindergartenFacts
    indicators = ("children_per_group", "meals_checked")

    def ways(self, inputs: Inputs) -> list[Way]:
        """The days attended."""
        return [Way("attended", inputs["days_attended"])]
