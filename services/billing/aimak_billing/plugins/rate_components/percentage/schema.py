"""Parameters of the percentage."""

from __future__ import annotations

from typing import Any

from aimak.plugins.fields import CodeField, FlagField, Parameters, ShareField, fault
from marshmallow import fields, validates_schema


class PercentageSchema(Parameters):
    """A share of other lines, or of the charge for another service."""

    percent = ShareField(required=True, metadata={"description": "per cent of the lines in `of`"})
    of = fields.List(CodeField(), load_default=None, metadata={"description": "codes of the components"})
    of_service = CodeField(
        load_default=None, metadata={"description": "in place of `of`: what the account is charged for that service"}
    )
    before_rounding = FlagField(load_default=False, metadata={"description": "of the lines as they were unrounded"})

    @validates_schema
    def says_of_what(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse neither lines nor a service, or both; the charge of another service comes as its bill has it."""
        service = data.get("of_service") is not None
        if service == bool(data.get("of")) or (service and data.get("before_rounding")):
            raise fault("AIM-T243")
