"""A subsidy: what the budget bears of a price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from aimak.plugins.reliefs import Relief

from aimak_billing.plugins.rate_components.subsidy.schema import SubsidySchema


class Subsidy(Relief):
    """A percentage, a fixed amount or the first units, for all to whom the tariff applies."""

    code = "subsidy"
    interface_version = 1
    names = {"ky": "Субсидия", "ru": "Субсидия", "en": "Subsidy"}
    schema = SubsidySchema
    told_as: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "percent": {
            "ky": "{base} суммасынын {percent} бюджет төлөйт: {amount}",
            "ru": "{percent} от {base} платит бюджет: {amount}",
            "en": "the budget pays {percent} of {base}: {amount}",
        },
        "amount": {"ky": "бюджет төлөйт: {amount}", "ru": "платит бюджет: {amount}", "en": "the budget pays: {amount}"},
        "units": {
            "ky": "алгачкы {relieved} {service_unit} бюджет төлөйт: {amount}",
            "ru": "за первые {relieved} {service_unit} платит бюджет: {amount}",
            "en": "the budget pays the first {relieved} {service_unit}: {amount}",
        },
    }
