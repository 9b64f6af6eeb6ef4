"""The plugins that rating works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aimak.plugins import rate_components, service_types
from aimak.plugins.rate_components import RateComponent
from aimak.plugins.registry import Registry, discover
from aimak.plugins.service_types import ServiceType

HOST = "aimak-billing"


@dataclass(frozen=True)
class Plugins:
    """Service types and rate components that run here."""

    service_types: Registry[ServiceType]
    rate_components: Registry[RateComponent]

    @classmethod
    def discover(cls) -> Plugins:
        """All that are installed; what was refused is in each registry's `refused`."""
        types: type[Any] = ServiceType
        components: type[Any] = RateComponent
        return cls(
            discover(service_types.GROUP, types, service_types.INTERFACE_VERSION, HOST),
            discover(rate_components.GROUP, components, rate_components.INTERFACE_VERSION, HOST),
        )
