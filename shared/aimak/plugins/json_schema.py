"""JSON Schema of a marshmallow schema, for docs and for what other services must know of attributes."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields


def json_schema(schema: type[Schema]) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of an object that `schema` loads. Raises TypeError for a field it cannot say."""
    declared = schema().fields
    tree: dict[str, Any] = {
        "type": "object",
        "properties": {field.data_key or name: _field(field) for name, field in declared.items()},
        "additionalProperties": False,
    }
    required = [field.data_key or name for name, field in declared.items() if field.required]
    return {**tree, "required": required} if required else tree


def _field(field: fields.Field[Any]) -> dict[str, Any]:
    if isinstance(field, fields.Nested):
        inner = field.schema
        tree = json_schema(type(inner))
        tree = {"type": "array", "items": tree} if field.many else tree
    elif isinstance(field, fields.List):
        tree = {"type": "array", "items": _field(field.inner)}
    elif hasattr(field, "json_type"):
        tree = dict(field.json_type)
    else:
        raise TypeError(f"no JSON Schema for {type(field).__name__}")
    description = field.metadata.get("description")
    return {**tree, "description": description} if description else tree
