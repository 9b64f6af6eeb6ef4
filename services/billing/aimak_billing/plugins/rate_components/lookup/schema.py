"""Parameters of the lookup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aimak.plugins.fields import ChoiceField, Parameters, TextField, decimal, fault, plain
from aimak.plugins.formulas import FormulaField
from aimak.plugins.numbers import MAX_QUANTITY
from marshmallow import fields, validate, validates_schema

MAX_KEYS = 8
MAX_ROWS = 2_000


@dataclass(frozen=True)
class Range:
    """Numbers above `over` and up to `up_to`, in thousandths; None: without an end."""

    over: int | None
    up_to: int | None

    def meets(self, other: Range) -> bool:
        """Whether a number lies in both."""
        return _below(self.over, other.up_to) and _below(other.over, self.up_to)


Key = tuple[str, ...] | Range


def _below(over: int | None, up_to: int | None) -> bool:
    return over is None or up_to is None or over < up_to


class KeyField(fields.Field[Key]):
    """One key of a row: a text, several texts, or a range of numbers {over: 10, up_to: 20}."""

    json_type: Mapping[str, Any] = {
        "oneOf": [
            {"type": ["string", "number"], "minLength": 1},
            {"type": "array", "items": {"type": ["string", "number"]}, "minItems": 1},
            {
                "type": "object",
                "properties": {"over": {"type": ["string", "number"]}, "up_to": {"type": ["string", "number"]}},
                "minProperties": 1,
                "additionalProperties": False,
            },
        ]
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Key:
        if isinstance(value, dict):
            return _range(value)
        words = value if isinstance(value, list) else [value]
        if not words or not all(type(word) in (str, int) and str(word) for word in words):
            raise fault("AIM-T014", expected="text, over, up_to")
        return tuple(str(word) for word in words)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        if isinstance(value, Range):
            ends = {"over": value.over, "up_to": value.up_to}
            return {name: plain(end, 3) for name, end in ends.items() if end is not None}
        return value[0] if len(value) == 1 else list(value)


def _range(value: dict[Any, Any]) -> Range:
    unknown = [name for name in value if name not in ("over", "up_to")]
    if unknown or not value:
        raise fault("AIM-T003", field=str(unknown[0]) if unknown else "")
    over, up_to = _thousandths(value.get("over")), _thousandths(value.get("up_to"))
    if over is not None and up_to is not None and over >= up_to:
        raise fault("AIM-T018")
    return Range(over, up_to)


def _thousandths(value: Any) -> int | None:
    if value is None:
        return None
    units, scale = decimal(value)
    if scale > 3 or units >= MAX_QUANTITY:
        raise fault("AIM-T031", value=str(value), decimals=3)
    return units * 10 ** (3 - scale)


class RowSchema(Parameters):
    """One row: a key for each attribute, and what is charged."""

    keys = fields.List(KeyField(), required=True, validate=validate.Length(min=1, max=MAX_KEYS))
    value = FormulaField(required=True, metadata={"description": "a number, or a formula"})


class LookupSchema(Parameters):
    """A table of prices or values by attributes of the connection, the customer's class, the month."""

    by = fields.List(
        TextField(),
        required=True,
        validate=validate.Length(min=1, max=MAX_KEYS),
        metadata={"description": "attributes, class, regime, or numbers such as month"},
    )
    table = fields.List(fields.Nested(RowSchema), required=True, validate=validate.Length(min=1, max=MAX_ROWS))
    gives = ChoiceField(
        ("charge", "value"),
        load_default="charge",
        metadata={"description": "charge: a line of the bill; value: a number that other components name"},
    )
    times = TextField(metadata={"description": "what the value is multiplied by: quantity, residents …"})

    @validates_schema
    def rows_differ(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse rows with another number of keys, and two rows that one connection could meet."""
        rows, width = data.get("table", []), len(data.get("by", []))
        for row in rows:
            if len(row["keys"]) != width:
                raise fault("AIM-T212", expected=width, given=len(row["keys"]))
        for column in range(width):
            if len({isinstance(row["keys"][column], Range) for row in rows}) > 1:
                raise fault("AIM-T213", attribute=data["by"][column])
        _refuse_doubles([row["keys"] for row in rows])


def _refuse_doubles(rows: Sequence[Sequence[Key]]) -> None:
    """Rows are grouped by their texts: only those of one group can meet."""
    groups: dict[tuple[str, ...], list[Sequence[Range]]] = {}
    for keys in rows:
        ranges = [key for key in keys if isinstance(key, Range)]
        for texts in _products([key for key in keys if not isinstance(key, Range)]):
            for other in groups.setdefault(texts, []):
                if all(mine.meets(theirs) for mine, theirs in zip(ranges, other, strict=True)):
                    raise fault("AIM-T214", key=", ".join(texts) or "over, up_to")
            groups[texts].append(ranges)


def _products(keys: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [()]
    for key in keys:
        found = [(*done, word) for done in found for word in key]
    return found
