"""The contracts between services as JSON Schema: one file for each event, named by its routing key."""

import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any

from aimak import contracts
from aimak.contracts import fields
from aimak.contracts.base import MAX_ROWS, Event

FOLDER = Path("docs/events")
INT64 = {"minimum": -(2**63), "maximum": 2**63 - 1}
TYPES: dict[type, dict[str, Any]] = {
    fields.Whole: {"type": "integer", **INT64},
    fields.Tyiyn: {"type": "integer", **INT64, "description": "tyiyn"},
    fields.Text: {"type": "string"},
    fields.Flag: {"type": "boolean"},
    fields.Day: {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
}


def files() -> dict[str, str]:
    """The text of every file in `docs/events/`, by its name."""
    for module in pkgutil.iter_modules(contracts.__path__):
        importlib.import_module(f"aimak.contracts.{module.name}")
    ours = {key: event for key, event in Event.known.items() if event.__module__.startswith("aimak.contracts.")}
    return {
        f"{key}.json": json.dumps(schema(event), indent=2, ensure_ascii=False) + "\n"
        for key, event in sorted(ours.items())
    }


def schema(event: type[Event]) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a message's body: columns of equal length."""
    columns = {name: _column(field) for name, field in event.row._declared_fields.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": event.__name__,
        "description": " ".join((event.__doc__ or "").split()),
        "type": "object",
        "properties": {
            "version": {"const": event.version},
            "rows": {"type": "integer", "minimum": 0, "maximum": MAX_ROWS},
            "columns": {"type": "object", "properties": columns, "required": list(columns)},
        },
        "required": ["version", "rows", "columns"],
    }


def _column(field: Any) -> dict[str, Any]:
    item = dict(TYPES[type(field)])
    if field.allow_none:
        item["type"] = [item["type"], "null"]
    if told := field.metadata.get("description"):
        item["description"] = told
    return {"type": "array", "items": item}
