"""The JSON Schema of the tariff file, for editors and for those who write tariffs by program."""

from __future__ import annotations

from typing import Any

from aimak.plugins.json_schema import json_schema

from aimak_billing.domain.rating.plugins import HOST, Plugins
from aimak_billing.tariff_file.schema import ComponentSchema, FileSchema

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def file_schema(plugins: Plugins, only_built_in: bool = False) -> dict[str, Any]:
    """The schema of a file for the rate components that run here, or for those of this distribution alone."""
    tree = json_schema(FileSchema)
    registry = plugins.rate_components
    kinds = [
        _component(code, json_schema(kind.schema))
        for code, kind in registry.all()
        if not only_built_in or registry.distribution(code).split()[0].replace("_", "-") == HOST
    ]
    tree["properties"]["tariffs"]["items"]["properties"]["components"]["items"] = {"oneOf": kinds}
    return {"$schema": DIALECT, "title": "Aimak tariff file", **tree}


def _component(code: str, own: dict[str, Any]) -> dict[str, Any]:
    shared = json_schema(ComponentSchema)
    properties = {**shared["properties"], "kind": {"const": code}, **own["properties"]}
    required = [*shared["required"], *own.get("required", [])]
    return {**own, "properties": properties, "required": required}
