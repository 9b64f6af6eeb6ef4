"""Parameters of the benefit."""

from __future__ import annotations

from aimak.plugins.reliefs import ReliefSchema


class BenefitSchema(ReliefSchema):
    """What a category of people need not pay."""
