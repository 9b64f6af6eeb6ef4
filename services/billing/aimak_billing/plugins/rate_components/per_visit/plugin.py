"""Visits × price."""

from __future__ import annotations

from aimak.plugins.counted import PerCount

from aimak_billing.plugins.rate_components.per_visit.schema import PerVisitSchema


class PerVisit(PerCount):
    """Every visit at one price."""

    code = "per_visit"
    interface_version = 1
    names = {"ky": "Барып келүүлөр боюнча", "ru": "По посещениям", "en": "By visits"}
    schema = PerVisitSchema
    unit_names = {"ky": "барып келүү", "ru": "посещ.", "en": "visits"}
    counts = "visits"
