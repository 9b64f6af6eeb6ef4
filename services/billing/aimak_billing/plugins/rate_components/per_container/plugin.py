"""Containers lifted × price."""

from __future__ import annotations

from aimak.plugins.counted import PerCount

from aimak_billing.plugins.rate_components.per_container.schema import PerContainerSchema


class PerContainer(PerCount):
    """Every container that was lifted at one price."""

    code = "per_container"
    interface_version = 1
    names = {"ky": "Контейнер боюнча", "ru": "По контейнерам", "en": "By containers"}
    schema = PerContainerSchema
    unit_names = {"ky": "контейнер", "ru": "конт.", "en": "containers"}
    counts = "containers"
