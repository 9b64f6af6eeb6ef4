"""What marshmallow says, as problems with codes and places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aimak.plugins.fields import Fault

from aimak_billing.tariff_file.nodes import Path

_SENTENCES = {
    "Missing data for required field.": "AIM-T002",
    "Field may not be null.": "AIM-T002",
    "Unknown field.": "AIM-T003",
}


def faults(messages: Any, path: Path = ()) -> Iterator[tuple[Path, Fault]]:
    """Every fault in marshmallow's tree of messages, with the path of the value."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from faults(inner, path if key == "_schema" else (*path, key))
    elif isinstance(messages, list):
        for message in messages:
            yield from faults(message, path)
    elif isinstance(messages, Fault):
        yield path, messages
    else:
        code = _SENTENCES.get(str(messages))
        named = Fault(code, {"field": str(path[-1]) if path else ""}) if code else None
        yield path, named or Fault("AIM-T014", {"expected": str(messages)})
