"""A formula as a parameter of a plugin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, fields

from aimak.plugins.fields import Fault, fault
from aimak.plugins.formulas.parse import MalformedFormula, parse
from aimak.plugins.formulas.signature import Signature, signature
from aimak.plugins.formulas.tree import Node


@dataclass(frozen=True)
class Formula:
    """A text that has been read: its tree and the names it uses."""

    text: str
    tree: Node
    uses: Signature


class FormulaField(fields.Field[Formula]):
    """A formula that comes to a number."""

    json_type: Mapping[str, Any] = {"type": ["string", "number"], "minLength": 1}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Formula:
        if type(value) not in (str, int):
            raise fault("AIM-T074")
        try:
            tree = parse(str(value))
            uses = signature(tree)
        except MalformedFormula as wrong:
            raise ValidationError([Fault(wrong.code, wrong.fields)]) from None
        if uses.kind != "number":
            raise fault("AIM-T206", line=1, column=1, expected="number", found=uses.kind)
        return Formula(str(value), tree, uses)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else value.text
