"""A metered supply whose tariffs come from outside and ask for what they like."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from aimak.plugins.inputs import Inputs
from aimak.plugins.service_types import ServiceType, Way
from marshmallow import Schema

from aimak_billing.plugins.service_types.supply.schema import SupplySchema, schema_of


class Supply(ServiceType):
    """By meter alone; its attributes are those that the tariff names."""

    code = "supply"
    interface_version = 1
    names = {"ky": "Эсептегич боюнча камсыздоо", "ru": "Снабжение по счётчику", "en": "Metered supply"}
    unit = "unit"
    unit_names = {"ky": "бирдик", "ru": "ед.", "en": "units"}
    decimals = 0
    metered = True
    attributes: ClassVar[type[Schema]] = SupplySchema

    def naming(self, numbers: Iterable[str], texts: Iterable[str]) -> ServiceType:
        """A supply that has the attributes the tariff names."""
        named = type("NamedSupply", (Supply,), {"attributes": schema_of(numbers, texts)})
        made = named()
        assert isinstance(made, ServiceType)
        return made

    def ways(self, inputs: Inputs) -> list[Way]:
        """What the meter shows."""
        return [Way("metered", inputs["usage"])]
