"""Parameters of the outage credit."""

from __future__ import annotations

from aimak.plugins.fields import CodeField, Parameters, ShareField, WholeField
from marshmallow import fields, validate


class OutageCreditSchema(Parameters):
    """Of which lines, after how many days, how much of a day."""

    of = fields.List(
        CodeField(),
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "codes of the components that are credited"},
    )
    free_days = WholeField(load_default=0, metadata={"description": "days in a period that give no credit"})
    percent = ShareField(load_default=10**6, metadata={"description": "per cent of a day's share; missing: all of it"})
