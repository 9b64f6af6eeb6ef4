"""Parameters of the tax."""

from __future__ import annotations

from aimak.plugins.fields import ChoiceField, CodeField, Parameters
from marshmallow import fields, validate


class TaxSchema(Parameters):
    """Which tax, and of which lines; the rate is data: service × class × provider's regime × date."""

    tax = CodeField(required=True, metadata={"description": "code of a rule under `taxes`"})
    of = fields.List(
        CodeField(),
        validate=validate.Length(min=1),
        metadata={"description": "codes of the components that are taxed; missing: all that are no tax"},
    )
    on = ChoiceField(
        ("rounded", "unrounded"),
        load_default="rounded",
        metadata={"description": "on the lines as the tariff rounds them, or on what they were before"},
    )
