"""A benefit: what a category of people need not pay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from aimak.plugins.reliefs import Relief

from aimak_billing.plugins.rate_components.benefit.schema import BenefitSchema


class Benefit(Relief):
    """A percentage, a fixed amount or the first units, for connections or persons of a category."""

    code = "benefit"
    interface_version = 1
    names = {"ky": "Жеңилдик", "ru": "Льгота", "en": "Benefit"}
    schema = BenefitSchema
    told_as: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "percent": {
            "ky": "{base} суммасынан {percent} жеңилдик: {amount}",
            "ru": "льгота {percent} от {base}: {amount}",
            "en": "{percent} benefit on {base}: {amount}",
        },
        "amount": {"ky": "жеңилдик {amount}", "ru": "льгота {amount}", "en": "benefit of {amount}"},
        "units": {
            "ky": "алгачкы {relieved} {service_unit} үчүн жеңилдик: {amount}",
            "ru": "льгота на первые {relieved} {service_unit}: {amount}",
            "en": "benefit on the first {relieved} {service_unit}: {amount}",
        },
    }
