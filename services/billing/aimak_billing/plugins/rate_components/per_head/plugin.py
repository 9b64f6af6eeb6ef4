"""Head of cattle × price."""

from __future__ import annotations

from aimak.plugins.counted import PerCount

from aimak_billing.plugins.rate_components.per_head.schema import PerHeadSchema


class PerHead(PerCount):
    """Every head of cattle at one price."""

    code = "per_head"
    interface_version = 1
    names = {"ky": "Малдын баш саны боюнча", "ru": "По головам скота", "en": "By head of cattle"}
    schema = PerHeadSchema
    unit_names = {"ky": "баш", "ru": "гол.", "en": "head"}
    counts = "cattle"
