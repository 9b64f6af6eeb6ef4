"""Whether what a tariff selects by is known: attributes of its service type, and the customer's class."""

from __future__ import annotations

from collections.abc import Iterator

from aimak.problems import Place, Problem

from aimak_billing.domain.rating.determinants import OF_CUSTOMER, attribute_names
from aimak_billing.domain.rating.plugins import Plugins
from aimak_billing.domain.tariff import Conditions, TariffVersion


def unknown_attributes(version: TariffVersion, plugins: Plugins) -> list[Problem]:
    """Attributes in `applies_to` and norms that the service type does not have: such a tariff would match nobody."""
    kind = plugins.service_types.get(version.service)
    if kind is None:
        return []
    known = {*OF_CUSTOMER, *attribute_names(kind())}
    return [
        Problem("AIM-T016", {"attribute": name, "service": version.service, "known": ", ".join(sorted(known))}, place)
        for path, conditions in _conditions(version)
        for name in conditions
        if name not in known
        for place in (Place(path=f"{path}.{name}"),)
    ] + _defaults_of_nothing(version, attribute_names(kind(), "number"))


def _defaults_of_nothing(version: TariffVersion, numbers: tuple[str, ...]) -> list[Problem]:
    """Defaults of what the service type does not have, or does not have as a number."""
    known = ", ".join(sorted(numbers))
    return [
        Problem(
            "AIM-T016",
            {"attribute": name, "service": version.service, "known": known},
            Place(path=f"defaults.{name}"),
        )
        for name in version.defaults
        if name not in numbers
    ]


def _conditions(version: TariffVersion) -> Iterator[tuple[str, Conditions]]:
    yield "applies_to", version.applies_to
    for number, norm in enumerate(version.norms):
        yield f"norms.table[{number}].when", norm.when
