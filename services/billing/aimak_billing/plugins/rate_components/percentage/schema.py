"""Parameters of the percentage."""

from __future__ import annotations

from aimak.plugins.fields import CodeField, FlagField, Parameters, ShareField
from marshmallow import fields, validate


class PercentageSchema(Parameters):
    """A share of other lines."""

    percent = ShareField(required=True, metadata={"description": "per cent of the lines in `of`"})
    of = fields.List(
        CodeField(),
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "codes of the components"},
    )
    before_rounding = FlagField(load_default=False, metadata={"description": "of the lines as they were unrounded"})
