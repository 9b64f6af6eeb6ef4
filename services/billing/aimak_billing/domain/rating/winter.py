"""What counts where a winter average is not known, and tariffs that would work it out in different ways."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aimak.plugins.inputs import Inputs, UnknownName
from aimak.plugins.service_types import Way
from aimak.problems import Problem

from aimak_billing.domain.tariff import HOLD, NORM, TariffVersion, Winter

FACT = "winter_average"
"""The fact of a service type that a winter average is, imported or worked out, and the way to the quantity by it."""


def with_winter(ways: Sequence[Way], winter: Winter, inputs: Inputs) -> list[Way]:
    """The ways to a quantity with what the tariff says comes where no average is known. Raises UnknownName where the
    service knows none."""
    places = [place for place, way in enumerate(ways) if way.code == FACT]
    if not places:
        raise UnknownName(FACT)
    place = places[0]
    if winter.fallback == HOLD:
        return [*ways[:place], Way(FACT, ways[place].quantity)]
    if winter.fallback == NORM:
        return [*ways[: place + 1], Way("norm", inputs.by_norm())]
    return list(ways)


def several_winters(versions: Iterable[TariffVersion]) -> list[Problem]:
    """A problem for each service and creditor whose tariffs take averages of different months: a connection has one."""
    found: dict[tuple[str, str], set[tuple[tuple[int, int], int]]] = {}
    for version in versions:
        if version.winter is not None:
            key = version.service, version.provider
            found.setdefault(key, set()).add((version.winter.months, version.winter.at_least))
    return [
        Problem("AIM-T245", {"service": service, "provider": provider})
        for (service, provider), settings in sorted(found.items())
        if len(settings) > 1
    ]
